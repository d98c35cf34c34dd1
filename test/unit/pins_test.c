/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * pins_test: good files of pinned keys, and bad ones with their sentences.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/verifier/pins.h"

/* 32 bytes of 0x01, and of 0x02, in both forms. */
#define ONE_HEX \
	"0101010101010101010101010101010101010101010101010101010101010101"
#define ONE_BASE64 "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
#define TWO_HEX \
	"0202020202020202020202020202020202020202020202020202020202020202"
#define TWO_BASE64 "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="

static const char file[] =
    "# keys that we know\n"
    "\n"
    "  \t\n"
    "example.com server sha256:" ONE_HEX "\n"
    "example.com\tserver  sha256:" TWO_BASE64 " the next key\r\n"
    "Example.COM. client sha256:" TWO_HEX "\n"
    "127.0.0.1 server sha256:" ONE_HEX "\n"
    "anna@Example.com client sha256:" ONE_BASE64;

static const struct find_case {
	const char *name;
	bool server;
	uint8_t key; /* each of its bytes */
	size_t found;
	bool match;
} find_cases[] = {
	{ "example.com", true, 1, 2, true },
	{ "example.com", true, 2, 2, true },
	{ "EXAMPLE.com.", true, 2, 2, true },
	{ "example.com", true, 3, 2, false },
	{ "example.com", false, 2, 1, true },
	{ "example.com", false, 1, 1, false },
	{ "www.example.com", true, 1, 0, false },
	{ "anna@example.com", false, 1, 1, true },
	{ "anna@example.com", true, 1, 0, false },
	{ "Anna@example.com", false, 1, 0, false },
	{ "127.0.0.1", true, 1, 1, true },
	{ "127.0.0.2", true, 1, 0, false },
};

static void
finds(void **state)
{
	char error[256] = "";
	struct pins *pins =
	    pins_parse(file, strlen(file), error, sizeof(error));

	(void)state;
	assert_string_equal(error, "");
	assert_non_null(pins);
	assert_int_equal(pins_count(pins), 5);
	for (size_t i = 0; i < sizeof(find_cases) / sizeof(*find_cases); i++) {
		const struct find_case *c = &find_cases[i];
		struct peername name;
		uint8_t key[PIN_SIZE];
		bool match;

		memset(key, c->key, sizeof(key));
		assert_int_equal(peername_parse(&name, c->name), 0);
		assert_int_equal(
		    pins_find(pins, c->server, &name, key, &match), c->found);
		assert_int_equal(match, c->match);
	}
	pins_free(pins);
}

static void
finds_nothing_in_nothing(void **state)
{
	struct peername name = { 0 };
	uint8_t key[PIN_SIZE] = { 0 };
	char error[256];
	struct pins *pins = pins_parse("", 0, error, sizeof(error));
	bool match = true;

	(void)state;
	assert_non_null(pins);
	assert_int_equal(pins_find(pins, true, &name, key, &match), 0);
	assert_false(match);
	assert_int_equal(peername_parse(&name, "example.com"), 0);
	assert_int_equal(pins_find(pins, true, &name, key, &match), 0);
	assert_int_equal(pins_find(NULL, true, &name, key, &match), 0);
	pins_free(pins);
}

static const struct bad_case {
	const char *text;
	size_t len; /* 0: of the text */
	const char *error;
} bad_cases[] = {
	{ "example.com", 0, "line 1: a line is NAME" },
	{ "# x\nexample.com server\n", 0, "line 2: a line is NAME" },
	{ "exam_ple server sha256:" ONE_HEX, 0, "line 1: \"exam_ple\" is" },
	{ "*.example.com server sha256:" ONE_HEX, 0, "line 1: \"*.example" },
	{ "a.example peer sha256:" ONE_HEX, 0,
	    "line 1: \"peer\" is neither client nor server" },
	{ "a.example server " ONE_HEX, 0, "line 1: \"0101" },
	{ "a.example server sha1:" ONE_HEX, 0, "line 1: \"sha1:" },
	{ "a.example server sha256:", 0, "line 1: \"sha256:\" is not" },
	{ "a.example server sha256:" ONE_HEX "01", 0, "line 1: \"sha256:" },
	{ "a.example server sha256:01", 0, "line 1: \"sha256:01\"" },
	{ "a.example server sha256:"
	  "g101010101010101010101010101010101010101010101010101010101010101",
	    0, "line 1: \"sha256:g1" },
	{ "a.example server sha256:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE",
	    0, "line 1: \"sha256:AQ" },
	{ "a.example server "
	  "sha256:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBA===",
	    0, "line 1: \"sha256:AQ" },
	{ "a.example server sha256:" ONE_HEX "\0\n", 90, "line 1: not text" },
};

static void
refuses(void **state)
{
	char error[256], line[8192];

	(void)state;
	for (size_t i = 0; i < sizeof(bad_cases) / sizeof(*bad_cases); i++) {
		const struct bad_case *c = &bad_cases[i];

		print_message("%s\n", c->text);
		assert_null(
		    pins_parse(c->text, c->len != 0 ? c->len : strlen(c->text),
			error, sizeof(error)));
		print_message("  %s\n", error);
		assert_memory_equal(error, c->error, strlen(c->error));
	}
	memset(line, ' ', sizeof(line));
	assert_null(pins_parse(line, sizeof(line), error, sizeof(error)));
	assert_string_equal(error, "line 1: too long");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds),
		cmocka_unit_test(finds_nothing_in_nothing),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
