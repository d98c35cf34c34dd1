/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * share: a counter for each domain that has any.  Two labels are what can be
 * bought; below a suffix like co.uk strangers share, which only matters when
 * many of them are silent at the same time.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/ipc/domain.h"
#include "daemon/ipc/hash.h"
#include "daemon/verifier/share.h"

struct share {
	UT_hash_handle hh;
	size_t n;
	char domain[DOMAIN_SIZE];
};

/* "a.b.example.com", with or without a dot at the end: "example.com". */
static int
domain_of(const char *name, char domain[DOMAIN_SIZE])
{
	size_t len = strlen(name), from, dots = 0;

	if (len > 0 && name[len - 1] == '.')
		len--;
	for (from = len; from > 0; from--)
		if (name[from - 1] == '.' && ++dots == 2)
			break;
	if (len - from >= DOMAIN_SIZE)
		return -1;
	memcpy(domain, name + from, len - from);
	domain[len - from] = '\0';
	return 0;
}

struct share *
share_take(struct share **shares, const char *name, size_t max)
{
	char domain[DOMAIN_SIZE];
	struct share *s = NULL;

	if (domain_of(name, domain) != 0)
		return NULL;
	HASH_FIND_STR(*shares, domain, s);
	if (s != NULL && s->n >= max)
		return NULL;
	if (s == NULL) {
		if ((s = calloc(1, sizeof(*s))) == NULL)
			return NULL;
		memcpy(s->domain, domain, sizeof(domain));
		HASH_ADD_STR(*shares, domain, s);
	}
	s->n++;
	return s;
}

void
share_give(struct share **shares, struct share *s)
{
	if (s == NULL || --s->n > 0)
		return;
	HASH_DEL(*shares, s);
	free(s);
}
