/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * edges: which processes of the pool may talk to each other.
 */
#ifndef TLSPOOL_PARENT_EDGES_H
#define TLSPOOL_PARENT_EDGES_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/ipc/control.h"

/* One row joins every process of one role with every process of the other. */
struct edge_row {
	enum role a, b;
};

extern const struct edge_row edges[];
extern const size_t nedges;

/* May processes of these roles talk to each other?  In either order. */
bool edges_joined(enum role, enum role);

#endif
