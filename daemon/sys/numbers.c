/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * numbers: a hash table with chains.
 */
#include <config.h>

#include <stdlib.h>
#include <sys/random.h>

#include "daemon/sys/numbers.h"

enum { LEAST_BITS = 3 };

/*
 * Some of the numbers are an application's choice.  With a factor that it does
 * not know it cannot choose many that share a bucket.
 */
static uint64_t factor;

static void
choose_factor(void)
{
	if (factor != 0)
		return;
	if (getrandom(&factor, sizeof(factor), GRND_NONBLOCK) != sizeof(factor))
		factor = UINT64_C(0x9e3779b97f4a7c15);
	factor |= 1;
}

static size_t
bucket_of(unsigned bits, uint64_t number)
{
	return (size_t)(number * factor >> (64 - bits));
}

static int
resize(struct numbers *t, unsigned bits)
{
	struct numbered **fresh, **bucket, *n, *next;

	if ((fresh = calloc((size_t)1 << bits, sizeof(*fresh))) == NULL)
		return -1;
	for (n = numbers_next(t, NULL); n != NULL; n = next) {
		next = numbers_next(t, n);
		bucket = &fresh[bucket_of(bits, n->number)];
		n->next = *bucket;
		*bucket = n;
	}
	free(t->buckets);
	t->buckets = fresh;
	t->bits = bits;
	return 0;
}

int
numbers_add(struct numbers *t, struct numbered *n, uint64_t number)
{
	struct numbered **bucket;

	choose_factor();
	/* Where there is no memory to grow, it only gets slower. */
	if (t->buckets == NULL && resize(t, LEAST_BITS) != 0)
		return -1;
	if (t->count >> t->bits > 0)
		(void)resize(t, t->bits + 1);
	bucket = &t->buckets[bucket_of(t->bits, number)];
	n->number = number;
	n->next = *bucket;
	*bucket = n;
	t->count++;
	return 0;
}

void
numbers_remove(struct numbers *t, struct numbered *n)
{
	struct numbered **at = &t->buckets[bucket_of(t->bits, n->number)];

	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	if (--t->count == 0) {
		free(t->buckets);
		*t = (struct numbers){ 0 };
	}
}

struct numbered *
numbers_find(const struct numbers *t, uint64_t number)
{
	struct numbered *n;

	if (t->count == 0)
		return NULL;
	n = t->buckets[bucket_of(t->bits, number)];
	while (n != NULL && n->number != number)
		n = n->next;
	return n;
}

struct numbered *
numbers_next(const struct numbers *t, const struct numbered *n)
{
	size_t i = 0;

	if (t->count == 0)
		return NULL;
	if (n != NULL && n->next != NULL)
		return n->next;
	if (n != NULL)
		i = bucket_of(t->bits, n->number) + 1;
	for (; i < (size_t)1 << t->bits; i++)
		if (t->buckets[i] != NULL)
			return t->buckets[i];
	return NULL;
}
