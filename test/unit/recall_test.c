/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * recall_test: what the process tlspool-verifier remembers, what it forgets,
 * and whom it asks once.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ipc/app.h"
#include "daemon/ipc/authorize.h"
#include "daemon/ipc/credential.h"
#include "test/unit/verifier_play.h"

static void
trust_only(const struct holder *anchor)
{
	gnutls_datum_t pem = pem_make(&anchor, 1);

	play_write(play.anchors, pem.data, pem.size);
	gnutls_free(pem.data);
	play_configure();
}

static void
use_cache(bool yes)
{
	play.cache_size = yes ? 100 : 0;
	play_configure();
}

static void
ask_known(uint32_t port, uint32_t flags, int error)
{
	struct inquiry inquiry = play_known;
	struct verify_ans ans;

	inquiry.port = port;
	play.flags = flags;
	play_ask(&inquiry, port, &ans);
	play.flags = 0;
	assert_int_equal(ans.error, error);
	if (error != 0)
		return;
	assert_string_equal(ans.name, "www.example.com");
	assert_string_equal(ans.method, "pkix");
	assert_true(ans.until > (uint64_t)time(NULL));
}

/* What is found in the cache, and stored in it, by one question. */
static void
uses_the_cache(void **state)
{
	static const struct {
		uint32_t port, flags;
		unsigned found, stored;
	} steps[] = {
		{ 1, 0, 0, 1 },
		{ 1, 0, 1, 0 },
		{ 2, 0, 0, 1 },
		{ 1, APP_NO_CACHE_READ, 0, 1 },
		{ 1, APP_NO_CACHE_WRITE, 1, 0 },
		{ 1, APP_NO_CACHE_READ | APP_NO_CACHE_WRITE, 0, 0 },
		{ 3, APP_NO_CACHE_WRITE, 0, 0 },
		{ 3, 0, 0, 1 },
		{ 3, APP_REFUSE_USERS, 0, 1 },
		{ 3, APP_SKIP_AUTHORIZATION, 0, 1 },
		{ 3, 0, 1, 0 },
	};

	(void)state;
	(void)unlink(play.crl);
	trust_only(&play.root);
	use_cache(true);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		unsigned long found = play_counter("cache-found");
		unsigned long stored = play_counter("cache-stored");

		ask_known(steps[i].port, steps[i].flags, 0);
		if (play_counter("cache-found") != found + steps[i].found ||
		    play_counter("cache-stored") != stored + steps[i].stored)
			fail_msg("step %zu", i);
	}
	assert_int_equal(play_counter("cached"), 5);
}

/* The rows of a list, or of what was flushed. */
static unsigned
rows(const struct message_schema *schema, const char *pattern)
{
	/* the two have the same members */
	struct admin_cache_list ask_for = { .pattern = pattern };
	struct admin_cache_row row;
	struct admin_rows ans;
	struct blob item;
	uint8_t copy[4096];
	unsigned n = 0;

	play_administer(schema, &ask_for, &admin_rows_schema, &ans);
	assert_int_equal(ans.error, 0);
	assert_false(ans.more);
	for (; wire_list_next(&ans.rows, &item) == 1; n++) {
		assert_true(item.len < sizeof(copy));
		memcpy(copy, item.data, item.len);
		assert_int_equal(message_decode(&admin_cache_row_schema, copy,
				     item.len, &row),
		    0);
		assert_string_equal(row.name, "www.example.com");
		assert_string_equal(row.method, "pkix");
		assert_int_equal(row.role, APP_ROLE_SERVER);
		assert_int_equal(row.key.len, KEY_ID_SIZE);
	}
	return n;
}

static void
is_administered(void **state)
{
	struct admin_cache_list wrong = { .after = "nonsense" };
	struct admin_rows ans;

	(void)state;
	assert_int_equal(rows(&admin_cache_list_schema, NULL), 5);
	assert_int_equal(rows(&admin_cache_list_schema, "www.*"), 5);
	assert_int_equal(rows(&admin_cache_list_schema, "mail.*"), 0);
	play_administer(
	    &admin_cache_list_schema, &wrong, &admin_rows_schema, &ans);
	assert_int_equal(ans.error, EINVAL);
	assert_int_equal(rows(&admin_cache_flush_schema, "mail.*"), 0);
	assert_int_equal(play_counter("cached"), 5);
	assert_int_equal(rows(&admin_cache_flush_schema, "www.example.com"), 5);
	assert_int_equal(play_counter("cached"), 0);
	ask_known(1, 0, 0);
	assert_int_equal(rows(&admin_cache_flush_schema, NULL), 0);
	assert_int_equal(play_counter("cached"), 0);
	ask_known(1, 0, 0);
	assert_int_equal(play_counter("cached"), 1);
}

