/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * resolve: the numbers of the users and groups that an ACL names.
 */
#include <config.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/keeper/acl.h"

enum { LOGIN_MAX = 256 };

struct resolver {
	FILE *out;
	unsigned line;
	char *error;
	size_t error_size;
};

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int
lookup(bool user, const char *name, unsigned *number)
{
	const struct passwd *pw = NULL;
	const struct group *gr = NULL;

	if (user && (pw = getpwnam(name)) != NULL)
		*number = pw->pw_uid;
	if (!user && (gr = getgrnam(name)) != NULL)
		*number = gr->gr_gid;
	return pw != NULL || gr != NULL ? 0 : -1;
}

/* Copies one word, with the number behind a name that has none. */
static int
resolve_word(struct resolver *r, const char *word, size_t len)
{
	bool user = len > 5 && strncmp(word, "user=", 5) == 0;
	bool group = len > 6 && strncmp(word, "group=", 6) == 0;
	size_t skip = user ? 5 : 6;
	char name[LOGIN_MAX];
	unsigned number;

	fwrite(word, 1, len, r->out);
	if (!user && !group)
		return 0;
	if ((word[skip] >= '0' && word[skip] <= '9') ||
	    memchr(word, ':', len) != NULL)
		return 0;
	if (len - skip >= sizeof(name)) {
		snprintf(r->error, r->error_size, "line %u: a name is too long",
		    r->line);
		return -1;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(len - skip), word + skip);
	if (lookup(user, name, &number) != 0) {
		snprintf(r->error, r->error_size,
		    "line %u: there is no %s \"%s\"", r->line,
		    user ? "user" : "group", name);
		return -1;
	}
	fprintf(r->out, ":%u", number);
	return 0;
}

static int
resolve_text(struct resolver *r, const char *text, size_t len)
{
	size_t i = 0, start;
	bool comment = false;

	while (i < len) {
		start = i;
		if (text[i] == '\n') {
			r->line++;
			comment = false;
		}
		if (is_space(text[i])) {
			fputc(text[i++], r->out);
			continue;
		}
		while (i < len && !is_space(text[i]))
			i++;
		comment = comment || text[start] == '#';
		if (comment)
			fwrite(text + start, 1, i - start, r->out);
		else if (resolve_word(r, text + start, i - start) != 0)
			return -1;
	}
	return 0;
}

char *
acl_resolve(const char *text, size_t len, size_t *out_len, char *error,
    size_t error_size)
{
	struct resolver r = { NULL, 1, error, error_size };
	char *out = NULL;
	int failed;

	*out_len = 0;
	snprintf(error, error_size, "out of memory");
	if ((r.out = open_memstream(&out, out_len)) == NULL)
		return NULL;
	failed = resolve_text(&r, text, len);
	if (ferror(r.out))
		failed = -1;
	if (fclose(r.out) != 0 || failed) {
		free(out);
		return NULL;
	}
	return out;
}
