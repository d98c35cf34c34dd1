/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * numbers: a table of things by their numbers.  What is in it has a struct
 * numbered for each table that it is in, and is found again from that by
 * container_of(); it is two words, for there is one for each idle session.
 */
#ifndef TLSPOOL_SYS_NUMBERS_H
#define TLSPOOL_SYS_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

struct numbered {
	struct numbered *next;
	uint64_t number;
};

/* One that is all zeroes is empty; and one that is empty has no memory. */
struct numbers {
	struct numbered **buckets;
	unsigned bits; /* 2^bits of them */
	size_t count;
};

/* The number must not be there.  0, or -1 and errno: ENOMEM. */
int numbers_add(struct numbers *, struct numbered *, uint64_t number);
/* It must be there. */
void numbers_remove(struct numbers *, struct numbered *);
/* NULL: it is not there. */
struct numbered *numbers_find(const struct numbers *, uint64_t number);

/*
 * The one behind it, of all that are there in no order: NULL is before the
 * first, and behind the last.  One may be removed when the next is known; none
 * may be added until the last.
 */
struct numbered *numbers_next(const struct numbers *, const struct numbered *);

#endif
