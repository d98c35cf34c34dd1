/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * credential_test: who is given which identity by the real keeper, and what
 * happens when the files of one change.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ipc/app.h"
#include "daemon/ipc/voucher.h"
#include "test/unit/keeper_ask.h"

enum {
	CLIENT = APP_ROLE_CLIENT,
	SERVER = APP_ROLE_SERVER,
};

static const char acl[] = "deny  any    denied.example anyone\n"
			  "allow server *.example       user=1000\n"
			  "allow client *@mail.example  group=20\n"
			  "allow any    all.kinds.test  user=1000\n"
			  "allow server *.kinds.test    user=1000\n";

static const char disclosure[] = "imap.test   anna@mail.example\n"
				 "denied.test berta@mail.example user=7\n"
				 "gone.test   nobody@mail.example\n";

static int
set_up(void **state)
{
	play_prepare(&play);
	play_start(&play, acl, disclosure);
	return 0;
}

static int
tear_down(void **state)
{
	play_stop(&play);
	play_clean(&play);
	return 0;
}

static const struct {
	uint8_t role;
	const char *granted; /* the one name of the grant */
	struct credential_req req;
	uint32_t error;
	const char *name;
	size_t n;
	const char *reason;
} questions[] = {
	/* the name itself, in any case; exactly, then *.parent */
	{ SERVER, NULL, { .name = "WWW.example" }, 0, "www.example", 1, NULL },
	{ SERVER, NULL, { .name = "x.wild.example" }, 0, "x.wild.example", 1,
	    NULL },
	{ SERVER, NULL, { .name = "exact.wild.example" }, 0,
	    "exact.wild.example", 2, NULL },
	{ SERVER, NULL, { .name = "a.b.wild.example" }, ENOKEY, NULL, 0,
	    "there is no identity a.b.wild.example" },
	{ SERVER, NULL, { .name = "none.example" }, ENOKEY, NULL, 0,
	    "there is no identity none.example" },
	{ SERVER, NULL, { .name = "..bad" }, ENOKEY, NULL, 0,
	    "has an empty label" },
	{ SERVER, NULL, { .name = NULL }, ENOKEY, NULL, 0, "neither" },
	/* the ACL, whether there is such an identity or not */
	{ SERVER, NULL, { .name = "denied.example" }, EACCES, NULL, 0,
	    "line 1 of the ACL" },
	{ SERVER, NULL, { .name = "elsewhere.test" }, EACCES, NULL, 0,
	    "no rule matches" },
	{ CLIENT, NULL, { .name = "www.example" }, EACCES, NULL, 0,
	    "no rule matches" },
	{ CLIENT, NULL, { .name = "anna@mail.example" }, 0, "anna@mail.example",
	    1, NULL },
	/* the fallback */
	{ SERVER, NULL, { .name = "none.example", .fallback = "www.example" },
	    0, "www.example", 1, NULL },
	{ SERVER, NULL, { .name = "denied.example", .fallback = "www.example" },
	    0, "www.example", 1, NULL },
	{ SERVER, NULL, { .fallback = "www.example" }, 0, "www.example", 1,
	    NULL },
	{ SERVER, NULL,
	    { .name = "none.example", .fallback = "denied.example" }, EACCES,
	    NULL, 0, "denied.example" },
	/* a grant for one name */
	{ SERVER, "www.EXAMPLE", { .name = "www.example" }, 0, "www.example", 1,
	    NULL },
	{ SERVER, "www.example", { .name = "exact.wild.example" }, EACCES, NULL,
	    0, "asked for www.example" },
	{ SERVER, "www.example",
	    { .name = "exact.wild.example", .fallback = "exact.wild.example" },
	    EACCES, NULL, 0, "asked for www.example" },
	/* covered */
	{ SERVER, "*.wild.example",
	    { .name = "y.wild.example",
		.fallback = "*.wild.example",
		.covered = true },
	    0, "*.wild.example", 1, NULL },
	{ SERVER, "www.example",
	    { .name = "other.example",
		.fallback = "www.example",
		.covered = true },
	    EACCES, NULL, 0, "covers the name other.example" },
	{ SERVER, "odd.example",
	    { .name = "odd.example",
		.fallback = "odd.example",
		.covered = true },
	    0, "odd.example", 1, NULL },
	{ SERVER, "www.example", { .fallback = "www.example", .covered = true },
	    0, "www.example", 1, NULL },
	{ SERVER, "www.example",
	    { .name = "exact.wild.example",
		.fallback = "exact.wild.example",
		.covered = true },
	    EACCES, NULL, 0, "asked for www.example" },
};

