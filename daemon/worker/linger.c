/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * linger: a ciphertext descriptor after its session.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "daemon/worker/linger.h"

enum {
	MAX_LINGERING = 2000,		  /* of a thread; more are closed */
	MAX_DISCARDED = 16 * 1024 * 1024, /* bytes of a peer that talks on */
};

struct leftover {
	struct leftover *next, **prev;
	struct loop *loop;
	struct loop_watch watch;
	struct loop_timer timer;
	struct transport transport;
	size_t discarded;
};

static _Thread_local struct leftover *lingering;
static _Thread_local unsigned count;
static atomic_uint total, patience;

void
linger_configure(uint32_t ms)
{
	atomic_store(&patience, ms);
}

static void
end(struct leftover *l)
{
	*l->prev = l->next;
	if (l->next != NULL)
		l->next->prev = l->prev;
	loop_unwatch(&l->watch);
	loop_timer_cancel(l->loop, &l->timer);
	transport_close(&l->transport);
	free(l);
	count--;
	atomic_fetch_sub(&total, 1);
}

static void
expired(struct loop_timer *t)
{
	end(container_of(t, struct leftover, timer));
}

/* Writes, shuts, reads; false when there is no more to wait for. */
static bool
turn(struct leftover *l)
{
	struct transport *t = &l->transport;
	uint8_t waste[4096];
	ssize_t n;
	int r;

	transport_begin(t);
	while ((n = transport_pull(t, waste, sizeof(waste))) > 0)
		l->discarded += (size_t)n;
	r = transport_end(t);
	if (r != 0 || t->error != 0)
		return false;
	if (transport_waiting(t) == 0)
		transport_shut(t);
	return !(t->eof && t->shut) && l->discarded < MAX_DISCARDED;
}

static void
ready(struct loop_watch *w, uint32_t events)
{
	struct leftover *l = container_of(w, struct leftover, watch);
	uint32_t want;

	(void)events;
	if (!turn(l)) {
		end(l);
		return;
	}
	want = l->transport.eof ? 0 : EPOLLIN;
	if (!l->transport.shut)
		want |= EPOLLOUT;
	loop_watch_set(w, want);
}

void
linger_start(struct loop *loop, struct transport *t)
{
	uint32_t ms = atomic_load(&patience);
	struct leftover *l;

	if (count >= MAX_LINGERING || ms == 0 || t->error != 0 || t->fd == -1 ||
	    (l = calloc(1, sizeof(*l))) == NULL) {
		transport_close(t);
		return;
	}
	l->loop = loop;
	l->transport = *t;
	t->fd = -1;
	t->in = t->out = (struct bytes){ .data = NULL };
	l->watch.fd = l->transport.fd;
	l->watch.ready = ready;
	l->timer.expired = expired;
	l->next = lingering;
	l->prev = &lingering;
	if (l->next != NULL)
		l->next->prev = &l->next;
	lingering = l;
	count++;
	atomic_fetch_add(&total, 1);
	if (!turn(l) || loop_watch(loop, &l->watch, EPOLLIN | EPOLLOUT) != 0 ||
	    loop_timer_set(loop, &l->timer, loop_now(loop) + ms) != 0)
		end(l);
}

unsigned
linger_count(void)
{
	return atomic_load(&total);
}

void
linger_stop(void)
{
	while (lingering != NULL)
		end(lingering);
}
