/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dialect_imap: STARTTLS of IMAP, RFC 9051 section 6.2.1.
 */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "tool/dialect.h"

/* Is one of the words of the line that word? */
static bool
has_word(const char *line, const char *word)
{
	size_t len = strlen(word), n;

	for (;;) {
		line += strspn(line, " ");
		if (*line == '\0')
			return false;
		n = strcspn(line, " ");
		if (n == len && strncasecmp(line, word, len) == 0)
			return true;
		line += n;
	}
}

/* Does the line begin with these words? */
static bool
begins(const char *line, const char *words)
{
	size_t len = strlen(words);

	return strncasecmp(line, words, len) == 0 &&
	       (line[len] == '\0' || line[len] == ' ');
}

static int
greeting(struct plain *p)
{
	char line[PLAIN_LINE_MAX];

	if (plain_line(p, line) != 0)
		return -1;
	if (begins(line, "* OK"))
		return 0;
	/* Logged in already: STARTTLS is not possible any more, which is how
	 * it can be kept from happening (RFC 9051 section 11.1). */
	if (begins(line, "* PREAUTH"))
		return plain_fail(p, "the server greets with PREAUTH, which "
				     "leaves no way to TLS");
	if (begins(line, "* BYE"))
		return plain_fail(
		    p, "the server refuses the connection: \"%.200s\"", line);
	return plain_fail(p, "this is not IMAP: \"%.100s\"", line);
}

/*
 * Sends a command and reads to its tagged answer, which must be OK; whether an
 * untagged CAPABILITY on the way had STARTTLS.
 */
static int
command(struct plain *p, const char *tag, const char *name, bool *starttls)
{
	char line[PLAIN_LINE_MAX];
	size_t len = strlen(tag);

	if (plain_printf(p, "%s %s\r\n", tag, name) != 0)
		return -1;
	for (;;) {
		if (plain_line(p, line) != 0)
			return -1;
		if (strncmp(line, tag, len) == 0 && line[len] == ' ')
			break;
		if (begins(line, "* CAPABILITY"))
			*starttls = has_word(line, "STARTTLS");
		else if (begins(line, "* BYE"))
			return plain_fail(
			    p, "the server ends: \"%.200s\"", line);
		else if (line[0] != '*')
			return plain_fail(
			    p, "this is not IMAP: \"%.100s\"", line);
	}
	if (!begins(line + len + 1, "OK"))
		return plain_fail(
		    p, "the server refuses %s: \"%.200s\"", name, line);
	return 0;
}

int
dialect_imap(struct plain *p)
{
	bool offered = false, unused = false;

	if (greeting(p) != 0 || command(p, "a1", "CAPABILITY", &offered) != 0)
		return -1;
	if (!offered)
		return plain_fail(p, "the server does not offer STARTTLS");
	return command(p, "a2", "STARTTLS", &unused);
}