/* Another process finds what one that was killed has remembered. */
static void
survives_its_end(void **state)
{
	(void)state;
	ask_known(4, 0, 0);
	play_kill();
	play_start();
	ask_known(4, 0, 0);
	ask_known(1, 0, 0);
	assert_int_equal(play_counter("cache-found"), 2);
	assert_int_equal(play_counter("cache-broken"), 0);
}

/* At once, and also when it is as it was before. */
static void
heeds_changes(void **state)
{
	unsigned long found = play_counter("cache-found");

	(void)state;
	trust_only(&play.stranger);
	ask_known(1, 0, EKEYREJECTED);
	assert_int_equal(rows(&admin_cache_list_schema, "www.*.org"), 0);
	trust_only(&play.root);
	assert_int_equal(play_counter("cache-found"), found);
	ask_known(1, 0, 0);
	assert_int_equal(play_counter("cache-found"), found + 1);
	play.more = "[authorization]\nrules = /nowhere\n";
	play_configure();
	ask_known(1, 0, EPERM);
	play.more = "";
	play_configure();
	ask_known(1, 0, 0);
	assert_int_equal(play_counter("cache-found"), found + 2);
}

/* The same question at the same time is asked once. */
static void
joins_questions(void **state)
{
	unsigned long joined = play_counter("joined");
	struct verify_ans ans;
	bool seen[20] = { false };
	int sock;

	(void)state;
	play_use_plugin(true);
	sock = play_join_authorizer();
	for (uint32_t i = 10; i < 20; i++)
		play_send(&play_known, i);
	play.uid++; /* a plugin may see a difference */
	play_send(&play_known, 1);
	play.uid--;
	play.flags = APP_NO_CACHE_READ; /* wants one of its own */
	play_send(&play_known, 2);
	play.flags = APP_NO_CACHE_WRITE;
	play_send(&play_known, 3); /* has that one */
	play.flags = 0;
	play_plugin_says(sock, 1, 0, "");
	for (unsigned i = 0; i < 10; i++) {
		play_expect(play.worker, &verify_ans_schema, &ans);
		assert_int_equal(ans.error, 0);
		assert_in_range(play.packet.header.request, 10, 19);
		assert_false(seen[play.packet.header.request]);
		seen[play.packet.header.request] = true;
	}
	play.uid++;
	play_plugin_says(sock, 0, 0, "never");
	play.uid--;
	play_expect_verdict(1, EPERM, GNUTLS_A_ACCESS_DENIED, "never");
	play_plugin_says(sock, 1, 0, "");
	play_expect(play.worker, &verify_ans_schema, &ans);
	assert_int_equal(play.packet.header.request, 2);
	play_expect(play.worker, &verify_ans_schema, &ans);
	assert_int_equal(play.packet.header.request, 3);
	assert_int_equal(play_counter("joined"), joined + 10);
	/* All of that is remembered. */
	play_ask(&play_known, 4, &ans);
	assert_int_equal(ans.error, 0);
	play.uid++;
	play_ask(&play_known, 5, &ans);
	play.uid--;
	assert_int_equal(ans.error, EPERM);
	assert_string_equal(ans.reason,
	    "the plugin of authorization denies www.example.com: "
	    "never");
	close(sock);
	play_use_plugin(false);
}

/* A plugin that has died has said nothing about the peer. */
static void
forgets_failures(void **state)
{
	struct inquiry inquiry = play_known;
	struct authorize_req req;
	int sock;

	(void)state;
	inquiry.port = 77;
	play_use_plugin(true);
	sock = play_join_authorizer();
	play_send(&inquiry, 1);
	play_expect(sock, &authorize_req_schema, &req);
	close(sock);
	play_expect_verdict(1, EPERM, GNUTLS_A_INTERNAL_ERROR, "ended");
	sock = play_join_authorizer();
	play_send(&inquiry, 2);
	play_plugin_says(sock, 1, 0, "");
	play_expect_verdict(2, 0, 0, "");
	/* An order to forget is for what is under way, too. */
	inquiry.port = 78;
	play_send(&inquiry, 3);
	assert_int_equal(rows(&admin_cache_flush_schema, NULL), 0);
	play_plugin_says(sock, 1, 0, "");
	play_expect_verdict(3, 0, 0, "");
	assert_int_equal(play_counter("cached"), 0);
	/* And a lifetime is its end. */
	play_send(&inquiry, 4);
	play_plugin_says(sock, 1, 1, "");
	play_expect_verdict(4, 0, 0, "");
	sleep(2);
	play_send(&inquiry, 5);
	play_plugin_says(sock, 1, 0, "");
	play_expect_verdict(5, 0, 0, "");
	close(sock);
	play_use_plugin(false);
	use_cache(false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uses_the_cache),
		cmocka_unit_test(is_administered),
		cmocka_unit_test(survives_its_end),
		cmocka_unit_test(heeds_changes),
		cmocka_unit_test(joins_questions),
		cmocka_unit_test(forgets_failures),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, play_begin, play_end);
}
