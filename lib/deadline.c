/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * deadline: a binary heap of requests, by the time at which they expire.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "lib/deadline.h"
#include "lib/request.h"

int64_t
clock_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
put(struct deadlines *d, size_t i, struct tlspool_request *req)
{
	d->heap[i] = req;
	req->place = i + 1;
}

/* Moves the request that belongs at or around i to where it belongs. */
static void
settle(struct deadlines *d, size_t i, struct tlspool_request *req)
{
	size_t child;

	while (i > 0 && d->heap[(i - 1) / 2]->expires > req->expires) {
		put(d, i, d->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	while ((child = 2 * i + 1) < d->n) {
		if (child + 1 < d->n &&
		    d->heap[child + 1]->expires < d->heap[child]->expires)
			child++;
		if (d->heap[child]->expires >= req->expires)
			break;
		put(d, i, d->heap[child]);
		i = child;
	}
	put(d, i, req);
}

int
deadline_set(struct deadlines *d, struct tlspool_request *req, int64_t expires)
{
	struct tlspool_request **wide;
	size_t size;

	if (req->place == 0) {
		if (d->n == d->size) {
			size = d->size > 0 ? 2 * d->size : 16;
			wide = reallocarray(d->heap, size, sizeof(*wide));
			if (wide == NULL)
				return -1;
			d->heap = wide;
			d->size = size;
		}
		put(d, d->n++, req);
	}
	req->expires = expires;
	settle(d, req->place - 1, req);
	return 0;
}

void
deadline_remove(struct deadlines *d, struct tlspool_request *req)
{
	size_t i = req->place;

	if (i == 0)
		return;
	req->place = 0;
	d->n--;
	if (i - 1 < d->n)
		settle(d, i - 1, d->heap[d->n]);
}

struct tlspool_request *
deadline_first(const struct deadlines *d)
{
	return d->n > 0 ? d->heap[0] : NULL;
}

void
deadline_free(struct deadlines *d)
{
	free(d->heap);
	*d = (struct deadlines){ 0 };
}
