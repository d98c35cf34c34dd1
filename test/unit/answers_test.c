/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * answers_test: an answer is kept for the same question of the same caller,
 * and for no other one, and only for so long.
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
#include "daemon/ipc/grant.h"
#include "daemon/worker/answers.h"

/* Only counted here. */
struct credentials {
	unsigned held;
};

static struct credentials some;
static struct grant_keys keys;
static const uint8_t gids[] = { 0, 0, 0, 5, 0, 0, 0, 20 };
static const struct grant usual = { .session = 1,
	.uid = 1000,
	.gids = { gids, sizeof(gids) },
	.unit = "www.service",
	.role = APP_ROLE_SERVER,
	.name = "www.example",
	.flags = APP_NO_REMOTE_CERT,
	.signatures = 1,
	.until = 5000 };
static const struct credential_req www = { .name = "www.example",
	.fallback = "example" };

struct credentials *
credentials_hold(struct credentials *c)
{
	c->held++;
	return c;
}

void
credentials_unref(struct credentials *c)
{
	c->held--;
}

static int
set_up(void **state)
{
	static const uint8_t key[GRANT_KEY_SIZE] = { 1, 2, 3 };

	grant_keys_add(&keys, 1, key);
	return 0;
}

static int
tear_down(void **state)
{
	answers_forget();
	assert_int_equal(some.held, 0);
	return 0;
}

static struct credential_req
sealed(struct credential_req q, struct grant g)
{
	static uint8_t space[8][GRANT_MAX];
	static unsigned turn;
	uint8_t *buf = space[turn++ % 8];
	int len = grant_seal(&keys, &g, buf);

	assert_true(len > 0);
	q.grant = (struct blob){ buf, (size_t)len };
	return q;
}

static void
keep(struct credential_req q, struct grant g, uint64_t until)
{
	static const uint8_t key[TICKET_KEY_SIZE] = { 7 };
	const struct blob ticket_keys[2] = { { key, sizeof(key) },
		{ NULL, 0 } };

	q = sealed(q, g);
	answers_keep(&q, &some, "www.example", ticket_keys, until);
}

static const struct answer_kept *
find(struct credential_req q, struct grant g, uint64_t now)
{
	q = sealed(q, g);
	return answers_find(&q, now);
}

static void
the_same_question_finds_it(void **state)
{
	struct grant later = usual;
	const struct answer_kept *a;

	assert_null(find(www, usual, 0));
	keep(www, usual, 1000);
	assert_int_equal(some.held, 1);
	later.session = 2;
	later.until = 9000;
	later.signatures = 5;
	a = find(www, later, 999);
	assert_non_null(a);
	assert_ptr_equal(a->credentials, &some);
	assert_string_equal(a->name, "www.example");
	assert_int_equal(a->ticket_keys[0].len, TICKET_KEY_SIZE);
	assert_int_equal(a->ticket_keys[0].data[0], 7);
	assert_int_equal(a->ticket_keys[1].len, 0);
}

static void
its_time_ends(void **state)
{
	keep(www, usual, 1000);
	assert_null(find(www, usual, 1000));
	assert_int_equal(some.held, 0);
	keep(www, usual, 1000);
	keep(www, usual, 2000);
	assert_int_equal(some.held, 1);
	assert_non_null(find(www, usual, 1999));
	answers_forget();
	assert_null(find(www, usual, 1999));
}

static void
another_question_does_not(void **state)
{
	static const struct credential_req others[] = {
		{ .name = "www.exampl", .fallback = "example" },
		{ .name = NULL, .fallback = "example" },
		{ .name = "", .fallback = "example" },
		{ .name = "www.example", .fallback = NULL },
		{ .name = "www.example", .fallback = "" },
		{ .name = "www.exampleexample", .fallback = "" },
		{ .name = "www.example", .fallback = "example", .covered = 1 },
		{ .name = "www.example", .fallback = "example", .remote = "" },
	};

	keep(www, usual, 1000);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (find(others[i], usual, 0) != NULL)
			fail_msg("question %zu", i);
}

static void
another_caller_does_not(void **state)
{
	struct grant others[9];

	for (size_t i = 0; i < 9; i++)
		others[i] = usual;
	others[0].uid = 1001;
	others[1].gids.len -= 4;
	others[2].gids.len = 0;
	others[3].unit = "other.service";
	others[4].unit = NULL;
	others[5].role = APP_ROLE_CLIENT;
	others[6].name = NULL;
	others[7].flags = 0;
	others[8].disclose = true;
	keep(www, usual, 1000);
	for (size_t i = 0; i < 9; i++)
		if (find(www, others[i], 0) != NULL)
			fail_msg("caller %zu", i);
}

static void
a_grant_that_is_none_finds_nothing(void **state)
{
	static const uint8_t rubbish[GRANT_MAX + 1] = { 1, GRANT_MESSAGE };
	const struct blob none[2] = { { NULL, 0 }, { NULL, 0 } };
	struct credential_req q = www;

	keep(www, usual, 1000);
	for (size_t len = 0; len <= sizeof(rubbish); len++) {
		q.grant = (struct blob){ rubbish, len };
		assert_null(answers_find(&q, 0));
		answers_keep(&q, &some, "www.example", none, 1000);
	}
	assert_int_equal(some.held, 1);
}

/* The oldest make room. */
static void
there_is_a_limit(void **state)
{
	struct grant g = usual;

	for (unsigned i = 0; i < 3000; i++) {
		g.uid = i;
		keep(www, g, 1000);
	}
	assert_int_equal(some.held, 1024);
	assert_non_null(find(www, g, 0));
	g.uid = 3000 - 1024;
	assert_non_null(find(www, g, 0));
	g.uid--;
	assert_null(find(www, g, 0));
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_same_question_finds_it),
		TEST(its_time_ends),
		TEST(another_question_does_not),
		TEST(another_caller_does_not),
		TEST(a_grant_that_is_none_finds_nothing),
		TEST(there_is_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
