/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * loop: epoll, a binary heap of timers, and an eventfd to be woken by.
 */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/sys/loop.h"

enum {
	BATCH = 64, /* events taken from the kernel at once */
};

struct loop {
	int epoll;
	bool stopped;
	uint64_t now;

	/* What epoll_wait() returned; [next, count) is still to be called. */
	struct epoll_event batch[BATCH];
	int next, count;

	struct loop_timer **heap; /* heap[1] is the earliest */
	size_t ntimers, room;

	void (*each_round)(void *);
	void *each_round_arg;

	struct loop_watch wake;
	void (*woken)(void *);
	void *woken_arg;
};

uint64_t
loop_clock(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void
wake_ready(struct loop_watch *watch, uint32_t events)
{
	struct loop *loop = container_of(watch, struct loop, wake);
	uint64_t times;

	/* Emptied before the call: a wake during the call is not lost. */
	(void)!read(watch->fd, &times, sizeof(times));
	if (loop->woken != NULL)
		loop->woken(loop->woken_arg);
}

struct loop *
loop_new(void)
{
	struct loop *loop;

	if ((loop = calloc(1, sizeof(*loop))) == NULL)
		return NULL;
	loop->now = loop_clock();
	loop->wake.ready = wake_ready;
	loop->wake.fd = -1;
	if ((loop->epoll = epoll_create1(EPOLL_CLOEXEC)) == -1)
		goto err;
	loop->wake.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->wake.fd == -1)
		goto err;
	if (loop_watch(loop, &loop->wake, EPOLLIN) != 0)
		goto err;
	return loop;

err:
	loop_free(loop);
	return NULL;
}

void
loop_free(struct loop *loop)
{
	int saved = errno;

	if (loop == NULL)
		return;
	if (loop->wake.fd != -1)
		(void)close(loop->wake.fd);
	if (loop->epoll != -1)
		(void)close(loop->epoll);
	free(loop->heap);
	free(loop);
	errno = saved;
}

uint64_t
loop_now(const struct loop *loop)
{
	return loop->now;
}

void
loop_stop(struct loop *loop)
{
	loop->stopped = true;
}

/*
 * Descriptors.
 */

int
loop_watch(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = watch };

	/* First, for the loop's thread may be called before this returns. */
	watch->events = events;
	watch->loop = loop;
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &ev) != 0) {
		watch->events = 0;
		watch->loop = NULL;
		return -1;
	}
	return 0;
}

void
loop_watch_set(struct loop_watch *watch, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = watch };

	if (watch->loop == NULL || watch->events == events)
		return;
	if (epoll_ctl(watch->loop->epoll, EPOLL_CTL_MOD, watch->fd, &ev) == 0)
		watch->events = events;
}

/* Its callback is not called any more, not even for what is in the batch. */
static void
forget(struct loop_watch *watch)
{
	struct loop *loop = watch->loop;

	for (int i = loop->next; i < loop->count; i++)
		if (loop->batch[i].data.ptr == watch)
			loop->batch[i].data.ptr = NULL;
	watch->loop = NULL;
	watch->events = 0;
}

