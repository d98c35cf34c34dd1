/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * resumption: what servers gave us as a client, so that we can resume.  It is
 * used for a session that has everything in common with the one that it came
 * from, and once.  Any thread can call what has no other remark.
 */
#ifndef TLSPOOL_WORKER_RESUMPTION_H
#define TLSPOOL_WORKER_RESUMPTION_H

#include "daemon/worker/session.h"

/* Would a client's session be resumed, if there was one to resume?  Known
 * from the application's START. */
bool resumption_wanted(const struct session *);

/* Behind handshake_begin() and the keeper's answer, before the ClientHello:
 * offers an earlier session, where there is one, and keeps what the server
 * gives from now on. */
void resumption_offer(struct session *);

/* Behind a handshake: keeps it, where TLS 1.2 has brought what it needs. */
void resumption_keep(struct session *);

/* Forgets everything. */
void resumption_forget(void);

#endif
