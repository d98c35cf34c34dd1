/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * poll: when a pool has something to do, for a loop of our own and for that
 * of an application.
 */
#ifndef TLSPOOL_LIB_POLL_H
#define TLSPOOL_LIB_POLL_H

#include <stdint.h>

struct tlspool;

/* When tlspool_dispatch() has to run whatever arrives; -1: no need. */
int64_t poll_when(const struct tlspool *);
/* Waits for the socket, at most until then (-1: for ever); the daemon's end
 * counts as something, a signal too. */
void poll_socket(struct tlspool *, int64_t until);
/* Takes the socket out of what tlspool_fd() watches. */
void poll_forget_socket(struct tlspool *);

#endif
