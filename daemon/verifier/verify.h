/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * verify: the requests of workers, and their answers.
 */
#ifndef TLSPOOL_VERIFIER_VERIFY_H
#define TLSPOOL_VERIFIER_VERIFY_H

#include "daemon/sys/role.h"
#include "daemon/verifier/verdict.h"

/* How many questions came, and how they ended. */
struct verify_counters {
	uint64_t requests;
	uint64_t accepted;
	uint64_t refused;
	uint64_t denied; /* for want of a good grant */
	uint64_t waiting;
};

/* An edge_handler for VERIFY_REQ. */
int verify_request(struct edge *, struct packet *, void *msg);

/* The same for VERIFY_PREPARE. */
int verify_prepare(struct edge *, struct packet *, void *msg);

/* The worker has gone: nobody waits for its answers any more. */
void verify_edge_down(struct edge *);

/* Goes on with a verdict that waited; it is freed once it is answered. */
void verify_continue(struct verdict *);

const struct verify_counters *verify_counters(void);

/* The process's own; to be set up before the first request. */
extern struct trust verify_trust;

#endif
