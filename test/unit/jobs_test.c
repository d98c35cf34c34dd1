/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * jobs_test: users take turns, and so do the keys of one; every thread works;
 * a key has no more threads than it may; every job comes back.
 */
#include <config.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/keeper/jobs.h"

enum {
	MOST = 6000,
	THREADS = 3,
};

struct work {
	struct job job;
	bool slow; /* waits until the gate is open */
};

static struct loop *loop;
static struct jobs *jobs;
static struct work works[MOST];
static size_t nworks, ndone, expected;
static unsigned threads;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static bool gate;
static const struct work *order[MOST]; /* in which they ran */
static size_t nrun;
static atomic_uint slow_running, slow_most;

static void
run(struct job *job)
{
	struct work *w = container_of(job, struct work, job);
	unsigned now;

	if (w->slow) {
		now = atomic_fetch_add(&slow_running, 1) + 1;
		if (now > slow_most)
			slow_most = now;
	}
	pthread_mutex_lock(&lock);
	while (w->slow && !gate)
		pthread_cond_wait(&opened, &lock);
	order[nrun++] = w;
	pthread_mutex_unlock(&lock);
	if (w->slow)
		atomic_fetch_sub(&slow_running, 1);
}

static void
done(struct job *job)
{
	if (++ndone == expected)
		loop_stop(loop);
}

static void
submit(uint32_t uid, uint8_t key, bool slow)
{
	struct work *w = &works[nworks++];

	memset(w, 0, sizeof(*w));
	w->job.uid = uid;
	w->job.key[0] = key;
	w->job.run = run;
	w->job.done = done;
	w->slow = slow;
	assert_int_equal(jobs_submit(jobs, &w->job), 0);
}

static void
open_gate(void)
{
	pthread_mutex_lock(&lock);
	gate = true;
	pthread_cond_broadcast(&opened);
	pthread_mutex_unlock(&lock);
}

static void
wait_for(size_t n)
{
	expected = n;
	if (ndone < n)
		assert_int_equal(loop_run(loop), 0);
}

static int
begin(unsigned n, unsigned per_key)
{
	threads = n;
	gate = false;
	nworks = ndone = nrun = 0;
	slow_running = slow_most = 0;
	if ((loop = loop_new()) == NULL ||
	    (jobs = jobs_new(loop, threads, per_key)) == NULL)
		return -1;
	return 0;
}

/* A key may have every thread, or all but one. */
static int
set_up(void **state)
{
	return begin(THREADS, THREADS);
}

static int
set_up_slow(void **state)
{
	return begin(THREADS, THREADS - 1);
}

/* What one thread takes is in the order that it has been done in; of several,
 * one may have to wait for a processor with a job in its hands. */
static int
set_up_alone(void **state)
{
	return begin(1, 1);
}

static int
tear_down(void **state)
{
	open_gate();
	jobs_free(jobs);
	assert_int_equal(ndone, nworks);
	loop_free(loop);
	return 0;
}

static void
all_come_back(void **state)
{
	for (unsigned i = 0; i < 200; i++)
		submit(i % 7, (uint8_t)(i % 5), false);
	wait_for(200);
	assert_int_equal(jobs_count(jobs), 0);
}

static void
a_slow_key_leaves_a_thread(void **state)
{
	/* Many jobs of a key that is stuck, of more than one user. */
	for (unsigned i = 0; i < 20; i++)
		submit(i % 2, 1, true);
	/* Others are served all the same: the same user's, with another key. */
	for (unsigned i = 0; i < 20; i++)
		submit(i % 2, 2, false);
	wait_for(20);
	for (size_t i = 0; i < 20; i++)
		assert_false(order[i]->slow);
	assert_true(slow_most <= 2);
	open_gate();
	wait_for(40);
	assert_true(slow_most <= 2);
}

static void
wait_until_slow(unsigned n)
{
	while (slow_running < n)
		usleep(1000);
}

static void
one_key_uses_every_thread(void **state)
{
	for (unsigned i = 0; i < THREADS; i++)
		submit(1, 1, true);
	/* Not one of them could end if one had to wait for another. */
	wait_until_slow(THREADS);
	open_gate();
	wait_for(THREADS);
}

/* Keeps every thread busy until the gate opens. */
static void
block(void)
{
	for (unsigned i = 0; i < threads; i++)
		submit(9, (uint8_t)(200 + i), true);
	wait_until_slow(threads);
}

