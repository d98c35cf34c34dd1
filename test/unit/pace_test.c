/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * pace_test: after a pause the first records are small, and all others as
 * large as they can be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/worker/pace.h"

enum { START = 1000 * 1000, MUCH = 128 * 1024 };

static void
small_after_a_pause(void **state)
{
	struct pace p = { .small = 0 };
	size_t sum = 0;

	(void)state;
	pace_begin(&p, START);
	for (int i = 0; i < 10; i++)
		sum += pace_record(&p, MUCH);
	assert_int_equal(sum, 13800);
	assert_int_equal(pace_record(&p, MUCH), MUCH);
	pace_begin(&p, START + 999);
	assert_int_equal(pace_record(&p, MUCH), MUCH);
	pace_begin(&p, START + 999 + 1000);
	assert_int_equal(pace_record(&p, MUCH), 1380);
}

/* Bytes are counted, and not records. */
static void
small_pieces(void **state)
{
	struct pace p = { .small = 0 };

	(void)state;
	pace_begin(&p, START);
	for (int i = 0; i < 138; i++)
		assert_int_equal(pace_record(&p, 100), 100);
	assert_int_equal(pace_record(&p, MUCH), MUCH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_after_a_pause),
		cmocka_unit_test(small_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
