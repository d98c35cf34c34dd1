/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * fiber_test: fibers pause and go on, in any order, without touching each
 * other's stacks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/worker/fiber.h"

enum { FIBERS = 100, PAUSES = 5 };

struct work {
	uint8_t mark;
	int steps;
	bool spoilt;
};

static void
run(void *arg)
{
	struct work *w = arg;
	volatile uint8_t room[20000];

	for (size_t i = 0; i < sizeof(room); i++)
		room[i] = w->mark;
	for (int pause = 0; pause < PAUSES; pause++) {
		w->steps++;
		fiber_pause();
		for (size_t i = 0; i < sizeof(room); i++)
			if (room[i] != w->mark)
				w->spoilt = true;
	}
	w->steps++;
}

static void
no_pause(void *arg)
{
	*(int *)arg = 42;
}

static void
test_returns_at_once(void **state)
{
	bool failed;
	int value = 0;

	(void)state;
	assert_null(fiber_start(no_pause, &value, &failed));
	assert_false(failed);
	assert_int_equal(value, 42);
	fiber_free_stacks();
}

static void
test_many_in_turn(void **state)
{
	struct fiber *fibers[FIBERS];
	struct work work[FIBERS];
	bool failed;

	(void)state;
	for (int again = 0; again < 2; again++) {
		for (int i = 0; i < FIBERS; i++) {
			work[i] = (struct work){ .mark = (uint8_t)i };
			fibers[i] = fiber_start(run, &work[i], &failed);
			assert_false(failed);
			assert_non_null(fibers[i]);
		}
		for (int round = 0; round < PAUSES; round++)
			for (int i = FIBERS - 1; i >= 0; i--)
				fibers[i] = fiber_resume(fibers[i]);
		for (int i = 0; i < FIBERS; i++) {
			assert_null(fibers[i]);
			assert_int_equal(work[i].steps, PAUSES + 1);
			assert_false(work[i].spoilt);
		}
	}
	fiber_free_stacks();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_returns_at_once),
		cmocka_unit_test(test_many_in_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
