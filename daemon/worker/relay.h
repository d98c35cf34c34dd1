/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * relay: the records of established sessions, on a thread of their own, so
 * that no handshake ever delays them.
 *
 * The relay thread has all of a session from relay_add() until it gives it
 * back through session_over(), except: the byte counters, which are atomic; and
 * connection, request, events and the names, which do not change any more.  At
 * its end it tells the application why (CLOSED), and closes both descriptors.
 */
#ifndef TLSPOOL_WORKER_RELAY_H
#define TLSPOOL_WORKER_RELAY_H

#include "daemon/worker/session.h"

/* Starts the thread, within the sandbox.  0, or -1 and errno. */
int relay_start(void);

/* Hands an established session over.  0, or -1 and ENOMEM. */
int relay_add(struct session *);

/* Ends every session: close_notify, and whatever fits before it. */
void relay_end_all(void);

/* Ends the thread, and waits for its end. */
void relay_stop(void);

/* Closing, for listings: one of its directions has ended. */
bool relay_closing(const struct session *);

#endif
