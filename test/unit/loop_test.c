/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * Tests of the loop: order of timers, and callbacks that take away what is
 * still to be called.
 */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/sys/loop.h"

enum { TIMERS = 500 };

static struct loop *loop;

static int
setup(void **state)
{
	return (loop = loop_new()) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	loop_free(loop);
	return 0;
}

/*
 * Timers.
 */

struct alarm {
	struct loop_timer timer;
	unsigned fired;
};

static uint64_t last;
static unsigned left;

static void
in_order(struct loop_timer *timer)
{
	struct alarm *alarm = container_of(timer, struct alarm, timer);

	assert_true(timer->when >= last);
	assert_true(timer->when <= loop_now(loop));
	last = timer->when;
	alarm->fired++;
	if (--left == 0)
		loop_stop(loop);
}

static void
timers_fire_in_order(void **state)
{
	static struct alarm alarms[TIMERS];
	uint64_t now = loop_now(loop);

	memset(alarms, 0, sizeof(alarms));
	srandom(1);
	last = 0;
	left = 0;
	for (int i = 0; i < TIMERS; i++) {
		alarms[i].timer.expired = in_order;
		assert_int_equal(loop_timer_set(loop, &alarms[i].timer,
				     now + (uint64_t)random() % 40),
		    0);
	}
	/* Some are moved, some are taken back. */
	for (int i = 0; i < TIMERS; i += 3)
		assert_int_equal(loop_timer_set(loop, &alarms[i].timer,
				     now + (uint64_t)random() % 40),
		    0);
	for (int i = 0; i < TIMERS; i += 5) {
		loop_timer_cancel(loop, &alarms[i].timer);
		loop_timer_cancel(loop, &alarms[i].timer);
	}
	left = TIMERS - TIMERS / 5;
	assert_int_equal(loop_run(loop), 0);
	for (int i = 0; i < TIMERS; i++) {
		assert_int_equal(alarms[i].fired, i % 5 == 0 ? 0 : 1);
		assert_int_equal(alarms[i].timer.place, 0);
	}
}

static struct alarm again, end;

static void
set_again(struct loop_timer *timer)
{
	again.fired++;
	assert_int_equal(loop_timer_set(loop, timer, loop_now(loop)), 0);
}

static void
stop_loop(struct loop_timer *timer)
{
	loop_stop(loop);
}

/* A timer that is always due leaves the others their turn. */
static void
timer_does_not_starve(void **state)
{
	memset(&again, 0, sizeof(again));
	memset(&end, 0, sizeof(end));
	again.timer.expired = set_again;
	end.timer.expired = stop_loop;
	(void)loop_timer_set(loop, &again.timer, 0);
	(void)loop_timer_set(loop, &end.timer, loop_now(loop) + 20);
	assert_int_equal(loop_run(loop), 0);
	assert_true(again.fired > 1);
}

/*
 * Descriptors.
 */

struct peer {
	struct loop_watch watch;
	int other;
	unsigned called;
};

static struct peer *peers[3];
static bool by_closing;

static struct peer *
new_peer(void (*ready)(struct loop_watch *, uint32_t))
{
	struct peer *peer = calloc(1, sizeof(*peer));
	int sv[2];

	assert_non_null(peer);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv), 0);
	peer->watch.fd = sv[0];
	peer->watch.ready = ready;
	peer->other = sv[1];
	assert_int_equal(loop_watch(loop, &peer->watch, EPOLLIN), 0);
	return peer;
}

static void
free_peer(struct peer *peer)
{
	if (by_closing) {
		loop_close(&peer->watch);
		assert_int_equal(peer->watch.fd, -1);
		assert_null(peer->watch.loop);
	} else {
		loop_unwatch(&peer->watch);
		loop_unwatch(&peer->watch);
		(void)close(peer->watch.fd);
	}
	(void)close(peer->other);
	free(peer);
}

/* Whoever is called first frees all the others, and itself. */
static void
free_all(struct loop_watch *watch, uint32_t events)
{
	assert_true(events & EPOLLIN);
	for (int i = 0; i < 3; i++) {
		assert_non_null(peers[i]);
		free_peer(peers[i]);
		peers[i] = NULL;
	}
	loop_stop(loop);
}

static void
freed_watch_is_not_called(void **state)
{
	for (int i = 0; i < 3; i++) {
		peers[i] = new_peer(free_all);
		assert_int_equal(write(peers[i]->other, "x", 1), 1);
	}
	assert_int_equal(loop_run(loop), 0);
	assert_null(peers[0]);
}

static void
closed_watch_is_not_called(void **state)
{
	by_closing = true;
	freed_watch_is_not_called(state);
	by_closing = false;
}

static void
count_to_three(struct loop_watch *watch, uint32_t events)
{
	struct peer *peer = container_of(watch, struct peer, watch);

	if (++peer->called == 3)
		loop_watch_set(watch, 0);
}

/* Level-triggered, until the interest is gone; a copy of the descriptor does
 * not bring events back after loop_unwatch(). */
static void
interest(void **state)
{
	struct peer *peer = new_peer(count_to_three);
	int copy = dup(peer->watch.fd);

	assert_int_equal(write(peer->other, "x", 1), 1);
	memset(&end, 0, sizeof(end));
	end.timer.expired = stop_loop;
	(void)loop_timer_set(loop, &end.timer, loop_now(loop) + 20);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(peer->called, 3);

	loop_watch_set(&peer->watch, EPOLLIN);
	loop_unwatch(&peer->watch);
	(void)close(peer->watch.fd);
	(void)loop_timer_set(loop, &end.timer, loop_now(loop) + 20);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(peer->called, 3);
	peer->watch.fd = copy;
	free_peer(peer);
}

static void
regular_file_is_refused(void **state)
{
	struct loop_watch watch = { 0 };
	char path[] = "loop_test.XXXXXX";

	watch.fd = mkstemp(path);
	assert_true(watch.fd >= 0);
	(void)unlink(path);
	assert_int_equal(loop_watch(loop, &watch, EPOLLIN), -1);
	assert_int_equal(errno, EPERM);
	assert_null(watch.loop);
	loop_unwatch(&watch);
	(void)close(watch.fd);
}

/*
 * Waking, rounds, and the end.
 */

static unsigned rounds;

static void
count_round(void *arg)
{
	assert_ptr_equal(arg, &rounds);
	rounds++;
}

static void
woken(void *arg)
{
	assert_ptr_equal(arg, &left);
	loop_stop(loop);
}

static void *
wake_twice(void *arg)
{
	loop_wake(loop);
	loop_wake(loop);
	return NULL;
}

static void
woken_by_another_thread(void **state)
{
	pthread_t thread;

	rounds = 0;
	loop_each_round(loop, count_round, &rounds);
	loop_on_wake(loop, woken, &left);
	assert_int_equal(pthread_create(&thread, NULL, wake_twice, NULL), 0);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(rounds, 1);
	(void)pthread_join(thread, NULL);
}

static void
stopped_before_it_runs(void **state)
{
	loop_stop(loop);
	assert_int_equal(loop_run(loop), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    timers_fire_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    timer_does_not_starve, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    freed_watch_is_not_called, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    closed_watch_is_not_called, setup, teardown),
		cmocka_unit_test_setup_teardown(interest, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    regular_file_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    woken_by_another_thread, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    stopped_before_it_runs, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