static void
credentials_are_given_by_rule(void **state)
{
	add_simple_identity("www.example", "www.example");
	add_simple_identity("*.wild.example", "*.wild.example");
	add_simple_identity("exact.wild.example", "exact.wild.example");
	add_simple_identity("exact.wild.example", "*.wild.example");
	add_simple_identity("anna@mail.example", "anna@mail.example");
	add_simple_identity("denied.example", "denied.example");
	add_simple_identity("odd.example", "even.example");
	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		struct credential_req req = questions[i].req;
		struct grant g = usual_grant();
		struct credential_ans ans;

		g.role = questions[i].role;
		g.name = questions[i].granted;
		req.grant = play_seal(&play, &g);
		ans = ask_credential(req);
		if (ans.error != questions[i].error)
			fail_msg("row %zu: error %u (%s)", i, ans.error,
			    ans.reason != NULL ? ans.reason : "-");
		if (ans.error != 0) {
			if (strstr(ans.reason, questions[i].reason) == NULL)
				fail_msg("row %zu: %s", i, ans.reason);
			continue;
		}
		assert_string_equal(ans.name, questions[i].name);
		assert_int_equal(
		    wire_list_count(ans.credentials), questions[i].n);
	}
}

static void
disclosure_chooses(void **state)
{
	static const struct {
		uint32_t uid;
		const char *remote;
		bool disclose;
		uint32_t error;
		const char *name;
	} rows[] = {
		{ ASK_UID, "imap.test", true, 0, "anna@mail.example" },
		{ ASK_UID, "IMAP.test", true, 0, "anna@mail.example" },
		{ ASK_UID, "other.test", true, 0, "" },
		{ ASK_UID, NULL, true, 0, "" },
		{ ASK_UID, "denied.test", true, 0, "" },
		{ ASK_UID, "gone.test", true, ENOKEY, NULL },
		{ ASK_UID, "imap.test", false, ENOKEY, NULL },
	};

	add_simple_identity("anna@mail.example", "anna@mail.example");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct credential_req req = { .remote = rows[i].remote };
		struct grant g = usual_grant();
		struct credential_ans ans;

		g.role = CLIENT;
		g.uid = rows[i].uid;
		g.disclose = rows[i].disclose;
		req.grant = play_seal(&play, &g);
		ans = ask_credential(req);
		assert_int_equal(ans.error, rows[i].error);
		if (rows[i].name == NULL)
			continue;
		assert_string_equal(ans.name, rows[i].name);
		assert_int_equal(
		    wire_list_count(ans.credentials), rows[i].name[0] != '\0');
	}
}

static void
expired_identities_say_so(void **state)
{
	struct credential_req req = { .name = "short.example" };
	struct grant g = usual_grant();
	struct credential_ans ans;
	struct paper p;

	p = add_identity("short.example",
	    &(struct paper_wish){ .name = "short.example", .until = 2 });
	req.grant = play_seal(&play, &g);
	assert_int_equal(ask_credential(req).error, 0);
	sleep(3);
	ans = ask_credential(req);
	assert_int_equal(ans.error, EKEYEXPIRED);
	assert_non_null(strstr(ans.reason, "expired on"));
	paper_free(&p);
}

static void
other_grants_are_refused_for_credentials(void **state)
{
	struct credential_req req = { .name = "www.example" };
	struct grant g = usual_grant();
	uint8_t bytes[100] = { 1 };

	add_simple_identity("www.example", "www.example");
	g.worker = 1;
	req.grant = play_seal(&play, &g);
	assert_int_equal(ask_credential(req).error, EACCES);
	req.grant = (struct blob){ bytes, sizeof(bytes) };
	assert_int_equal(ask_credential(req).error, EACCES);
	req.grant = (struct blob){ bytes, 0 };
	assert_int_equal(ask_credential(req).error, EACCES);
	/* None of that made the worker one who cannot be trusted. */
	assert_true(play_open(play.workers[0]));
}

/* For a second at most, and to servers only. */
static void
answers_say_how_long_they_stand(void **state)
{
	struct credential_req www = { .name = "www.example" };
	struct credential_req anna = { .name = "anna@mail.example" };
	struct credential_req none = { .name = "none.example" };
	struct grant g = usual_grant(), client = usual_grant();
	struct credential_ans ans;

	add_simple_identity("www.example", "www.example");
	add_simple_identity("anna@mail.example", "anna@mail.example");
	www.grant = none.grant = play_seal(&play, &g);
	ans = ask_credential(www);
	assert_in_range(ans.keep, 1, 1000);
	usleep(1000 * (ans.keep + 50));
	assert_in_range(ask_credential(www).keep, 900, 1000);
	ans = ask_credential(none);
	assert_int_equal(ans.error, ENOKEY);
	assert_int_equal(ans.keep, 0);
	client.role = CLIENT;
	anna.grant = play_seal(&play, &client);
	ans = ask_credential(anna);
	assert_int_equal(ans.error, 0);
	assert_int_equal(ans.keep, 0);
}

