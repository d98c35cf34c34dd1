/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * authorize: whether a peer that is known by now may speak with us.  The
 * plugin is asked first, where there is one, and then the rules.
 */
#ifndef TLSPOOL_VERIFIER_AUTHORIZE_H
#define TLSPOOL_VERIFIER_AUTHORIZE_H

#include "daemon/sys/role.h"
#include "daemon/verifier/verdict.h"

/*
 * Asks whether the peer of a verdict is authorised, and makes it a refusal
 * (EPERM) where it is not.  True: the verdict is in; false: it waits for the
 * plugin, and verify_continue() will come.
 */
bool authorize_run(struct verdict *);

/* Edge handlers for AUTHORIZE_ANS and AUTHORIZE_READY. */
int authorize_answered(struct edge *, struct packet *, void *msg);
int authorize_ready(struct edge *, struct packet *, void *msg);

/* The authorizer has gone, and with it the answer to its question. */
void authorize_edge_down(struct edge *);

#endif
