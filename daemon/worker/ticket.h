/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * ticket: what a server gives its clients, so that they can resume (RFC 5077,
 * RFC 8446 section 4.6.1).  All that a session is, is in the ticket, with the
 * chain that the client showed.
 */
#ifndef TLSPOOL_WORKER_TICKET_H
#define TLSPOOL_WORKER_TICKET_H

#include "daemon/ipc/wire.h"
#include "daemon/worker/session.h"

/* Before the ClientHello is read: looks for a ticket in it. */
void ticket_expect(struct session *);

/* Within the ClientHello: tickets are opened, and sealed, with one of the two
 * keys, of which either can be empty.  Wrong sizes: -1. */
int ticket_enable(struct session *, struct blob key, struct blob previous);

/* Behind a handshake, on its fiber: sends one, where there are tickets. */
void ticket_send(struct session *);

#endif