void
loop_unwatch(struct loop_watch *watch)
{
	if (watch->loop == NULL)
		return;
	/*
	 * Closing would not do: the registration belongs to the open file,
	 * and others may hold copies of the descriptor.
	 */
	(void)epoll_ctl(watch->loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
	forget(watch);
}

void
loop_close(struct loop_watch *watch)
{
	if (watch->loop != NULL)
		forget(watch);
	(void)close(watch->fd);
	watch->fd = -1;
}

/*
 * Timers: a heap in an array from index 1 on, the children of i at 2i and
 * 2i + 1; each timer knows its place.
 */

static void
heap_put(struct loop *loop, size_t place, struct loop_timer *timer)
{
	loop->heap[place] = timer;
	timer->place = place;
}

static void
heap_rise(struct loop *loop, struct loop_timer *timer)
{
	size_t i = timer->place;

	while (i > 1 && loop->heap[i / 2]->when > timer->when) {
		heap_put(loop, i, loop->heap[i / 2]);
		i /= 2;
	}
	heap_put(loop, i, timer);
}

static void
heap_sink(struct loop *loop, struct loop_timer *timer)
{
	size_t i = timer->place, child;

	while ((child = 2 * i) <= loop->ntimers) {
		if (child < loop->ntimers &&
		    loop->heap[child + 1]->when < loop->heap[child]->when)
			child++;
		if (loop->heap[child]->when >= timer->when)
			break;
		heap_put(loop, i, loop->heap[child]);
		i = child;
	}
	heap_put(loop, i, timer);
}

static int
heap_grow(struct loop *loop)
{
	size_t room = loop->room == 0 ? 64 : 2 * loop->room;
	struct loop_timer **heap;

	heap = reallocarray(loop->heap, room, sizeof(*heap));
	if (heap == NULL)
		return -1;
	loop->heap = heap;
	loop->room = room;
	return 0;
}

int
loop_timer_set(struct loop *loop, struct loop_timer *timer, uint64_t when)
{
	if (timer->place == 0) {
		if (loop->ntimers + 1 >= loop->room && heap_grow(loop) != 0)
			return -1;
		heap_put(loop, ++loop->ntimers, timer);
	}
	timer->when = when;
	heap_rise(loop, timer);
	heap_sink(loop, timer);
	return 0;
}

void
loop_timer_cancel(struct loop *loop, struct loop_timer *timer)
{
	struct loop_timer *last;

	if (timer->place == 0)
		return;
	last = loop->heap[loop->ntimers--];
	if (last != timer) {
		heap_put(loop, timer->place, last);
		heap_rise(loop, last);
		heap_sink(loop, last);
	}
	timer->place = 0;
}

/* Calls whose time has come; one that sets itself again waits its turn. */
static void
run_timers(struct loop *loop)
{
	size_t most = loop->ntimers;
	struct loop_timer *timer;

	while (most-- > 0 && loop->ntimers > 0 && !loop->stopped &&
	       (timer = loop->heap[1])->when <= loop->now) {
		loop_timer_cancel(loop, timer);
		timer->expired(timer);
	}
}

static int
timeout(const struct loop *loop)
{
	uint64_t now, when;

	if (loop->ntimers == 0)
		return -1;
	when = loop->heap[1]->when;
	now = loop_clock();
	if (when <= now)
		return 0;
	return when - now > INT_MAX ? INT_MAX : (int)(when - now);
}

/*
 * Rounds.
 */

static void
run_events(struct loop *loop)
{
	struct loop_watch *watch;
	uint32_t events;

	while (loop->next < loop->count && !loop->stopped) {
		events = loop->batch[loop->next].events;
		watch = loop->batch[loop->next++].data.ptr;
		if (watch != NULL)
			watch->ready(watch, events);
	}
	loop->next = loop->count = 0;
}

int
loop_run(struct loop *loop)
{
	int n;

	while (!loop->stopped) {
		n = epoll_wait(loop->epoll, loop->batch, BATCH, timeout(loop));
		if (n == -1 && errno != EINTR)
			return -1;
		loop->next = 0;
		loop->count = n == -1 ? 0 : n;
		loop->now = loop_clock();
		run_timers(loop);
		run_events(loop);
		if (loop->each_round != NULL)
			loop->each_round(loop->each_round_arg);
	}
	loop->stopped = false;
	return 0;
}

void
loop_each_round(struct loop *loop, void (*call)(void *), void *arg)
{
	loop->each_round = call;
	loop->each_round_arg = arg;
}

void
loop_wake(struct loop *loop)
{
	const uint64_t one = 1;

	/* EAGAIN: the counter is full, so the loop wakes anyway. */
	(void)!write(loop->wake.fd, &one, sizeof(one));
}

void
loop_on_wake(struct loop *loop, void (*woken)(void *), void *arg)
{
	loop->woken = woken;
	loop->woken_arg = arg;
}
