/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * cache: verdicts that are remembered, in a folder of its own.  It is only a
 * cache: whatever is wrong with it is logged, it is begun anew, and meanwhile
 * nothing is found in it.
 */
#ifndef TLSPOOL_VERIFIER_CACHE_H
#define TLSPOOL_VERIFIER_CACHE_H

#include <stdbool.h>

#include "daemon/verifier/verdicts.h"

struct cache_limits {
	uint64_t size;	       /* entries; 0: nothing is remembered */
	uint64_t max_age;      /* seconds, of a yes */
	uint64_t negative_age; /* likewise, of a no */
};

struct cache_clock {
	uint64_t wall; /* seconds since 1970 */
	uint64_t up;   /* milliseconds since the machine booted */
};

struct cache_counters {
	uint64_t found, missed, stored, dropped, broken;
};

struct cache;

/*
 * Nothing is opened before the first use.  boot: what cachedir_enter() wants.
 * NULL and ENOMEM.
 */
struct cache *cache_new(const char *dir, const char *boot);
/* Closes it, so that the next one finds it whole. */
void cache_free(struct cache *);

void cache_limit(struct cache *, const struct cache_limits *);

/* What is found: row points into entry. */
struct cache_hit {
	struct admin_cache_row row;
	struct verdicts_entry entry;
};

/* The verdict of that key, if it still holds; row.until is when it no longer
 * does by itself. */
bool cache_find(struct cache *, const uint8_t key[ENTRY_KEY],
    const struct cache_clock *, struct cache_hit *);

/* Remembers a row with its key, unless it would hold no longer than now: then
 * what was remembered in its place is forgotten. */
void cache_store(
    struct cache *, const struct admin_cache_row *, const struct cache_clock *);

/*
 * The first verdict behind a key (NULL: the very first) that holds, and rests
 * on what is trusted now.  It looks at no more than *patience entries, which
 * it counts down, and not 0.
 */
enum cache_step {
	CACHE_ROW,  /* row.until is when the cache forgets it */
	CACHE_MORE, /* patience is at its end; entry.key is how far it came */
	CACHE_END,
};
enum cache_step cache_next(struct cache *, const uint8_t *after, uint64_t basis,
    const struct cache_clock *, unsigned *patience, struct cache_hit *);

void cache_forget(
    struct cache *, const uint8_t key[ENTRY_KEY], const struct cache_clock *);
/* Everything. */
void cache_flush(struct cache *);

/* Changes when something was forgotten on purpose: a verdict that was begun
 * before is not to be remembered. */
uint64_t cache_generation(const struct cache *);
void cache_renew(struct cache *);

uint64_t cache_count(struct cache *, const struct cache_clock *);
const struct cache_counters *cache_counters(const struct cache *);

#endif
