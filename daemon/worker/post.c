/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * post: the two mailboxes between the main thread and the relay thread.
 */
#include <pthread.h>
#include <stdlib.h>

#include "daemon/sys/role.h"
#include "daemon/worker/post.h"
#include "daemon/worker/session.h"

enum { PATIENCE = 2 }; /* ms */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* To the relay. */
static struct loop *relay_loop;
static struct session *to_relay;
static bool relay_woken; /* … and has not looked yet */
static bool order_end, order_stop;

/* To the main thread. */
static struct session *to_main, **to_main_last = &to_main;

void
post_open(struct loop *relay)
{
	relay_loop = relay;
}

void
post_session(struct session *s, bool (*watch)(struct session *))
{
	bool wake;

	(void)pthread_mutex_lock(&lock);
	wake = !watch(s) && !relay_woken;
	relay_woken = relay_woken || wake;
	s->post.next = to_relay;
	to_relay = s;
	(void)pthread_mutex_unlock(&lock);
	if (wake)
		loop_wake(relay_loop);
}

static void
order(bool *which)
{
	(void)pthread_mutex_lock(&lock);
	*which = true;
	(void)pthread_mutex_unlock(&lock);
	loop_wake(relay_loop);
}

void
post_order_end(void)
{
	order(&order_end);
}

void
post_order_stop(void)
{
	order(&order_stop);
}

struct session *
post_take_sessions(void)
{
	struct session *s;

	(void)pthread_mutex_lock(&lock);
	s = to_relay;
	to_relay = NULL;
	relay_woken = false;
	(void)pthread_mutex_unlock(&lock);
	return s;
}

void
post_take_orders(bool *end, bool *stop)
{
	(void)pthread_mutex_lock(&lock);
	*end = order_end;
	*stop = order_stop;
	order_end = order_stop = false;
	(void)pthread_mutex_unlock(&lock);
}

/* The main thread has not found it by itself. */
static void
remind(struct loop_timer *t)
{
	bool wake;

	(void)t;
	(void)pthread_mutex_lock(&lock);
	wake = to_main != NULL;
	(void)pthread_mutex_unlock(&lock);
	if (wake)
		loop_wake(role.loop);
}

/* Of the relay's loop. */
static struct loop_timer reminder = { .expired = remind };

void
post_over(struct session *s, enum app_close reason)
{
	bool first;

	(void)pthread_mutex_lock(&lock);
	first = to_main == NULL;
	s->post.reason = reason;
	s->post.next = NULL;
	*to_main_last = s;
	to_main_last = &s->post.next;
	(void)pthread_mutex_unlock(&lock);
	if (first && reminder.place == 0 &&
	    loop_timer_set(
		relay_loop, &reminder, loop_now(relay_loop) + PATIENCE) != 0)
		loop_wake(role.loop);
}

static struct session *
take_all(void)
{
	struct session *s;

	(void)pthread_mutex_lock(&lock);
	s = to_main;
	to_main = NULL;
	to_main_last = &to_main;
	(void)pthread_mutex_unlock(&lock);
	return s;
}

void
post_collect(void *unused)
{
	struct session *s, *next;

	(void)unused;
	for (s = take_all(); s != NULL; s = next) {
		next = s->post.next;
		session_over(s);
	}
}
