/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * table: rows for people (aligned columns) or for programs (JSON), from one
 * description of the columns.
 */
#ifndef TLSPOOL_TOOL_TABLE_H
#define TLSPOOL_TOOL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum column_type {
	COLUMN_TEXT,	 /* const char *; NULL is "-", and null in JSON */
	COLUMN_NUMBER,	 /* unsigned, of the member's width */
	COLUMN_BOOLEAN,	 /* bool */
	COLUMN_BYTES,	 /* a number: "1.2 KiB" */
	COLUMN_ELAPSED,	 /* a number of seconds: "5 h 12 min" */
	COLUMN_TIME,	 /* a number: seconds since 1970; 0 is none */
	COLUMN_HEX,	 /* struct blob */
	COLUMN_LIST,	 /* struct blob: list of texts */
	COLUMN_COUNTERS, /* struct blob: list of "name=number" */
};

struct column {
	const char *title; /* for people; NULL: not shown to them */
	const char *key;   /* in JSON; NULL: not there */
	enum column_type type;
	size_t offset, size; /* of the member of the row */
	/* A number that stands for a word ("client"); NULL: it does not. */
	const char *(*word)(uint64_t);
};

/* A member of struct s: COLUMN(struct row, TEXT, peer, "PEER", "peer"). */
/* clang-format off */
#define COLUMN_WORD(s, kind, member, shown, json, words)                       \
	{ shown, json, COLUMN_##kind, offsetof(s, member),                     \
	    sizeof(((s *)NULL)->member), words }
/* clang-format on */
#define COLUMN(s, kind, member, shown, json) \
	COLUMN_WORD(s, kind, member, shown, json, NULL)

struct table;

/* Never NULL. */
struct table *table_new(const struct column *, size_t ncolumns, bool json);

/* Copies what it shows of the row. */
void table_add(struct table *, const void *row);

/*
 * Prints the rows so far; columns keep at least the widths that they have
 * got.  For a list that is too long to be held.
 */
void table_flush(struct table *);

/* Flushes, ends the output and frees the table. */
void table_end(struct table *);

/* One row on its own: "title  value" on a line each, or one JSON object. */
void record_print(
    FILE *, const struct column *, size_t ncolumns, bool json, const void *row);

#endif
