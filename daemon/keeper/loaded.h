/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * loaded: credentials whose key and certificate are in memory: a bounded cache
 * that takes files up again when they change.
 */
#ifndef TLSPOOL_KEEPER_LOADED_H
#define TLSPOOL_KEEPER_LOADED_H

#include "daemon/keeper/chain.h"
#include "daemon/keeper/key.h"

/* Immutable while it is held: a newer state of the files is another one. */
struct credential {
	unsigned held;
	struct chain *chain;
	struct key *key;
	struct stamp cert_stamp;
};

struct credential *credential_hold(struct credential *);
void credential_release(struct credential *); /* NULL is fine */

/* Loads a pair and checks that it belongs together; held once. */
struct credential *credential_load(
    const char *key, const char *cert, struct trouble *);
/* The same of parts, which are taken over (also where it fails). */
struct credential *credential_join(
    struct key *, struct chain *, struct trouble *);

enum { LOADED_MAX = 1024 }; /* in memory, beside those that are in use */

struct loaded;
struct loaded *loaded_new(size_t max);
void loaded_free(struct loaded *);

/*
 * The credential of these two references, held; NULL and trouble.  Files are
 * looked at again once a second (now: milliseconds); where their new state
 * cannot be used, the old one goes on, and that is logged once.
 */
struct credential *loaded_get(struct loaded *, const char *key,
    const char *cert, uint64_t now, struct trouble *);

/* Until when that one is given without another look at the files, in the unit
 * of now; 0: there is none. */
uint64_t loaded_until(struct loaded *, const char *key, const char *cert);

/*
 * The one that was there before, held, where it was replaced no longer ago
 * than a worker may have kept an answer with it; or NULL.
 */
struct credential *loaded_before(
    struct loaded *, const char *key, const char *cert, uint64_t now);

/* The same as loaded_get() for an administrator, who is told of the files as they are now. */
struct credential *loaded_renew(struct loaded *, const char *key,
    const char *cert, uint64_t now, struct trouble *);

/* The same for a list: what is not in the cache is not put there. */
struct credential *loaded_peek(struct loaded *, const char *key,
    const char *cert, uint64_t now, struct trouble *);

/* Forgets one whose files have just been written. */
void loaded_forget(struct loaded *, const char *key, const char *cert);
/* Forgets all; they are read again when asked for. */
void loaded_flush(struct loaded *);
size_t loaded_count(const struct loaded *);

#endif
