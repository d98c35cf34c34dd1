/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dispatch: which worker serves a START, and which session is where.
 */
#ifndef TLSPOOL_FRONT_DISPATCH_H
#define TLSPOOL_FRONT_DISPATCH_H

#include "daemon/front/client.h"
#include "daemon/ipc/app.h"
#include "daemon/sys/role.h"

/* What happened since the start. */
struct front_counters {
	uint64_t started, refused;
};
extern struct front_counters front_counters;

int dispatch_init(void);

/*
 * A START: mints the grant and gives it, with the descriptors of the packet,
 * to a worker.  raw: the message as it came, before it was decoded.
 */
void dispatch_start(struct client *, uint32_t request, const struct start *,
    struct blob raw, struct packet *);

/* ANSWER and CANCEL go to the worker that has the session. */
void dispatch_answer(struct client *, uint32_t request, struct blob raw);
void dispatch_cancel(struct client *, uint32_t request);

/* The client's connection is gone. */
void dispatch_disconnect(struct client *);

/* What a worker says: a row of the table of edge_handlers. */
int dispatch_progress(struct edge *, struct packet *, void *msg);

/* A worker came, or went: its sessions are lost. */
void dispatch_worker_up(uint32_t worker);
void dispatch_worker_down(uint32_t worker);

/* From now on, every START is refused. */
void dispatch_drain(void);

/* Sessions that are in a worker now. */
unsigned dispatch_count(void);
void dispatch_forget(void);

#endif
