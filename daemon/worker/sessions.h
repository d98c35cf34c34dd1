/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * sessions: the table of this worker's sessions, and how one comes into it
 * and goes.
 */
#ifndef TLSPOOL_WORKER_SESSIONS_H
#define TLSPOOL_WORKER_SESSIONS_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/worker/session.h"

struct dispatch_start;

/* A session with the application's message, and no descriptor yet.  NULL:
 * its number is taken, its message malformed, or there is no memory. */
struct session *session_new(const struct dispatch_start *);

/* Gives back what is needed for the handshake only. */
void attempt_free(struct session *);

/* Takes it out of the table and gives back all that it has. */
void session_free(struct session *);

struct session *session_by_id(uint64_t id);
struct session *session_by_serial(uint32_t serial);
unsigned sessions_count(void);

/* The *n sessions with a number behind `after`, unordered; freed by the
 * caller.  NULL: no memory. */
struct session **sessions_list(uint64_t after, size_t *n);

/* Calls for each; the call may end that session, and no other. */
void sessions_each(void (*call)(struct session *, void *), void *arg);

#endif
