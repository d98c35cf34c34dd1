/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * text: strings of strangers made safe for a terminal, and figures in words.
 */
#ifndef TLSPOOL_TOOL_TEXT_H
#define TLSPOOL_TOOL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * A copy in which nothing moves the cursor, changes colours or turns the
 * direction of writing: control characters, bytes that are not UTF-8 and
 * invisible or direction-changing characters become \xNN, a backslash \\.
 * Freed by the caller; never NULL (the program ends where there is no memory).
 */
char *text_escape(const char *);

/* Is it well-formed UTF-8 (RFC 3629)? */
bool text_is_utf8(const char *);

/* Columns on a terminal of an escaped text. */
size_t text_width(const char *);

/* Prints the text, escaped (but for the backslash: these are sentences). */
void text_print(FILE *, const char *);

/* Prints text of several lines (PEM): escaped, but for the line ends. */
void text_print_lines(FILE *, const char *);

enum {
	WORDS_MAX = 64 /* a buffer for any of these */
};

/* "42 s", "3 min", "5 h 12 min", "12 d 3 h". */
char *words_elapsed(char buf[WORDS_MAX], uint64_t seconds);

/* "917 B", "1.2 KiB", "3.4 GiB". */
char *words_bytes(char buf[WORDS_MAX], uint64_t bytes);

/* "2026-11-21 06:57 UTC"; "-" for 0. */
char *words_time(char buf[WORDS_MAX], uint64_t when);

/* "2026-11-21T06:57:51Z". */
char *words_rfc3339(char buf[WORDS_MAX], uint64_t when);

/* Of a certificate at `now`: "expires in 12 days", "expired 3 hours ago",
 * "not valid for another 2 days". */
char *words_validity(
    char buf[WORDS_MAX], uint64_t from, uint64_t until, uint64_t now);

#endif
