/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * outgoing: the messages that wait for room in the socket.  Each request has
 * one place for each kind of message, and a message is encoded only when it
 * is sent: so waiting costs no memory beyond the requests themselves.
 */
#ifndef TLSPOOL_LIB_OUTGOING_H
#define TLSPOOL_LIB_OUTGOING_H

#include <stdbool.h>
#include <sys/queue.h>

struct tlspool_request;

enum outgoing_kind { OUT_START, OUT_ANSWER, OUT_PING, OUT_CANCEL, OUT_KINDS };

struct outgoing {
	TAILQ_ENTRY(outgoing) entry;
	struct tlspool_request *request;
	enum outgoing_kind kind;
	bool queued;
};

TAILQ_HEAD(outgoing_queue, outgoing);

/* Adds a message of the request, unless it is there already. */
void outgoing_add(
    struct outgoing_queue *, struct tlspool_request *, enum outgoing_kind);
/* Takes a message back; nothing happens where it is not there. */
void outgoing_remove(
    struct outgoing_queue *, struct tlspool_request *, enum outgoing_kind);
/* Sends it over sock: 0, or -1 and errno of message_send(). */
int outgoing_send(int sock, const struct outgoing *);

#endif
