/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * disclosure: the rows of the table, tried from top to bottom.
 */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/keeper/acl.h"
#include "daemon/keeper/disclosure.h"
#include "daemon/sys/name.h"
#include "daemon/sys/table.h"

struct row {
	char *remote; /* pattern, in lower case */
	char *identity;
	struct who who;
};

struct disclosure {
	struct row *rows;
	size_t nrows, space;
};

void
disclosure_free(struct disclosure *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->nrows; i++) {
		free(d->rows[i].remote);
		free(d->rows[i].identity);
		who_free(&d->rows[i].who);
	}
	free(d->rows);
	free(d);
}

static int
row_parse(struct row *row, const struct table *t, bool names, char *error,
    size_t error_size)
{
	char remote[NAME_SIZE], identity[NAME_SIZE], half[256];
	const char *why;

	if (t->nwords < 2)
		return table_error(
		    t, error, error_size, "a row is: REMOTE IDENTITY [WHO]");
	if (strchr(t->words[0], '@') != NULL)
		return table_error(t, error, error_size,
		    "\"%s\" is a user, not a server", t->words[0]);
	if (name_pattern(t->words[0], remote, &why) != 0)
		return table_error(
		    t, error, error_size, "server \"%s\" %s", t->words[0], why);
	if (name_identity(t->words[1], identity, &why) != 0)
		return table_error(t, error, error_size, "identity \"%s\" %s",
		    t->words[1], why);
	if (t->nwords > 2 && who_parse(&row->who, t->words + 2, t->nwords - 2,
				 names, half, sizeof(half)) != 0)
		return table_error(t, error, error_size, "%s", half);
	if ((row->remote = strdup(remote)) == NULL ||
	    (row->identity = strdup(identity)) == NULL)
		return table_error(t, error, error_size, "out of memory");
	return 0;
}

static struct row *
disclosure_add(struct disclosure *d)
{
	struct row *rows;
	size_t space;

	if (d->nrows == d->space) {
		space = d->space == 0 ? 16 : d->space * 2;
		rows = reallocarray(d->rows, space, sizeof(*rows));
		if (rows == NULL)
			return NULL;
		d->rows = rows;
		d->space = space;
	}
	return memset(&d->rows[d->nrows++], 0, sizeof(struct row));
}

struct disclosure *
disclosure_parse(const char *text, size_t len, unsigned flags, char *error,
    size_t error_size)
{
	struct disclosure *d = NULL;
	struct table t;
	struct row *row;
	char *copy;
	int got;

	snprintf(error, error_size, "out of memory");
	if ((copy = malloc(len + 1)) == NULL ||
	    (d = calloc(1, sizeof(*d))) == NULL)
		goto err;
	if (len > 0)
		memcpy(copy, text, len);
	table_open(&t, copy, len);
	while ((got = table_next(&t, error, error_size)) == 1) {
		if ((row = disclosure_add(d)) == NULL) {
			snprintf(error, error_size, "out of memory");
			goto err;
		}
		if (row_parse(row, &t, (flags & ACL_NAMES) != 0, error,
			error_size) != 0)
			goto err;
	}
	if (got != 0)
		goto err;
	free(copy);
	return d;
err:
	disclosure_free(d);
	free(copy);
	return NULL;
}

static bool
remote_matches(const char *pattern, const char *remote)
{
	size_t plen = strlen(pattern), len;

	if (strcmp(pattern, "*") == 0)
		return true;
	if (remote == NULL)
		return false;
	if (strcmp(pattern, remote) == 0)
		return true;
	len = strlen(remote);
	return strncmp(pattern, "*.", 2) == 0 && len > plen - 1 &&
	       strcmp(remote + len - (plen - 1), pattern + 1) == 0;
}

const char *
disclosure_next(const struct disclosure *d, const struct caller *caller,
    const char *remote, size_t *at)
{
	char lower[NAME_SIZE];
	const struct row *row;

	if (d == NULL)
		return NULL;
	if (remote != NULL)
		name_lower(remote, lower, sizeof(lower));
	while (*at < d->nrows) {
		row = &d->rows[(*at)++];
		if (remote_matches(
			row->remote, remote != NULL ? lower : NULL) &&
		    who_matches(&row->who, caller))
			return row->identity;
	}
	return NULL;
}
