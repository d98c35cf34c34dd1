/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * post: the two mailboxes between the main thread and the relay thread.
 */
#ifndef TLSPOOL_WORKER_POST_H
#define TLSPOOL_WORKER_POST_H

#include <stdbool.h>

#include "daemon/ipc/app.h"
#include "daemon/sys/loop.h"

struct session;

void post_open(struct loop *relay);

/*
 * To the relay thread.  watch is called first, with the lock held, so that
 * what it registers with the relay's loop brings nobody to the session before
 * the rest is done: true, if the relay need not be woken for this one, but
 * will find it when an event does.
 */
void post_session(struct session *, bool (*watch)(struct session *));
void post_order_end(void);
void post_order_stop(void);
/* In the relay thread: all that were posted, linked by post.next. */
struct session *post_take_sessions(void);
void post_take_orders(bool *end, bool *stop);

/*
 * To the main thread: the relay is done with it.  Nobody waits for that but
 * who counts: so the main thread finds it when it does something else, or is
 * woken after some ms.
 */
void post_over(struct session *, enum app_close);

/* In the main thread: session_over() of each that was posted, in order. */
void post_collect(void *unused);

#endif