/* The place of a user's n-th job among those that came after block(). */
static size_t
place_of(uint32_t uid, uint8_t key, size_t n)
{
	size_t place = 0;

	for (size_t i = 0; i < nrun; i++) {
		if (order[i]->job.uid == 9)
			continue;
		if (order[i]->job.uid == uid && order[i]->job.key[0] == key &&
		    n-- == 0)
			return place;
		place++;
	}
	fail_msg("it has not been run");
	return 0;
}

static void
users_take_turns(void **state)
{
	block();
	/* One has many keys, one has many jobs with one key, and one has two
	 * jobs and is the last to come. */
	for (unsigned i = 0; i < 100; i++)
		submit(1, (uint8_t)(20 + i % 50), false);
	for (unsigned i = 0; i < 100; i++)
		submit(2, 5, false);
	submit(3, 5, false);
	submit(3, 5, false);
	open_gate();
	wait_for(threads + 202);
	/* A round has three jobs. */
	assert_in_range(place_of(3, 5, 0), 0, 2);
	assert_in_range(place_of(3, 5, 1), 0, 5);
	/* And half of what is left is the second user's, all along. */
	for (size_t n = 0; n < 100; n += 9)
		assert_in_range(
		    place_of(2, 5, n), 2 * n > 3 ? 2 * n - 3 : 0, 2 * n + 3);
}

static void
keys_of_one_user_take_turns(void **state)
{
	block();
	for (unsigned i = 0; i < 100; i++)
		submit(1, 1, false);
	submit(1, 2, false);
	open_gate();
	wait_for(threads + 101);
	assert_in_range(place_of(1, 2, 0), 0, 1);
}

static void
submit_quick(uint32_t uid, uint8_t key)
{
	struct work *w = &works[nworks++];

	*w = (struct work){ .job = { .uid = uid,
				.key = { key },
				.quick = true,
				.run = run,
				.done = done } };
	assert_int_equal(jobs_submit(jobs, &w->job), 0);
}

/* No thread is woken for one job that is quick. */
static void
the_loop_helps(void **state)
{
	submit_quick(1, 1);
	usleep(50000);
	assert_int_equal(nrun, 0);
	jobs_help(jobs);
	assert_int_equal(ndone, 1);
	assert_int_equal(jobs_count(jobs), 0);
}

/* While every thread is stuck, and past what may not hold up the loop. */
static void
the_loop_does_what_is_quick(void **state)
{
	block();
	submit(1, 1, false);
	submit_quick(1, 2);
	submit_quick(2, 2);
	jobs_help(jobs);
	assert_int_equal(ndone, 2);
	assert_true(order[0]->job.quick && order[1]->job.quick);
	open_gate();
	wait_for(THREADS + 3);
}

static void
help(void *unused)
{
	jobs_help(jobs);
}

/* What comes at once is done by all of them, and nothing stays behind. */
static void
the_loop_and_threads_share(void **state)
{
	loop_each_round(loop, help, NULL);
	for (unsigned i = 0; i < MOST - 1; i++)
		submit_quick(i % 5, (uint8_t)(i % 3));
	wait_for(MOST - 1);
	assert_int_equal(nrun, MOST - 1);
}

/* As many keys as a crowd of handshakes of one user can bring. */
static void
many_keys_wait(void **state)
{
	block();
	for (unsigned i = 0; i < 5000; i++) {
		struct work *w = &works[nworks++];

		*w = (struct work){ .job = {
					.uid = 1, .run = run, .done = done } };
		memcpy(w->job.key, &i, sizeof(i));
		assert_int_equal(jobs_submit(jobs, &w->job), 0);
	}
	assert_int_equal(jobs_count(jobs), THREADS + 5000);
	open_gate();
	wait_for(THREADS + 5000);
	assert_int_equal(jobs_count(jobs), 0);
}

static void
what_waits_at_the_end_comes_back(void **state)
{
	for (unsigned i = 0; i < 10; i++)
		submit(1, 1, false);
	submit(1, 2, false);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_come_back),
		cmocka_unit_test_setup_teardown(
		    a_slow_key_leaves_a_thread, set_up_slow, tear_down),
		TEST(one_key_uses_every_thread),
		cmocka_unit_test_setup_teardown(
		    users_take_turns, set_up_alone, tear_down),
		cmocka_unit_test_setup_teardown(
		    keys_of_one_user_take_turns, set_up_alone, tear_down),
		TEST(the_loop_helps),
		TEST(the_loop_does_what_is_quick),
		TEST(the_loop_and_threads_share),
		TEST(many_keys_wait),
		TEST(what_waits_at_the_end_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
