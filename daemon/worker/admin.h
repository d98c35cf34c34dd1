/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * admin: what a worker tells tlspool-cli about itself and its sessions.
 */
#ifndef TLSPOOL_WORKER_ADMIN_H
#define TLSPOOL_WORKER_ADMIN_H

#include "daemon/sys/role.h"

/* What happened since the start. */
struct worker_counters {
	uint64_t started, established, resumed, failed;
};
extern struct worker_counters worker_counters;

/* A request of administration: a row of the table of edge_handlers. */
int admin_requested(struct edge *, struct packet *, void *admin_routed);

#endif
