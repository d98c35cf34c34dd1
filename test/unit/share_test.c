/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * share_test: names below one domain share its places, and no others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/ipc/domain.h"
#include "daemon/verifier/share.h"

enum { MAX = 3 };

static void
shares_by_domain(void **state)
{
	static const struct {
		const char *name;
		bool taken;
	} steps[] = {
		{ "a.example.com.", true },
		{ "_443._tcp.a.example.com", true },
		{ "example.com.", true },
		{ "b.example.com.", false },
		{ "a.example.org.", true },
		{ "ample.com.", true }, /* ends like it, and is another */
		{ "com.", true },
		{ ".", true },
		{ "", true },
		{ "example.com", false },
	};
	enum { STEPS = sizeof(steps) / sizeof(steps[0]) };
	struct share *shares = NULL, *taken[STEPS], *late;

	(void)state;
	for (size_t i = 0; i < STEPS; i++) {
		print_message("%s\n", steps[i].name);
		taken[i] = share_take(&shares, steps[i].name, MAX);
		assert_int_equal(taken[i] != NULL, steps[i].taken);
	}
	/* Whichever of the names goes makes room. */
	share_give(&shares, taken[2]);
	late = share_take(&shares, "c.example.com.", MAX);
	assert_non_null(late);
	assert_null(share_take(&shares, "d.example.com.", MAX));
	taken[2] = late;
	for (size_t i = 0; i < STEPS; i++)
		share_give(&shares, taken[i]);
	assert_null(shares);
}

static void
is_bounded(void **state)
{
	char name[DOMAIN_SIZE + 8];
	struct share *shares = NULL;

	(void)state;
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_null(share_take(&shares, name, MAX));
	name[1] = '.';
	assert_null(share_take(&shares, name, MAX));
	share_give(&shares, NULL);
	assert_null(shares);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_by_domain),
		cmocka_unit_test(is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
