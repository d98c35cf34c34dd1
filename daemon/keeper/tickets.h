/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tickets: the keys that session tickets are sealed with (RFC 5077, RFC 8446
 * section 4.6.1).  Workers never see what these are made from, and are given
 * those of the sessions that they have a grant for.
 */
#ifndef TLSPOOL_KEEPER_TICKETS_H
#define TLSPOOL_KEEPER_TICKETS_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/ipc/credential.h"
#include "daemon/keeper/loaded.h"

/*
 * What a ticket is good for: sessions that have all of this in common.  A
 * ticket that is shown elsewhere is as good as none.
 */
struct ticket_use {
	uint32_t uid;
	const char *unit; /* or NULL */
	uint32_t flags;	  /* enum app_flag: what is asked of the client */
	const char *identity;
	const char *sni; /* or NULL */
	struct credential *const *credentials;
	size_t n;
};

struct tickets;

struct tickets *tickets_new(void);
void tickets_free(struct tickets *);

/*
 * Makes what the keys are made from anew where it is older than lifetime, and
 * forgets what is older than twice that; both in milliseconds.
 */
void tickets_turn(struct tickets *, uint64_t now, uint64_t lifetime);

/* No ticket that there is opens any more. */
void tickets_forget(struct tickets *);

/*
 * The key to seal tickets with, and behind it the one of the time before,
 * which still opens them: how many there are.
 */
size_t tickets_derive(const struct tickets *, const struct ticket_use *,
    uint8_t keys[2][TICKET_KEY_SIZE]);

#endif
