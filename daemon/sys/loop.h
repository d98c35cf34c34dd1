/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * loop: waits for descriptors and deadlines and calls who asked.  One loop
 * belongs to one thread; only loop_wake() and, with care, loop_watch() may be
 * called from others.
 *
 * Libraries for this exist; none of them takes an epoll registration back
 * before the descriptor is closed, and here others hold copies of it.
 */
#ifndef TLSPOOL_SYS_LOOP_H
#define TLSPOOL_SYS_LOOP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

struct loop;

/* A descriptor being watched; embedded in what it belongs to.  Zeroed before
 * the first use. */
struct loop_watch {
	int fd;
	uint32_t events; /* EPOLLIN … that are registered */
	void (*ready)(struct loop_watch *, uint32_t events);
	struct loop *loop; /* NULL: not registered */
};

/* A deadline; embedded likewise, zeroed before the first use. */
struct loop_timer {
	uint64_t when; /* milliseconds, as loop_now() */
	void (*expired)(struct loop_timer *);
	size_t place; /* in the heap, from 1; 0: not set */
};

/* The container of an embedded member. */
#define container_of(pointer, type, member) \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* NULL and errno where there is no memory or no descriptor. */
struct loop *loop_new(void);
void loop_free(struct loop *);

/* Runs until loop_stop(), which may have come before; 0, or -1 and errno of
 * epoll_wait(2). */
int loop_run(struct loop *);
void loop_stop(struct loop *);

/* Milliseconds of CLOCK_BOOTTIME, read once a round. */
uint64_t loop_now(const struct loop *);
/* The same, read now; by any thread. */
uint64_t loop_clock(void);

/*
 * Watches watch->fd for events (level-triggered); 0, or -1 and errno of
 * epoll_ctl(2): EPERM, it cannot be polled.  EPOLLHUP and EPOLLERR are always
 * reported.  Another thread may call it where it knows that the watch is not
 * in use meanwhile: `ready` is called in the loop's thread, perhaps at once.
 */
int loop_watch(struct loop *, struct loop_watch *, uint32_t events);
/* Changes the events; does nothing where they are the same. */
void loop_watch_set(struct loop_watch *, uint32_t events);
/* To be called before the descriptor is closed.  Its callback is not called
 * any more, not even for events of this round.  Harmless when not watched. */
void loop_unwatch(struct loop_watch *);

/* Unwatches, and closes a descriptor of which there is no copy anywhere: then
 * the kernel takes the registration back by itself. */
void loop_close(struct loop_watch *);

/* Sets or moves a timer; 0, or -1 and ENOMEM. */
int loop_timer_set(struct loop *, struct loop_timer *, uint64_t when);
void loop_timer_cancel(struct loop *, struct loop_timer *);

/* Calls `call` once at the end of each round, before it waits again. */
void loop_each_round(struct loop *, void (*call)(void *), void *arg);

/* From any thread: `woken` of loop_on_wake() is called in the loop's. */
void loop_wake(struct loop *);
void loop_on_wake(struct loop *, void (*woken)(void *), void *arg);

#endif
