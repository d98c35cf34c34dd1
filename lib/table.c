/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * table: a hash table with chains.  The numbers are given out one after the
 * other by this library, so their low bits are as good as any hash.
 */
#include <stdlib.h>

#include "lib/request.h"
#include "lib/table.h"

enum { TABLE_LEAST = 16 };

static struct tlspool_request **
bucket_of(const struct table *t, uint32_t id)
{
	return &t->bucket[id & (t->nbuckets - 1)];
}

static int
grow(struct table *t)
{
	struct table wide = { .n = t->n };
	struct tlspool_request *req, **at;

	wide.nbuckets = t->nbuckets > 0 ? 2 * t->nbuckets : TABLE_LEAST;
	wide.bucket = calloc(wide.nbuckets, sizeof(*wide.bucket));
	if (wide.bucket == NULL)
		return -1;
	for (size_t i = 0; i < t->nbuckets; i++) {
		while ((req = t->bucket[i]) != NULL) {
			t->bucket[i] = req->chained;
			at = bucket_of(&wide, req->id);
			req->chained = *at;
			*at = req;
		}
	}
	free(t->bucket);
	*t = wide;
	return 0;
}

int
table_add(struct table *t, struct tlspool_request *req)
{
	struct tlspool_request **at;

	/* A full table that cannot grow is slower, and still right. */
	if (t->n >= t->nbuckets && grow(t) != 0 && t->nbuckets == 0)
		return -1;
	at = bucket_of(t, req->id);
	req->chained = *at;
	*at = req;
	t->n++;
	return 0;
}

struct tlspool_request *
table_find(const struct table *t, uint32_t id)
{
	struct tlspool_request *req;

	if (t->nbuckets == 0)
		return NULL;
	for (req = *bucket_of(t, id); req != NULL; req = req->chained)
		if (req->id == id)
			return req;
	return NULL;
}

void
table_remove(struct table *t, struct tlspool_request *req)
{
	struct tlspool_request **at;

	if (t->nbuckets == 0)
		return;
	at = bucket_of(t, req->id);
	while (*at != NULL && *at != req)
		at = &(*at)->chained;
	if (*at == NULL)
		return;
	*at = req->chained;
	req->chained = NULL;
	t->n--;
}

void
table_free(struct table *t)
{
	free(t->bucket);
	*t = (struct table){ 0 };
}
