/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * waiter: who waits for an answer; embedded in what it belongs to, zeroed
 * before the first use.
 */
#ifndef TLSPOOL_VERIFIER_WAITER_H
#define TLSPOOL_VERIFIER_WAITER_H

#include <stdbool.h>

struct waiter {
	void (*answered)(struct waiter *);
	bool stranger; /* waits on account of a peer that is not known yet */
	struct waiter *next, **prev; /* prev NULL: waits for nothing */
};

/* Puts it into a list; it is in none yet. */
void waiter_join(struct waiter **list, struct waiter *);

/* It waits no more: to be called before it is freed.  Harmless where it did
 * not wait. */
void waiter_leave(struct waiter *);

#endif
