/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * steps_test: what is noted of a verdict, in which form, and how much.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/verifier/verdict.h"

/* Step number `at` of a verdict as a text; "" where there is none. */
static const char *
step(const struct verdict *v, size_t at, char text[STEPS_TEXT])
{
	struct blob list = steps_list(v->steps), item = { NULL, 0 };

	text[0] = '\0';
	for (size_t i = 0; wire_list_next(&list, &item) == 1; i++)
		if (i == at)
			snprintf(text, STEPS_TEXT, "%.*s", (int)item.len,
			    (const char *)item.data);
	return text;
}

static void
not_traced(void **state)
{
	struct verdict v = { .steps = NULL };
	struct steps_mark mark = steps_mark(v.steps);

	(void)state;
	verdict_step(&v, "pin: %s", "nobody wants to know");
	steps_rewind(v.steps, mark);
	assert_null(v.steps);
	assert_null(steps_list(v.steps).data);
}

static void
kept_in_order(void **state)
{
	struct verdict v = { .steps = steps_new() };
	struct steps_mark mark;
	char text[STEPS_TEXT];

	(void)state;
	assert_non_null(v.steps);
	assert_int_equal(wire_list_count(steps_list(v.steps)), 0);
	verdict_step(&v, "pin: no key of %s is pinned", "example.org");
	mark = steps_mark(v.steps);
	verdict_step(&v, "dane: asked in vain");
	verdict_step(&v, "dane: and again");
	assert_int_equal(wire_list_count(steps_list(v.steps)), 3);
	assert_string_equal(step(&v, 1, text), "dane: asked in vain");
	steps_rewind(v.steps, mark);
	verdict_step(&v, "dane: answered");
	assert_int_equal(wire_list_count(steps_list(v.steps)), 2);
	assert_string_equal(
	    step(&v, 0, text), "pin: no key of example.org is pinned");
	assert_string_equal(step(&v, 1, text), "dane: answered");
	steps_free(v.steps);
}

static void
only_ascii(void **state)
{
	struct verdict v = { .steps = steps_new() };
	char text[STEPS_TEXT];

	(void)state;
	verdict_step(&v, "pkix: %s", "CN=\033[2J\n\x7f\xc3\xa9 \"x\"");
	assert_string_equal(step(&v, 0, text), "pkix: CN=?[2J???? \"x\"");
	steps_free(v.steps);
}

static void
bounded_in_number(void **state)
{
	struct verdict v = { .steps = steps_new() };
	char text[STEPS_TEXT];

	(void)state;
	for (unsigned i = 0; i < 3 * STEPS_MAX; i++)
		verdict_step(&v, "pkix: %u", i);
	assert_int_equal(wire_list_count(steps_list(v.steps)), STEPS_MAX);
	assert_string_equal(step(&v, STEPS_MAX - 2, text), "pkix: 254");
	assert_int_equal(
	    strncmp(step(&v, STEPS_MAX - 1, text), "more: ", 6), 0);
	steps_free(v.steps);
}

static void
bounded_in_length(void **state)
{
	struct verdict v = { .steps = steps_new() };
	char text[STEPS_TEXT];
	size_t n;

	(void)state;
	for (unsigned i = 0; i < STEPS_MAX; i++)
		verdict_step(&v, "dane: %0*u", 2 * STEPS_TEXT, i);
	n = wire_list_count(steps_list(v.steps));
	assert_in_range(n, 20, STEPS_BYTES / STEPS_TEXT + 1);
	assert_in_range(steps_list(v.steps).len, STEPS_BYTES / 2, STEPS_BYTES);
	assert_int_equal(strlen(step(&v, 0, text)), STEPS_TEXT - 1);
	assert_int_equal(strncmp(step(&v, n - 1, text), "more: ", 6), 0);
	steps_free(v.steps);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_traced),
		cmocka_unit_test(kept_in_order),
		cmocka_unit_test(only_ascii),
		cmocka_unit_test(bounded_in_number),
		cmocka_unit_test(bounded_in_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
