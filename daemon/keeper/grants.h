/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * grants: what has been done under each grant, so that none is used for more
 * than it says.
 */
#ifndef TLSPOOL_KEEPER_GRANTS_H
#define TLSPOOL_KEEPER_GRANTS_H

#include "daemon/ipc/grant.h"
#include "daemon/keeper/identity.h"
#include "daemon/keeper/loaded.h"
#include "daemon/keeper/who.h"

/* A grant as a worker showed it; it does not outlive its message. */
struct presented {
	struct grant grant;
	uint32_t gids[GRANT_MAX_GIDS];
	struct caller caller;
	uint8_t mac[GRANT_MAC_SIZE]; /* no two grants have the same */
	uint8_t sealed[GRANT_MAX + 1];
};

/* The use of one grant. */
struct use {
	struct use *next;
	uint8_t mac[GRANT_MAC_SIZE];
	uint32_t worker;
	uint32_t signatures; /* that are left */
	uint64_t until;
	size_t n;
	struct credential *credentials[IDENTITY_CREDENTIALS];
};

struct grants;

struct grants *grants_new(void);
void grants_free(struct grants *);

/* Opens what a worker presents; 0, or -1 and trouble: EACCES. */
int grants_present(const struct grant_keys *, struct blob sealed,
    uint32_t worker, uint64_t now, struct presented *, struct trouble *);

/* The use of a grant, or NULL where there has been none. */
struct use *grants_find(struct grants *, const struct presented *);
/* The same, begun where there is none; NULL: no memory. */
struct use *grants_begin(struct grants *, const struct presented *);

/* From now on, it can sign with these and no others; they are held. */
void grants_allow(struct use *, struct credential *const *, size_t n);
/* The credential with that key, or NULL; it stays the grant's. */
struct credential *grants_key(const struct use *, const uint8_t *id);

/* A worker is gone: its grants can do nothing more. */
void grants_end_worker(struct grants *, uint32_t worker);
/* Forgets those whose time is over. */
void grants_sweep(struct grants *, uint64_t now);
size_t grants_count(const struct grants *);

#endif
