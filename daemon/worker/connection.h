/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * connection: the applications' connections, passed along by front, over
 * which the worker answers.
 */
#ifndef TLSPOOL_WORKER_CONNECTION_H
#define TLSPOOL_WORKER_CONNECTION_H

#include <stdint.h>

#include "daemon/ipc/message.h"

struct connection;
struct session;

/* Takes fd over. 0, or -1: the number is taken, or there is no memory. */
int connection_add(uint64_t number, int fd);
void connection_remove(uint64_t number);
void connection_remove_all(void);

/*
 * Sends to the application, in order; fd (-1: none) is taken over.  What the
 * application does not read waits.  0, or -1: it is gone.  By either thread;
 * all else here is the main thread's.
 */
int connection_send(uint64_t number, const struct message_schema *,
    uint32_t request, const void *msg, int fd);

/* The list of its handshakes; NULL where there is no such connection. */
struct session **connection_handshakes(uint64_t number);

#endif
