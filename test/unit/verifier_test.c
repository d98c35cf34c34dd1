/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * verifier_test: the process tlspool-verifier, between a test that is its
 * parent and a test that is a worker, front and a liar.
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
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ipc/app.h"
#include "daemon/ipc/authorize.h"
#include "daemon/ipc/control.h"
#include "daemon/ipc/credential.h"
#include "test/unit/verifier_play.h"

static void
answers(void **state)
{
	static const struct {
		struct inquiry inquiry;
		int error;
	} cases[] = {
		{ { PLAY_WORKER, 5000, false, &play.leaf, "www.example.com" },
		    0 },
		{ { PLAY_WORKER, 5000, false, &play.leaf, "example.com" },
		    EKEYREJECTED },
		{ { PLAY_WORKER, 5000, false, &play.stranger,
		      "www.example.com" },
		    EKEYREJECTED },
		{ { PLAY_WORKER, 5000, false, NULL, "www.example.com" },
		    EKEYREJECTED },
		{ { PLAY_WORKER, 5000, true, &play.leaf, "www.example.com" },
		    EACCES },
		{ { PLAY_WORKER, -5000, false, &play.leaf, "www.example.com" },
		    EACCES },
		{ { PLAY_WORKER + 1, 5000, false, &play.leaf,
		      "www.example.com" },
		    EACCES },
		{ { PLAY_WORKER, 5000, false, &play.leaf, "www.example.com" },
		    0 },
	};
	struct verify_ans ans;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		play_ask(&cases[i].inquiry, 100 + (uint32_t)i, &ans);
		assert_int_equal(ans.error, cases[i].error);
		if (ans.error != 0) {
			assert_null(ans.name);
			assert_true(strlen(ans.reason) > 0);
			continue;
		}
		assert_string_equal(ans.name, "www.example.com");
		assert_string_equal(ans.method, "pkix");
	}
}

/* How it came about is told to whoever asks for it, and to nobody else. */
static void
traces(void **state)
{
	static const struct {
		struct inquiry inquiry;
		int error;
		size_t certs;
	} cases[] = {
		{ { PLAY_WORKER, 5000, false, &play.leaf, "www.example.com",
		      true },
		    0, 1 },
		{ { PLAY_WORKER, 5000, false, &play.leaf, "example.com", true },
		    EKEYREJECTED, 1 },
		{ { PLAY_WORKER, 5000, false, NULL, "www.example.com", true },
		    EKEYREJECTED, 1 },
		{ { PLAY_WORKER, 5000, true, &play.leaf, "www.example.com",
		      true },
		    EACCES, 0 },
		{ { PLAY_WORKER, 5000, false, &play.leaf, "www.example.com",
		      false },
		    0, 0 },
	};
	struct verify_ans ans;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		play_ask(&cases[i].inquiry, 200 + (uint32_t)i, &ans);
		assert_int_equal(ans.error, cases[i].error);
		assert_int_equal(wire_list_count(ans.certs), cases[i].certs);
		assert_int_equal(
		    wire_list_count(ans.steps) > 0, cases[i].certs > 0);
	}
}

/* The sandbox lets it read what is new. */
static void
takes_up_changes(void **state)
{
	const struct inquiry inquiry = { PLAY_WORKER, 60000, false, &play.leaf,
		"www.example.com" };
	const struct holder *revoked[] = { &play.leaf };
	gnutls_datum_t crl =
	    crl_make(&play.root, revoked, 1, -60, HOUR, GNUTLS_X509_FMT_DER);
	gnutls_datum_t pem =
	    pem_make(&(const struct holder *){ &play.stranger }, 1);
	struct verify_ans ans;

	(void)state;
	play_write(play.crl, crl.data, crl.size);
	gnutls_free(crl.data);
	usleep(1100 * 1000);
	play_ask(&inquiry, 1, &ans);
	assert_int_equal(ans.error, EKEYREVOKED);

	play_write(play.anchors, pem.data, pem.size);
	gnutls_free(pem.data);
	usleep(1100 * 1000);
	play_ask(&inquiry, 2, &ans);
	assert_int_equal(ans.error, EKEYREJECTED);
	play_ask(&(struct inquiry){ PLAY_WORKER, 60000, false, &play.stranger,
		     "www.example.com" },
	    3, &ans);
	assert_int_equal(ans.error, 0);
	play_configure();
	play_ask(&inquiry, 4, &ans);
	assert_int_equal(ans.error, EKEYREJECTED);
}

static void
tells_its_status(void **state)
{
	(void)state;
	assert_int_equal(play_counter("anchors"), 1);
	assert_int_equal(play_counter("cached"), 0);
}

