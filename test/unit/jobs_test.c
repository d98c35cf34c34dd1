/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * jobs_test: users take turns, a slow key leaves a thread to the others, and
 * every job comes back.
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

enum { MOST = 256 };

struct work {
	struct job job;
	bool slow; /* waits until the gate is open */
};

static struct loop *loop;
static struct jobs *jobs;
static struct work works[MOST];
static size_t nworks, ndone, expected;

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
set_up(void **state)
{
	gate = false;
	nworks = ndone = nrun = 0;
	slow_running = slow_most = 0;
	if ((loop = loop_new()) == NULL || (jobs = jobs_new(loop, 3)) == NULL)
		return -1;
	return 0;
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
users_take_turns(void **state)
{
	size_t seen = 0;

	/* All threads but one are stuck, and that one with one job. */
	submit(9, 8, true);
	submit(9, 9, true);
	submit(9, 10, true);
	while (slow_running < 3)
		usleep(1000);
	for (unsigned i = 0; i < 100; i++)
		submit(1, (uint8_t)(20 + i % 50), false);
	submit(2, 5, false);
	open_gate();
	wait_for(104);
	/* The second user did not wait for a hundred jobs of the first. */
	for (size_t i = 0; i < nrun; i++)
		if (order[i]->job.uid == 2)
			seen = i;
	assert_in_range(seen, 0, 20);
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
		TEST(a_slow_key_leaves_a_thread),
		TEST(users_take_turns),
		TEST(what_waits_at_the_end_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
