/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * verify: asks the verifier who the peer is.
 */
#ifndef TLSPOOL_WORKER_VERIFY_H
#define TLSPOOL_WORKER_VERIFY_H

#include "daemon/sys/role.h"
#include "daemon/worker/session.h"

/* Sends the peer's chain; where the verifier is not there, attempt->ask is
 * set, and session_edge_up() comes back to it. */
void verify_ask(struct session *);

/* Tells the verifier that a certificate of the server is to come. */
void verify_prepare(const struct session *);

/* The port of the peer that the verdict is about; 0: it is not known. */
uint32_t verify_port(const struct session *);

/* The verifier's answer: a row of the table of edge_handlers. */
int verify_answered(struct edge *, struct packet *, void *verify_ans);

#endif
