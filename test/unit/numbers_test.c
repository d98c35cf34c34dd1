/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * numbers_test: what is in the table is found, and nothing else, however
 * many come and go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "daemon/sys/loop.h"
#include "daemon/sys/numbers.h"

enum { MANY = 5000 };

struct thing {
	int seen;
	struct numbered link;
};

static struct thing things[MANY];

static const struct {
	const char *what;
	uint64_t first, step;
} series[] = {
	{ "in a row", 1, 1 },
	{ "from zero", 0, 1 },
	{ "each a page from the next", 7, 4096 },
	{ "differing in their upper halves", 5, UINT64_C(1) << 32 },
	{ "differing in their upmost bits", 5, UINT64_C(1) << 51 },
	{ "from the last, down", UINT64_MAX, UINT64_MAX },
};

static uint64_t
number(size_t which, size_t i)
{
	return series[which].first + i * series[which].step;
}

static bool
there(const struct numbers *t, size_t which, size_t i)
{
	struct numbered *n = numbers_find(t, number(which, i));

	assert_true(n == NULL || n == &things[i].link);
	return n != NULL;
}

static void
fill(struct numbers *t, size_t which)
{
	for (size_t i = 0; i < MANY; i++) {
		assert_false(there(t, which, i));
		assert_int_equal(
		    numbers_add(t, &things[i].link, number(which, i)), 0);
		assert_true(there(t, which, i));
	}
	assert_int_equal(t->count, MANY);
}

static void
test_come_and_go(void **state)
{
	struct numbers t = { 0 };

	(void)state;
	for (size_t s = 0; s < sizeof(series) / sizeof(series[0]); s++) {
		fill(&t, s);
		for (size_t i = 0; i < MANY; i += 2)
			numbers_remove(&t, &things[i].link);
		for (size_t i = 0; i < MANY; i++)
			assert_int_equal(there(&t, s, i), i % 2);
		for (size_t i = 1; i < MANY; i += 2)
			numbers_remove(&t, &things[i].link);
		assert_int_equal(t.count, 0);
		assert_null(t.buckets);
	}
}

/* Each once; and those that are met can be removed. */
static void
test_all(void **state)
{
	struct numbers t = { 0 };
	struct numbered *n = NULL, *next;

	(void)state;
	assert_null(numbers_next(&t, NULL));
	assert_null(numbers_find(&t, 0));
	fill(&t, 0);
	while ((n = numbers_next(&t, n)) != NULL)
		container_of(n, struct thing, link)->seen++;
	for (n = numbers_next(&t, NULL); n != NULL; n = next) {
		next = numbers_next(&t, n);
		container_of(n, struct thing, link)->seen++;
		numbers_remove(&t, n);
	}
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(things[i].seen, 2);
	assert_null(t.buckets);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_come_and_go),
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
