/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * outbox: messages to an application that does not read as fast as it asks.
 * Nothing is lost and nobody waits: what the socket does not take is kept, in
 * order, until it does.
 */
#ifndef TLSPOOL_SYS_OUTBOX_H
#define TLSPOOL_SYS_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/ipc/message.h"

enum {
	/* A message that is longer than OUTBOX_SHORT is not kept behind
	 * OUTBOX_MUCH bytes: somebody who asks for long answers has to read
	 * them. */
	OUTBOX_SHORT = 8192,
	OUTBOX_MUCH = 1024 * 1024,
};

struct outbox_message;

/* Zeroed is empty. */
struct outbox {
	struct outbox_message *first, **last;
	size_t bytes; /* that wait */
};

/*
 * Sends a message to sock, behind what is waiting; fd (-1: none) is the
 * outbox's in every case.  0: sent or kept.  -1 and errno: the message cannot
 * be encoded, there is no memory, there is no room for a long one
 * (ENOBUFS), or the socket is broken.
 */
int outbox_send(struct outbox *, int sock, const struct message_schema *,
    uint32_t request, const void *msg, int fd);

/* Puts what waits in the second behind what waits in the first. */
void outbox_join(struct outbox *, struct outbox *);

/* Sends what is waiting; 0, or -1 and errno where the socket is broken. */
int outbox_flush(struct outbox *, int sock);

/* Is anything waiting? */
bool outbox_waiting(const struct outbox *);

/* Forgets what is waiting. */
void outbox_clear(struct outbox *);

#endif
