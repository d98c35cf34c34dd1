/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * admin: what the administrator asks of the verifier.
 */
#ifndef TLSPOOL_VERIFIER_ADMIN_H
#define TLSPOOL_VERIFIER_ADMIN_H

#include "daemon/sys/role.h"

/* An edge_handler for ADMIN_ROUTED. */
int answer_admin(struct edge *, struct packet *, void *admin_routed);

/* Answer CACHE_LIST and CACHE_FLUSH. */
void admin_cache_list(int connection, uint32_t request, void *msg);
void admin_cache_flush(int connection, uint32_t request, void *msg);

#endif
