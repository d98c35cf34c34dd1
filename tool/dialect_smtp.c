/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dialect_smtp: STARTTLS of SMTP, RFC 3207.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tool/dialect.h"

/*
 * Reads a reply of one or more lines (RFC 5321 section 4.2.1): *code, the
 * last line, and whether one of them is the keyword.
 */
static int
reply(struct plain *p, char line[PLAIN_LINE_MAX], int *code,
    const char *keyword, bool *found)
{
	size_t len = strlen(keyword);
	bool first = true, more;
	int n;

	do {
		if (plain_line(p, line) != 0)
			return -1;
		if (!isdigit((unsigned char)line[0]) ||
		    !isdigit((unsigned char)line[1]) ||
		    !isdigit((unsigned char)line[2]) ||
		    (line[3] != '\0' && line[3] != ' ' && line[3] != '-'))
			return plain_fail(
			    p, "this is not SMTP: \"%.100s\"", line);
		more = line[3] == '-';
		line[3] = line[3] == '\0' ? '\0' : ' ';
		n = (line[0] - '0') * 100 + (line[1] - '0') * 10 +
		    (line[2] - '0');
		if (!first && n != *code)
			return plain_fail(p,
			    "the server changes its mind within a reply: "
			    "\"%.100s\"",
			    line);
		*code = n;
		first = false;
		if (line[3] != '\0' &&
		    strncasecmp(line + 4, keyword, len) == 0 &&
		    (line[4 + len] == '\0' || line[4 + len] == ' '))
			*found = true;
	} while (more);
	return 0;
}

/* A reply that must have that code. */
static int
expect(struct plain *p, int wanted, const char *what, const char *keyword,
    bool *found)
{
	char line[PLAIN_LINE_MAX];
	int code = 0;

	if (reply(p, line, &code, keyword, found) != 0)
		return -1;
	if (code != wanted)
		return plain_fail(
		    p, "the server refuses %s: \"%.200s\"", what, line);
	return 0;
}

int
dialect_smtp(struct plain *p)
{
	bool offered = false, unused = false;

	if (expect(p, 220, "the connection", "", &unused) != 0 ||
	    plain_printf(p, "EHLO %s\r\n", p->me) != 0 ||
	    expect(p, 250, "EHLO", "STARTTLS", &offered) != 0)
		return -1;
	if (!offered)
		return plain_fail(p, "the server does not offer STARTTLS");
	if (plain_printf(p, "STARTTLS\r\n") != 0)
		return -1;
	return expect(p, 220, "STARTTLS", "", &unused);
}
