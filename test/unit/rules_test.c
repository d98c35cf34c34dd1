/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * rules_test: which rule decides, and what is no file of rules.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/verifier/rules.h"

static const char file[] =
    "# local            role    remote              action\n"
    "mail.example.com   server  anna@example.com    allow\n" /* 2 */
    "mail.example.com   server  *@example.com       deny\n"
    "*.example.com      any     *.example.org       allow\n"
    "\n"
    "-                  client  www.example.net     allow\n" /* 6 */
    "*                  client  192.0.2.1           allow\r\n"
    "*                  client  2001:DB8:0:0::1     deny # here\n"
    "*@example.com      client  *                   allow\n"
    "late.example.com   server  anna@example.com    deny\n" /* 10 */
    "late.example.com   server  anna@example.com    allow\n"
    "Upper.Example.com  server  Bob@Example.NET     allow\n";

static void
decisions(void **state)
{
	static const struct {
		const char *local;
		bool server;
		const char *remote;
		uint32_t line; /* 0: none matches, denied */
		bool allow;
	} cases[] = {
		{ "mail.example.com", true, "anna@example.com", 2, true },
		{ "mail.example.com", true, "bob@example.com", 3, false },
		{ "mail.example.com", false, "anna@example.com", 0, false },
		{ "www.example.com", true, "anna@example.com", 0, false },
		{ NULL, true, "anna@example.com", 0, false },
		{ "", true, "anna@example.com", 0, false },
		{ "mail.example.com", true, "anna@sub.example.com", 0, false },
		/* wildcards cover any depth, and never the name itself */
		{ "a.example.com", true, "a.example.org", 4, true },
		{ "a.example.com", false, "a.example.org", 4, true },
		{ "a.b.example.com", true, "a.b.example.org", 4, true },
		{ "*.example.com", true, "a.example.org", 4, true },
		{ "example.com", true, "a.example.org", 0, false },
		{ "a.example.com", true, "example.org", 0, false },
		{ "a.example.com", true, "aexample.org", 0, false },
		{ "a.example.com", true, "anna@a.example.org", 0, false },
		/* nobody */
		{ NULL, false, "www.example.net", 6, true },
		{ "", false, "www.example.net", 6, true },
		{ "-", false, "www.example.net", 6, true },
		{ "a.example.com", false, "www.example.net", 0, false },
		{ NULL, true, "www.example.net", 0, false },
		/* addresses */
		{ NULL, false, "192.0.2.1", 7, true },
		{ "a.example.com", false, "192.0.2.1", 7, true },
		{ NULL, false, "192.0.2.10", 0, false },
		{ NULL, false, "2001:db8::1", 8, false },
		{ "anna@example.com", false, "2001:db8::1", 8, false },
		{ "anna@example.com", false, "2001:db8::2", 9, true },
		/* the first of several */
		{ "late.example.com", true, "anna@example.com", 10, false },
		/* letters of either case are the same */
		{ "upper.example.com", true, "bob@example.net", 12, true },
		{ "UPPER.example.com", true, "BOB@example.net", 12, true },
	};
	char error[256];
	struct rules *rules =
	    rules_parse(file, strlen(file), error, sizeof(error));
	struct rules_verdict says;

	(void)state;
	assert_non_null(rules);
	assert_int_equal(rules_count(rules), 10);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct rules_question question = { cases[i].local,
			cases[i].server, cases[i].remote };

		rules_decide(rules, &question, &says);
		if (says.line != cases[i].line || says.allow != cases[i].allow)
			fail_msg("case %zu: %s: line %u: %s", i,
			    cases[i].remote, says.line, says.text);
		assert_non_null(says.text);
	}
	rules_free(rules);
}

static void
nothing_allows_nothing(void **state)
{
	const struct rules_question question = { NULL, false, "example.org" };
	char error[256];
	struct rules *rules = rules_parse("", 0, error, sizeof(error));
	struct rules_verdict says;

	(void)state;
	assert_non_null(rules);
	assert_int_equal(rules_count(rules), 0);
	rules_decide(rules, &question, &says);
	assert_false(says.allow);
	rules_free(rules);
	assert_int_equal(rules_count(NULL), 0);
	rules_free(NULL);
}

static void
refused(void **state)
{
	static const struct {
		const char *text;
		size_t len; /* 0: to the NUL */
		const char *line, *word;
	} cases[] = {
		{ "* any *\n", 0, "line 1: ", "a rule is" },
		{ "\n* any * allow more\n", 0, "line 2: ", "a rule is" },
		{ "allow any * *\n", 0, "line 1: ", "neither allow nor deny" },
		{ "* any * Allow\n", 0, "line 1: ", "neither allow nor deny" },
		{ "* both * allow\n", 0, "line 1: ", "both" },
		{ "a..b any * deny\n", 0, "line 1: ", "empty label" },
		{ "* any - deny\n", 0, "line 1: ", "remote pattern" },
		{ "* any *.*.example deny\n", 0, "line 1: ", "remote pattern" },
		{ "* any anna@* deny\n", 0, "line 1: ", "remote pattern" },
		{ "* any 192.0.2.300 deny\n", 0, "line 1: ", "number" },
		{ "192.0.2.1 any * deny\n", 0, "line 1: ", "number" },
		{ "* any b\374cher.example deny\n", 0,
		    "line 1: ", "not UTF-8" },
		{ "* any * allow\n* any \0 * deny\n", 29, "line 2: ", "NUL" },
	};
	char error[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t len =
		    cases[i].len != 0 ? cases[i].len : strlen(cases[i].text);

		assert_null(
		    rules_parse(cases[i].text, len, error, sizeof(error)));
		if (strncmp(error, cases[i].line, strlen(cases[i].line)) != 0 ||
		    strstr(error, cases[i].word) == NULL)
			fail_msg("case %zu: %s", i, error);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decisions),
		cmocka_unit_test(nothing_allows_nothing),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