/* Before the administrator hears that it is done. */
static void
workers_forget_what_has_changed(void **state)
{
	struct admin_id_remove removal = { .name = "www.example" };
	struct admin_result done;
	unsigned n = 0;

	assert_int_equal(play_forgotten(&play, 0), 0);
	add_simple_identity("www.example", "www.example");
	assert_true(play_forgotten(&play, 0) > 0);
	assert_true(play_forgotten(&play, 1) > 0);
	play_admin(&play, &admin_id_remove_schema, &removal, NULL, 0,
	    &admin_result_schema, &done);
	assert_int_equal(done.error, 0);
	assert_true(play_forgotten(&play, 0) > 0);
	play_reload(&play, acl, disclosure);
	for (int i = 0; i < 500 && n == 0; i++) {
		usleep(10000);
		n = play_forgotten(&play, 0);
	}
	assert_true(n > 0);
}

static struct blob
key_of(const char *name, uint8_t *id)
{
	struct credential_req req = { .name = name };
	struct grant g = usual_grant();
	struct credential_row row;

	req.grant = play_seal(&play, &g);
	row = first_row(ask_credential(req));
	memcpy(id, row.key.data, KEY_ID_SIZE);
	return (struct blob){ id, KEY_ID_SIZE };
}

static void
renewed_files_are_taken_up(void **state)
{
	const char *cert = play_path(&play, "live.crt");
	const char *key = play_path(&play, "live.key");
	struct paper_wish wish = { .name = "live.example" };
	struct paper one = paper_make(&wish), two = paper_make(&wish);
	const struct paper *chain1[] = { &one }, *chain2[] = { &two };
	struct admin_id_add msg = { .name = "live.example", .cert = cert };
	uint8_t id1[KEY_ID_SIZE], id2[KEY_ID_SIZE], now[KEY_ID_SIZE];
	size_t size = KEY_ID_SIZE;
	struct admin_result ans;
	char ref[300];
	int fd;

	paper_write_chain(chain1, 1, cert);
	paper_write_key(&one, key);
	snprintf(ref, sizeof(ref), "file:%s", key);
	msg.key = ref;
	fd = open(cert, O_RDONLY);
	play_admin(&play, &admin_id_add_schema, &msg, &fd, 1,
	    &admin_result_schema, &ans);
	assert_int_equal(ans.error, 0);
	close(fd);
	gnutls_x509_crt_get_key_id(
	    one.crt, GNUTLS_KEYID_USE_SHA256, id1, &size);
	gnutls_x509_crt_get_key_id(
	    two.crt, GNUTLS_KEYID_USE_SHA256, id2, &size);
	key_of("live.example", now);
	assert_memory_equal(now, id1, KEY_ID_SIZE);
	/* Halfway through: the old pair goes on. */
	paper_write_chain(chain2, 1, cert);
	usleep(1100000);
	key_of("live.example", now);
	assert_memory_equal(now, id1, KEY_ID_SIZE);
	unlink(key);
	usleep(1100000);
	key_of("live.example", now);
	assert_memory_equal(now, id1, KEY_ID_SIZE);
	/* Done: the new pair serves. */
	paper_write_key(&two, key);
	usleep(1100000);
	key_of("live.example", now);
	assert_memory_equal(now, id2, KEY_ID_SIZE);
	paper_free(&one);
	paper_free(&two);
}

/* Where a certificate names a responder, and only to servers, the keeper
 * states whose it is. */
static void
vouchers_are_given(void **state)
{
	static const struct {
		const char *name;
		uint8_t role;
		bool given;
	} rows[] = {
		{ "all.kinds.test", SERVER, true },
		{ "all.kinds.test", CLIENT, false },
		{ "plain.kinds.test", SERVER, false },
	};
	struct paper p[] = {
		add_identity("all.kinds.test",
		    &(struct paper_wish){ .name = "all.kinds.test",
			.responder = "http://ocsp.test/" }),
		add_identity("plain.kinds.test",
		    &(struct paper_wish){ .name = "plain.kinds.test" }),
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct credential_req req = { .name = rows[i].name };
		struct grant g = usual_grant();
		struct credential_ans ans;
		uint8_t id[CHAIN_ID_SIZE];

		g.role = rows[i].role;
		req.grant = play_seal(&play, &g);
		ans = ask_credential(req);
		assert_int_equal(ans.error, 0);
		assert_int_equal(ans.voucher.len > 0, rows[i].given);
		if (!rows[i].given)
			continue;
		assert_int_equal(chain_id(first_row(ans).chain, id), 0);
		assert_int_equal(
		    voucher_check(&play.keys, ans.voucher, play_now(), id), 0);
		id[0] ^= 1;
		assert_int_equal(
		    voucher_check(&play.keys, ans.voucher, play_now(), id), -1);
	}
	paper_free(&p[0]);
	paper_free(&p[1]);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(credentials_are_given_by_rule),
		TEST(disclosure_chooses),
		TEST(expired_identities_say_so),
		TEST(other_grants_are_refused_for_credentials),
		TEST(answers_say_how_long_they_stand),
		TEST(workers_forget_what_has_changed),
		TEST(renewed_files_are_taken_up),
		TEST(vouchers_are_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
