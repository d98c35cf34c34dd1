/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * record_test: records as people read them, and bytes that are none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/verifier/record.h"
#include "daemon/verifier/resolver.h"

static const struct record_case {
	unsigned type;
	const char *data;
	size_t len;
	const char *text;
} cases[] = {
#define RDATA(bytes) bytes, sizeof(bytes) - 1
	{ DNS_TYPE_A, RDATA("\300\0\2\1"), "192.0.2.1" },
	{ DNS_TYPE_A, RDATA("\300\0\2"), "\\# 3 c00002" },
	{ DNS_TYPE_MX, RDATA("\0\12\2mx\3COM\0"), "10 mx.com." },
	{ DNS_TYPE_MX, RDATA("\0\0\0"), "\\# 3 000000" },
	{ DNS_TYPE_SRV, RDATA("\0\1\0\2\3\341\2mx\3com\0"), "1 2 993 mx.com." },
	{ DNS_TYPE_SRV, RDATA("\0\1\0\2\3"), "\\# 5 0001000203" },
	{ DNS_TYPE_TLSA, RDATA("\3\1\1\xab\xcd"), "3 1 1 abcd" },
	{ DNS_TYPE_SMIMEA, RDATA("\xff\0\2\0"), "255 0 2 00" },
	{ DNS_TYPE_TLSA, RDATA("\3\1\1"), "\\# 3 030101" },
	{ DNS_TYPE_TLSA, "", 0, "\\# 0 " },
	{ 99, RDATA("x\0"), "\\# 2 7800" },
};

static void
shows(void **state)
{
	char text[RECORD_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct record_case *c = &cases[i];
		struct blob rdata = { (const uint8_t *)c->data, c->len };

		assert_string_equal(record_text(c->type, rdata, text), c->text);
	}
}

/* What is longer than can be shown says how long it is. */
static void
cuts(void **state)
{
	static const uint8_t long_one[40000] = { 3, 0, 0 };
	char text[RECORD_TEXT];

	(void)state;
	for (unsigned type = 0; type < 60; type++) {
		(void)record_text(
		    type, (struct blob){ long_one, sizeof(long_one) }, text);
		assert_non_null(strstr(text, "00... ("));
	}
	(void)record_text(
	    DNS_TYPE_TLSA, (struct blob){ long_one, sizeof(long_one) }, text);
	assert_non_null(strstr(text, "3 0 0 0000"));
	assert_non_null(strstr(text, "(39997 octets)"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows),
		cmocka_unit_test(cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
