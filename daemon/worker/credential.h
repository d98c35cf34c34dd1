/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * credential: what the keeper lets a session show and sign.  A private key
 * here is a name for one that the keeper has.
 */
#ifndef TLSPOOL_WORKER_CREDENTIAL_H
#define TLSPOOL_WORKER_CREDENTIAL_H

#include "daemon/ipc/credential.h"
#include "daemon/sys/role.h"
#include "daemon/worker/session.h"

/*
 * Asks the keeper who the session may be, or for the signature that its
 * handshake is paused for.  Where the keeper is not there, attempt->ask is
 * set, and session_edge_up() comes back to it.
 */
void credential_ask(struct session *);
void credential_ask_signature(struct session *);

/* Is there anything to ask the keeper about a client's identity? */
bool credential_wanted(const struct session *);

/* The keeper's answers: rows of the table of edge_handlers. */
int credential_answered(struct edge *, struct packet *, void *credential_ans);
int credential_forgotten(
    struct edge *, struct packet *, void *credential_forget);
int credential_signed(struct edge *, struct packet *, void *sign_ans);

/* The handshake that runs next on this thread is this session's. */
void credential_signs_for(struct session *);

#endif
