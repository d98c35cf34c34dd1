/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * staples: the answers of OCSP for the certificates of this pool's identities:
 * asked for, kept, renewed in time, and told to the workers that serve with
 * them.  Nothing that a responder does stops any of that.
 */
#ifndef TLSPOOL_VERIFIER_STAPLES_H
#define TLSPOOL_VERIFIER_STAPLES_H

#include "daemon/sys/role.h"
#include "daemon/verifier/staple.h"

enum {
	STAPLES_MAX = 4096,
	STAPLES_AT_ONCE = 8, /* questions under way */
	STAPLES_OF_ONE = 2,  /* of these, to one server */
};

struct staples_counters {
	uint64_t chains, fresh; /* now */
	uint64_t fetched, failed;
};

/* At the start, and after a reload: what has failed is tried again. */
void staples_configure(void);

/* Behind the sandbox: reads what an earlier pool has kept. */
void staples_begin(void);
void staples_stop(void);

/* An edge_handler for STAPLE_REQ. */
int staple_request(struct edge *, struct packet *, void *msg);

/* A worker is there: it is told all that there is; and has gone. */
void staples_edge_up(struct edge *);
void staples_edge_down(const struct edge *);

/* What is known of a chain; NULL: nobody has asked for it. */
const struct staple *staples_find(const uint8_t id[CHAIN_ID_SIZE]);

struct staples_counters staples_count(void);

#endif
