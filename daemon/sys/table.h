/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * table: text files of lines of words, where # begins a comment.
 */
#ifndef TLSPOOL_SYS_TABLE_H
#define TLSPOOL_SYS_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum { TABLE_WORDS = 64 }; /* on a line */

struct table {
	char *at, *end;
	uint32_t line; /* number of the line that was read last */
	size_t nwords;
	char *words[TABLE_WORDS];
};

/*
 * Prepares to read len bytes of text, which must have one more writable byte
 * and are cut into words in place.
 */
void table_open(struct table *, char *text, size_t len);

/*
 * Reads the next line that has words.  Returns 1, 0 at the end, or -1 and a
 * sentence with the number of the line.
 */
int table_next(struct table *, char *error, size_t error_size);

/* Writes "line N: …" into error and returns -1. */
int table_error(const struct table *, char *error, size_t error_size,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
