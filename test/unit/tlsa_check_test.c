/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tlsa_check_test: what is made of the records that the verifier has looked
 * up, and of a daemon that talks nonsense.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/verifier/resolver.h"
#include "test/unit/cli_play.h"

/* What the verifier says of the records; the keeper has a certificate. */
static struct admin_tlsa_ans looked_up;

static bool
looks_up(int sock, struct packet *p)
{
	struct admin_tlsa_lookup ask;

	if (p->header.type == ADMIN_ID_SHOW)
		return has_odd_certificate(sock, p);
	if (packet_decode(&admin_tlsa_lookup_schema, p, &ask) != 0 ||
	    strcmp(ask.owner, "www.example.com") != 0 || ask.smimea ||
	    ask.name != NULL || wire_list_count(ask.chains) != 1)
		_exit(96);
	answer(sock, p, &admin_tlsa_ans_schema, &looked_up);
	return true;
}

static bool
cannot_look_up(int sock, struct packet *p)
{
	if (p->header.type == ADMIN_ID_SHOW)
		return has_odd_certificate(sock, p);
	return refuses(sock, p);
}

static void
test_published(void **state)
{
	static const struct {
		uint8_t dns, matches;
		const char *unusable;
		bool weaker;
		int status;
		const char *printed;
	} cases[] = {
		{ RESOLVER_SECURE, 1, NULL, false, TOOL_OK, "certificate 1" },
		{ RESOLVER_SECURE, ADMIN_TLSA_ELSEWHERE, NULL, false, TOOL_OK,
		    "not sent along" },
		{ RESOLVER_SECURE, 0, NULL, false, TOOL_NOT_TRUSTED,
		    "nothing that is served" },
		{ RESOLVER_SECURE, 0, "it\x1b is odd", false, TOOL_NOT_TRUSTED,
		    "it\\x1b is odd" },
		{ RESOLVER_SECURE, 0, "weak", true, TOOL_NOT_TRUSTED,
		    "weaker " },
		{ RESOLVER_INSECURE, 1, NULL, false, TOOL_NOT_TRUSTED,
		    "passes it over" },
		{ RESOLVER_FAILED, 0, NULL, false, TOOL_NO, "not answered" },
		{ 77, 0, NULL, false, TOOL_NO, "not understood" },
	};
	uint8_t space[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire_writer w = { .data = space, .size = sizeof(space) };
		struct admin_tlsa_row row = { .rdata = { key_id, 4 },
			.text = "3 1 1 ab",
			.unusable = cases[i].unusable,
			.weaker = cases[i].weaker,
			.matches = { &cases[i].matches, 1 } };

		put_row(&w, &admin_tlsa_row_schema, &row);
		looked_up = (struct admin_tlsa_ans){ .state = cases[i].dns,
			.records = { space, w.len } };
		assert_int_equal(
		    RUN(looks_up, tlsa_command, "tlsa", "--check", "x"),
		    cases[i].status);
		printed(cases[i].printed);
	}
	looked_up.state = RESOLVER_SECURE;
	looked_up.records = (struct blob){ (const uint8_t *)"\0\0\0\1x", 5 };
	assert_int_equal(
	    RUN(looks_up, tlsa_command, "tlsa", "--check", "x"), TOOL_NO);
	printed("malformed row");
	assert_int_equal(
	    RUN(cannot_look_up, tlsa_command, "tlsa", "--check", "x"), TOOL_NO);
	printed("you may \\x1b");
	assert_int_equal(
	    RUN(has_malformed_rows, tlsa_command, "tlsa", "--check", "x"),
	    TOOL_NO);
	assert_int_equal(
	    RUN(has_identity, tlsa_command, "tlsa", "--check", "x"), TOOL_NO);
	printed("is not known");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published),
	};

	return cmocka_run_group_tests(tests, play_begin, play_end);
}
