/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * admin: this tool's end of the administration socket.
 */
#ifndef TLSPOOL_TOOL_ADMIN_H
#define TLSPOOL_TOOL_ADMIN_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/ipc/admin.h"
#include "daemon/ipc/channel.h"

struct admin {
	int sock;
	uint32_t last;	       /* request number */
	struct packet *packet; /* the last answer; texts point into it */
};

enum {
	ADMIN_TIMEOUT = 10 * 1000,	 /* milliseconds */
	ADMIN_SLOW_TIMEOUT = 180 * 1000, /* tokens, and keys being made */
};

/* Connects; TOOL_OK, or a status for which the complaint has been made. */
int admin_open(struct admin *);
void admin_close(struct admin *);

/* Sends a request, numbered admin->last; waits for room.  Status as above. */
int admin_send(struct admin *, const struct message_schema *, const void *msg,
    const int *fds, unsigned nfds);

/*
 * The next answer, whichever request it belongs to, into admin->packet.
 * Returns 1; 0 where none came in `timeout` milliseconds (0: only what is
 * there already); -1 when the connection has ended (*status is set and the
 * complaint has been made).
 */
int admin_receive(struct admin *, int timeout, int *status);

/*
 * Decodes admin->packet as an answer that schema describes; an ADMIN_RESULT
 * in its place is a refusal.  TOOL_OK, or TOOL_NO and its sentence in *why,
 * which is valid as long as the packet is.
 */
int admin_decode(struct admin *, const struct message_schema *, void *answer,
    const char **why);

/* One request and its answer; complains of whatever goes wrong. */
int admin_ask(struct admin *, const struct message_schema *, const void *msg,
    const int *fds, unsigned nfds, const struct message_schema *answer_schema,
    void *answer, int timeout);

/* How many workers there are, from the parent. */
int admin_workers(struct admin *, uint32_t *workers);

/*
 * Takes the next row off a page: 1, 0 at the end, -1 where it is malformed.
 * buf is the caller's and must live as long as the row.
 */
struct row_buffer {
	uint8_t *data;
	size_t size;
};
int admin_row(struct admin_rows *, const struct message_schema *,
    struct row_buffer *, void *row);

#endif
