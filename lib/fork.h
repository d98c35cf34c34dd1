/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * fork: a child of fork(2) closes its copies of our sockets at once, so that
 * the daemon sees the end of a connection when the process that made it ends.
 */
#ifndef TLSPOOL_LIB_FORK_H
#define TLSPOOL_LIB_FORK_H

struct tlspool;

void fork_register(struct tlspool *);
void fork_unregister(struct tlspool *);

#endif
