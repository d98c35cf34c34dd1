/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * peername_test: which texts are names, and which names of a certificate
 * stand for which peers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/verifier/peername.h"

#define LABEL_63 \
	"a23456789012345678901234567890123456789012345678901234567890123"
#define USER_64 \
	"u234567890123456789012345678901234567890123456789012345678901234"

static const struct parse_case {
	const char *text;
	enum peername_kind kind; /* NONE: it is refused */
	const char *canonical;
} parse_cases[] = {
	{ "example.com", PEERNAME_DOMAIN, "example.com" },
	{ "EXAMPLE.Com", PEERNAME_DOMAIN, "example.com" },
	{ "example.com.", PEERNAME_DOMAIN, "example.com" },
	{ "localhost", PEERNAME_DOMAIN, "localhost" },
	{ "xn--bcher-kva.example", PEERNAME_DOMAIN, "xn--bcher-kva.example" },
	{ "3com.com", PEERNAME_DOMAIN, "3com.com" },
	{ LABEL_63 ".com", PEERNAME_DOMAIN, LABEL_63 ".com" },
	{ LABEL_63 "x.com", PEERNAME_NONE, NULL },
	{ LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63, PEERNAME_NONE,
	    NULL },
	{ "", PEERNAME_NONE, NULL },
	{ ".", PEERNAME_NONE, NULL },
	{ "example..com", PEERNAME_NONE, NULL },
	{ ".example.com", PEERNAME_NONE, NULL },
	{ "example.com..", PEERNAME_NONE, NULL },
	{ "-example.com", PEERNAME_NONE, NULL },
	{ "example-.com", PEERNAME_NONE, NULL },
	{ "exa_mple.com", PEERNAME_NONE, NULL },
	{ "exam ple.com", PEERNAME_NONE, NULL },
	{ "example.com\n", PEERNAME_NONE, NULL },
	{ "b\xc3\xbc"
	  "cher.example",
	    PEERNAME_DOMAIN, "xn--bcher-kva.example" },
	{ "*.example.com", PEERNAME_NONE, NULL },
	{ "*", PEERNAME_NONE, NULL },
	/* Neither an address nor a domain to everybody. */
	{ "1.2.3", PEERNAME_NONE, NULL },
	{ "1.2.3.256", PEERNAME_NONE, NULL },
	{ "127.0.0.1.", PEERNAME_NONE, NULL },
	{ "example.0x7f", PEERNAME_NONE, NULL },

	{ "anna@example.com", PEERNAME_USER, "anna@example.com" },
	{ "Anna.B+c@Example.COM", PEERNAME_USER, "Anna.B+c@example.com" },
	{ "anna@example.com.", PEERNAME_USER, "anna@example.com" },
	{ USER_64 "@example.com", PEERNAME_USER, USER_64 "@example.com" },
	{ USER_64 "5@example.com", PEERNAME_NONE, NULL },
	{ "@example.com", PEERNAME_NONE, NULL },
	{ "anna@", PEERNAME_NONE, NULL },
	{ "anna@b@example.com", PEERNAME_NONE, NULL },
	{ "anna b@example.com", PEERNAME_NONE, NULL },
	{ "anna\t@example.com", PEERNAME_NONE, NULL },
	{ "\"anna\"@example.com", PEERNAME_NONE, NULL },
	{ "anna\xc3\xa9@example.com", PEERNAME_NONE, NULL },
	{ "anna@*.example.com", PEERNAME_NONE, NULL },
	{ "anna@127.0.0.1", PEERNAME_NONE, NULL },
	{ ".anna@example.com", PEERNAME_NONE, NULL },

	{ "127.0.0.1", PEERNAME_ADDRESS, "127.0.0.1" },
	{ "::1", PEERNAME_ADDRESS, "::1" },
	{ "[::1]", PEERNAME_ADDRESS, "::1" },
	{ "2001:DB8:0:0::1", PEERNAME_ADDRESS, "2001:db8::1" },
	{ "[127.0.0.1]", PEERNAME_NONE, NULL },
	{ "fe80::1%eth0", PEERNAME_NONE, NULL },
	{ "::1.", PEERNAME_NONE, NULL },
};

static void
parses(void **state)
{
	struct peername name;

	(void)state;
	for (size_t i = 0; i < sizeof(parse_cases) / sizeof(*parse_cases);
	     i++) {
		const struct parse_case *c = &parse_cases[i];

		print_message("%s\n", c->text);
		assert_int_equal(peername_parse(&name, c->text),
		    c->kind == PEERNAME_NONE ? -1 : 0);
		assert_int_equal(name.kind, c->kind);
		if (c->canonical != NULL)
			assert_string_equal(name.text, c->canonical);
	}
}

static const struct match_case {
	const char *expected;
	const char *dns;
	size_t len; /* 0: of the text */
	bool match;
} match_cases[] = {
	{ "example.com", "example.com", 0, true },
	{ "Example.COM.", "eXample.com", 0, true },
	{ "example.com", "example.org", 0, false },
	{ "example.com", "www.example.com", 0, false },
	{ "www.example.com", "example.com", 0, false },
	/* Absolute names do not stand in certificates. */
	{ "example.com", "example.com.", 0, false },
	{ "www.example.com", "*.example.com", 0, true },
	{ "WWW.example.com", "*.EXAMPLE.com", 0, true },
	{ "xn--bcher-kva.example.com", "*.example.com", 0, true },
	{ "example.com", "*.example.com", 0, false },
	{ "a.b.example.com", "*.example.com", 0, false },
	{ "www.example.org", "*.example.com", 0, false },
	{ "www.example.com", "w*.example.com", 0, false },
	{ "www.example.com", "*w.example.com", 0, false },
	{ "www.example.com", "www.*.com", 0, false },
	{ "www.example.com", "*.*.com", 0, false },
	{ "www.example.com", "**.example.com", 0, false },
	{ "www.example.com", "*", 0, false },
	{ "www.example.com", "*.", 0, false },
	{ "example.com", "*.com", 0, false },
	{ "localhost", "*", 0, false },
	{ "xn--bcher-kva.example", "xn--bcher-kva.example", 0, true },
	{ "xn--bcher-kva.example",
	    "b\xc3\xbc"
	    "cher.example",
	    0, false },
	{ "example.com", "example.com\0.evil.org", 21, false },
	{ "example.com", "example.com\0", 12, false },
	{ "www.example.com", "*.example.com\0", 14, false },
	{ "anna@example.com", "example.com", 0, false },
	{ "127.0.0.1", "127.0.0.1", 0, false },
};

static void
matches(void **state)
{
	struct peername name;

	(void)state;
	for (size_t i = 0; i < sizeof(match_cases) / sizeof(*match_cases);
	     i++) {
		const struct match_case *c = &match_cases[i];

		print_message("%s, %s\n", c->expected, c->dns);
		assert_int_equal(peername_parse(&name, c->expected), 0);
		assert_int_equal(
		    peername_matches(&name, (const uint8_t *)c->dns,
			c->len != 0 ? c->len : strlen(c->dns)),
		    c->match);
	}
	memset(&name, 0, sizeof(name));
	assert_false(peername_matches(&name, (const uint8_t *)"", 0));
	assert_false(peername_equal(&name, &name));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
