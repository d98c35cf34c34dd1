/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * admin: who may administer, and which process answers.
 */
#ifndef TLSPOOL_FRONT_ADMIN_H
#define TLSPOOL_FRONT_ADMIN_H

#include <sys/types.h>

#include "daemon/front/client.h"
#include "daemon/ipc/admin.h"
#include "daemon/ipc/channel.h"

/* Before privileges are dropped: remembers who started the daemon. */
void admin_init(void);

/* Root, and the user that started the daemon. */
bool admin_allowed(uid_t);

/* A request: passes it on, with the connection.  0, or -1: malformed. */
int admin_received(struct client *, struct packet *);

#endif
