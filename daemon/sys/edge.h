/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * edge: what role.c asks of the edges.  The roles' side of it is in role.h.
 */
#ifndef TLSPOOL_SYS_EDGE_H
#define TLSPOOL_SYS_EDGE_H

#include "daemon/sys/role.h"

/* Adds an edge, in the place of an earlier one to the same process.  0, and fd
 * is the edge's; or -1 and errno. */
int edges_open(enum role, uint32_t index, int fd);

/* From now on (or no more) the role hears of edges; first of those there. */
void edges_announce(bool);

/* There is room again: sends what is waiting. */
void edge_flush(struct edge *);

/* Frees edges that were closed. Only where no caller can hold one. */
void edges_bury(void);

void edges_close(void);

#endif
