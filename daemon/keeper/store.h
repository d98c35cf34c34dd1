/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * store: the database of identities, in Berkeley DB with transactions.  It
 * belongs to one thread.  Names are in lower case.
 */
#ifndef TLSPOOL_KEEPER_STORE_H
#define TLSPOOL_KEEPER_STORE_H

#include "daemon/keeper/identity.h"
#include "daemon/keeper/trouble.h"

struct store;

/* Opens (and creates, and recovers) the database in a folder that exists. */
struct store *store_open(const char *dir, struct trouble *);
/* What has not been committed is lost. */
void store_close(struct store *);

/*
 * Adds a credential, or replaces the one with the same key id; 0, or -1 and
 * trouble (E2BIG: the identity has too many).  Changes are seen at once, and
 * are lasting after store_commit().  After trouble of the database, what was
 * not committed is undone.
 */
int store_put(struct store *, const char *name, const struct reference *,
    struct trouble *);
/* 0, or -1 and ENOKEY where there is none. */
int store_remove(
    struct store *, const char *name, const uint8_t *id, struct trouble *);

/* Has something to commit. */
bool store_dirty(const struct store *);
int store_commit(struct store *, struct trouble *);

/* The identity of that name: 0, or -1 and ENOKEY, or EIO.  To be cleared. */
int store_find(
    struct store *, const char *name, struct identity *, struct trouble *);

/* The first identity behind a name ("": the very first), likewise. */
int store_next(
    struct store *, const char *after, struct identity *, struct trouble *);

/* How many identities there are. */
uint64_t store_count(const struct store *);

#endif
