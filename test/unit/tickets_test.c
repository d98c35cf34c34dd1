/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tickets_test: which sessions have their tickets in common, and for how long.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/ipc/app.h"
#include "daemon/keeper/tickets.h"

enum { HOUR = 3600 * 1000 };

static struct chain chains[] = { { .id = "one" }, { .id = "two" } };
static struct credential one = { .chain = &chains[0] },
			 two = { .chain = &chains[1] };
static struct credential *const only_one[] = { &one };
static struct credential *const only_two[] = { &two };
static struct credential *const all[] = { &one, &two };

static const struct ticket_use usual = {
	.uid = 1000,
	.flags = APP_NO_REMOTE_CERT,
	.identity = "mail.example",
	.sni = "mail.example",
	.credentials = only_one,
	.n = 1,
};

/* What makes it another use. */
static const struct {
	const char *what;
	struct ticket_use use;
} others[] = {
	{ "uid",
	    { 1001, NULL, 2, "mail.example", "mail.example", only_one, 1 } },
	{ "unit", { 1000, "a.service", 2, "mail.example", "mail.example",
		      only_one, 1 } },
	{ "flags",
	    { 1000, NULL, 1, "mail.example", "mail.example", only_one, 1 } },
	{ "identity",
	    { 1000, NULL, 2, "www.example", "mail.example", only_one, 1 } },
	{ "SNI",
	    { 1000, NULL, 2, "mail.example", "www.example", only_one, 1 } },
	{ "no SNI", { 1000, NULL, 2, "mail.example", NULL, only_one, 1 } },
	{ "empty SNI", { 1000, NULL, 2, "mail.example", "", only_one, 1 } },
	{ "key",
	    { 1000, NULL, 2, "mail.example", "mail.example", only_two, 1 } },
	{ "one key more",
	    { 1000, NULL, 2, "mail.example", "mail.example", all, 2 } },
	/* the same letters, cut in another way */
	{ "cut", { 1000, "mail.", 2, "example", "mail.example", only_one, 1 } },
};

enum { NOTHERS = sizeof(others) / sizeof(others[0]) };

struct keys {
	size_t n;
	uint8_t key[2][TICKET_KEY_SIZE];
};

static struct keys
derive(const struct tickets *t, const struct ticket_use *use)
{
	struct keys k = { .n = 0 };

	k.n = tickets_derive(t, use, k.key);
	return k;
}

static void
assert_differ(const char *what, const uint8_t *a, const uint8_t *b)
{
	if (memcmp(a, b, TICKET_KEY_SIZE) == 0)
		fail_msg("another %s, the same key", what);
}

static void
each_use_has_its_own(void **state)
{
	struct tickets *t = tickets_new();
	struct keys key[NOTHERS + 1], again;

	tickets_turn(t, 0, HOUR);
	key[NOTHERS] = derive(t, &usual);
	for (size_t i = 0; i < NOTHERS; i++) {
		key[i] = derive(t, &others[i].use);
		assert_int_equal(key[i].n, 1);
	}
	for (size_t i = 0; i < NOTHERS; i++)
		for (size_t j = i + 1; j <= NOTHERS; j++)
			assert_differ(
			    others[i].what, key[i].key[0], key[j].key[0]);
	again = derive(t, &usual);
	assert_memory_equal(again.key[0], key[NOTHERS].key[0], TICKET_KEY_SIZE);
	tickets_free(t);
}

static void
turn(void **state)
{
	struct tickets *t = tickets_new();
	struct keys first, now;

	assert_int_equal(derive(t, &usual).n, 0); /* not begun */
	tickets_turn(t, 5, HOUR);
	first = derive(t, &usual);
	assert_int_equal(first.n, 1);

	tickets_turn(t, 5 + HOUR - 1, HOUR);
	now = derive(t, &usual);
	assert_int_equal(now.n, 1);
	assert_memory_equal(now.key[0], first.key[0], TICKET_KEY_SIZE);

	tickets_turn(t, 5 + HOUR, HOUR);
	now = derive(t, &usual);
	assert_int_equal(now.n, 2);
	assert_differ("time", now.key[0], first.key[0]);
	assert_memory_equal(now.key[1], first.key[0], TICKET_KEY_SIZE);

	tickets_turn(t, 5 + 2 * HOUR, HOUR);
	first = now;
	now = derive(t, &usual);
	assert_int_equal(now.n, 2);
	assert_memory_equal(now.key[1], first.key[0], TICKET_KEY_SIZE);

	/* Nobody came for long: what there was is too old for everything. */
	tickets_turn(t, 5 + 9 * HOUR, HOUR);
	assert_int_equal(derive(t, &usual).n, 1);
	tickets_free(t);
}

static void
forget(void **state)
{
	struct tickets *t = tickets_new();
	struct keys first, now;

	tickets_turn(t, 0, HOUR);
	tickets_turn(t, HOUR, HOUR);
	first = derive(t, &usual);
	assert_int_equal(first.n, 2);
	tickets_forget(t);
	assert_int_equal(derive(t, &usual).n, 0);
	tickets_turn(t, HOUR, HOUR);
	now = derive(t, &usual);
	assert_int_equal(now.n, 1);
	assert_differ("keeper's memory", now.key[0], first.key[0]);
	assert_differ("keeper's memory", now.key[0], first.key[1]);
	tickets_free(t);
}

/* No key is better than one that says less than it should. */
static void
too_long(void **state)
{
	struct tickets *t = tickets_new();
	struct ticket_use use = usual;
	char name[5000];

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	use.sni = name;
	tickets_turn(t, 0, HOUR);
	assert_int_equal(derive(t, &use).n, 0);
	tickets_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_use_has_its_own),
		cmocka_unit_test(turn),
		cmocka_unit_test(forget),
		cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