/* A worker that is taken over is reported, and another one is served. */
static void
reports_a_liar(void **state)
{
	struct control_fault fault;

	(void)state;
	assert_int_equal(
	    send(play.worker, "\1\100\0\0\0\1\377garbage", 15, 0), 15);
	play_expect(play.control, &control_fault_schema, &fault);
	assert_int_equal(fault.role, ROLE_WORKER);
	assert_int_equal(fault.index, PLAY_WORKER);
	close(play.worker);
	play.worker = play_join(ROLE_WORKER, PLAY_WORKER);
	answers(state);
}

static void
asks_the_plugin(void **state)
{
	struct verify_ans ans;
	int sock;

	(void)state;
	play_use_plugin(true);
	sock = play_join_authorizer();
	play_send(&play_known, 1);
	play_plugin_says(sock, 0, 0, "not \"today\"\n");
	play_expect_verdict(1, EPERM, GNUTLS_A_ACCESS_DENIED, "not 'today'?");
	play_send(&play_known, 2);
	play_plugin_says(sock, 2, 0, "");
	play_expect_verdict(2, 0, 0, "");
	play_send(&play_known, 3);
	play_plugin_says(sock, 1, 60, "");
	play_expect(play.worker, &verify_ans_schema, &ans);
	assert_int_equal(ans.error, 0);
	assert_true(ans.until <= (uint64_t)time(NULL) + 60);
	/* whoever is not known is not asked about, nor with the flag */
	play_ask(&(struct inquiry){ PLAY_WORKER, 60000, false, &play.stranger,
		     "www.example.com" },
	    4, &ans);
	assert_int_equal(ans.error, EKEYREJECTED);
	play.flags = APP_SKIP_AUTHORIZATION;
	play_ask(&play_known, 5, &ans);
	play.flags = 0;
	assert_int_equal(ans.error, 0);
	close(sock);
	play_use_plugin(false);
	play_ask(&play_known, 6, &ans);
	assert_int_equal(ans.error, 0);
}

/* A plugin that dies or hangs costs one verdict; those behind it wait. */
static void
loses_one_verdict(void **state)
{
	struct control_fault fault;
	struct authorize_req req;
	int sock;

	(void)state;
	play_use_plugin(true);
	sock = play_join_authorizer();
	/* At different ports, or they would be one question. */
	for (uint32_t i = 1; i <= 3; i++) {
		struct inquiry inquiry = play_known;

		inquiry.port = i;
		play_send(&inquiry, i);
	}
	play_expect(sock, &authorize_req_schema, &req);
	close(sock);
	play_expect_verdict(
	    1, EPERM, GNUTLS_A_INTERNAL_ERROR, "ended without an answer");
	sock = play_join_authorizer();
	play_expect(sock, &authorize_req_schema, &req);
	/* 300 ms later */
	play_expect_verdict(2, EPERM, GNUTLS_A_INTERNAL_ERROR, "in time");
	play_expect(play.control, &control_fault_schema, &fault);
	assert_int_equal(fault.role, ROLE_AUTHORIZER);
	close(sock);
	sock = play_join_authorizer();
	play_plugin_says(sock, 1, 0, "");
	play_expect_verdict(3, 0, 0, "");
	close(sock);
	play_use_plugin(false);
}

/* Answers that nobody asked for, or that are none, are faults. */
static void
believes_no_liar(void **state)
{
	const struct authorize_ans yes = { 1, "", 0 };
	struct control_fault fault;
	struct authorize_req req;

	(void)state;
	play_use_plugin(true);
	for (int i = 0; i < 3; i++) {
		int sock = play_join_authorizer();

		if (i > 0) {
			play_send(&play_known, 7);
			play_expect(sock, &authorize_req_schema, &req);
		}
		if (i < 2)
			assert_int_equal(
			    message_send(sock, &authorize_ans_schema,
				play.packet.header.request + 1, &yes, NULL, 0,
				CHANNEL_WAIT),
			    0);
		else
			assert_int_equal(
			    send(sock, "\1\111\0\0\0\1\1", 7, 0), 7);
		if (i > 0)
			play_expect_verdict(7, EPERM, GNUTLS_A_INTERNAL_ERROR,
			    "without an answer");
		play_expect(play.control, &control_fault_schema, &fault);
		assert_int_equal(fault.role, ROLE_AUTHORIZER);
		close(sock);
	}
	play_use_plugin(false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(traces),
		cmocka_unit_test(asks_the_plugin),
		cmocka_unit_test(loses_one_verdict),
		cmocka_unit_test(believes_no_liar),
		cmocka_unit_test(reports_a_liar),
		cmocka_unit_test(takes_up_changes),
		cmocka_unit_test(tells_its_status),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, play_begin, play_end);
}
