/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dialect_pop3: STLS of POP3, RFC 2595 section 4.
 */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "tool/dialect.h"

/* Reads a status line: *ok, or -1 where it is none. */
static int
status(struct plain *p, char line[PLAIN_LINE_MAX], bool *ok)
{
	if (plain_line(p, line) != 0)
		return -1;
	*ok = strncmp(line, "+OK", 3) == 0;
	if ((*ok && (line[3] == '\0' || line[3] == ' ')) ||
	    strncmp(line, "-ERR", 4) == 0)
		return 0;
	return plain_fail(p, "this is not POP3: \"%.100s\"", line);
}

/* A server without CAPA (RFC 2449) may know STLS: it is asked for anyway. */
static int
capabilities(struct plain *p, bool *offered)
{
	char line[PLAIN_LINE_MAX];
	bool ok;

	*offered = true;
	if (plain_printf(p, "CAPA\r\n") != 0 || status(p, line, &ok) != 0)
		return -1;
	if (!ok)
		return 0;
	*offered = false;
	for (;;) {
		if (plain_line(p, line) != 0)
			return -1;
		if (strcmp(line, ".") == 0)
			return 0;
		if (strcasecmp(line, "STLS") == 0)
			*offered = true;
	}
}

int
dialect_pop3(struct plain *p)
{
	char line[PLAIN_LINE_MAX];
	bool ok, offered;

	if (status(p, line, &ok) != 0)
		return -1;
	if (!ok)
		return plain_fail(
		    p, "the server refuses the connection: \"%.200s\"", line);
	if (capabilities(p, &offered) != 0)
		return -1;
	if (!offered)
		return plain_fail(p, "the server does not offer STLS");
	if (plain_printf(p, "STLS\r\n") != 0 || status(p, line, &ok) != 0)
		return -1;
	if (!ok)
		return plain_fail(
		    p, "the server refuses STLS: \"%.200s\"", line);
	return 0;
}
