/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * table: cuts the lines of a text file into words.
 */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/sys/table.h"

void
table_open(struct table *t, char *text, size_t len)
{
	memset(t, 0, sizeof(*t));
	t->at = text;
	t->end = text + len;
	*t->end = '\0';
}

int
table_error(
    const struct table *t, char *error, size_t error_size, const char *fmt, ...)
{
	va_list ap;
	int n;

	n = snprintf(error, error_size, "line %u: ", t->line);
	if (n < 0 || (size_t)n >= error_size)
		return -1;
	va_start(ap, fmt);
	vsnprintf(error + n, error_size - (size_t)n, fmt, ap);
	va_end(ap);
	return -1;
}

static int
cut_words(struct table *t, char *line, char *error, size_t error_size)
{
	char *at = line;

	t->nwords = 0;
	for (;;) {
		at += strspn(at, " \t\r");
		if (*at == '\0' || *at == '#')
			return 0;
		if (t->nwords == TABLE_WORDS)
			return table_error(t, error, error_size,
			    "more than %d words", TABLE_WORDS);
		t->words[t->nwords++] = at;
		at += strcspn(at, " \t\r");
		if (*at != '\0')
			*at++ = '\0';
	}
}

int
table_next(struct table *t, char *error, size_t error_size)
{
	char *line, *newline;

	while (t->at < t->end) {
		line = t->at;
		newline = memchr(line, '\n', (size_t)(t->end - line));
		if (newline == NULL)
			newline = t->end;
		*newline = '\0';
		t->at = newline + 1;
		t->line++;
		if (strlen(line) != (size_t)(newline - line))
			return table_error(
			    t, error, error_size, "a NUL inside the text");
		if (cut_words(t, line, error, error_size) != 0)
			return -1;
		if (t->nwords > 0)
			return 1;
	}
	return 0;
}
