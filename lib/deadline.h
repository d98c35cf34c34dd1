/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * deadline: which request runs out of time first.
 */
#ifndef TLSPOOL_LIB_DEADLINE_H
#define TLSPOOL_LIB_DEADLINE_H

#include <stddef.h>
#include <stdint.h>

struct tlspool_request;

/* A binary heap; request->place is 1 + the index, 0 where it is not in it. */
struct deadlines {
	struct tlspool_request **heap;
	size_t n, size;
};

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t clock_now(void);

/* Sets request->expires, and adds it where it is not yet there: 0, or -1 and
 * ENOMEM (only where it was not). */
int deadline_set(struct deadlines *, struct tlspool_request *, int64_t expires);
void deadline_remove(struct deadlines *, struct tlspool_request *);
/* The one that expires first, or NULL. */
struct tlspool_request *deadline_first(const struct deadlines *);
void deadline_free(struct deadlines *);

#endif
