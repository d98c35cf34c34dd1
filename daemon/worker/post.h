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

/* To the relay thread. */
void post_session(struct session *);
void post_order_end(void);
void post_order_stop(void);
/* In the relay thread, when it has been woken. */
struct session *post_take_session(void);
void post_take_orders(bool *end, bool *stop);

/*
 * To the main thread.  text lives for ever (a literal, or GnuTLS's).
 * ended: the peer will send no more.  over: the relay is done with it.
 */
void post_ended(struct session *, enum app_close, const char *text);
void post_over(struct session *, enum app_close, const char *text);

/* In the main thread: calls for each thing that was posted, in order. */
void post_collect(void *unused);

#endif
