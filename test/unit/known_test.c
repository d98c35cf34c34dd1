/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * known_test: keys that are kept: what is on the disk is what was said, and
 * a file that is not whole is not believed.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/verifier/known.h"

static char folder[] = "/tmp/tlspool-known.XXXXXX", path[64];
static const time_t day = 1795219200; /* 2026-11-21 */

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/pins", folder);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)chmod(folder, 0700);
	(void)unlink(path);
	return rmdir(folder);
}

static struct known *
open_known(void)
{
	char error[128] = "";
	struct known *known = known_open(path, error, sizeof(error));

	if (known == NULL)
		fail_msg("%s", error);
	return known;
}

static struct peername
peer(const char *text)
{
	struct peername name;

	assert_int_equal(peername_parse(&name, text), 0);
	return name;
}

static void
keeps(void **state)
{
	struct peername www = peer("www.example.com"), b = peer("B@b.example");
	uint8_t one[PIN_SIZE] = { 1 }, two[PIN_SIZE] = { 2 };
	const struct known_key *any;
	struct known *known = open_known();
	struct pins *pins;
	char text[2048], error[128];
	FILE *file;
	size_t len;
	bool match;

	(void)state;
	assert_int_equal(known_count(known), 0);
	assert_int_equal(
	    known_add(known, &www, true, one, KNOWN_FIRST_USE, day), 0);
	assert_int_equal(
	    known_add(known, &b, false, two, KNOWN_PINNED, day), 0);
	assert_int_equal(
	    known_add(known, &www, true, one, KNOWN_FIRST_USE, day), -1);
	assert_int_equal(errno, EEXIST);
	for (size_t i = 0; i < 2; i++) {
		/* As it is in memory, and as it was read again. */
		assert_int_equal(known_find(known, true, &www, KNOWN_FIRST_USE,
				     one, &match, &any),
		    1);
		assert_true(match);
		assert_string_equal(any->since, "2026-11-21");
		assert_int_equal(known_find(known, true, &www, KNOWN_FIRST_USE,
				     two, &match, &any),
		    1);
		assert_false(match);
		assert_int_equal(known_find(known, true, &www, KNOWN_PINNED,
				     one, &match, &any),
		    0);
		assert_null(any);
		assert_int_equal(known_find(known, false, &www, KNOWN_FIRST_USE,
				     one, &match, &any),
		    0);
		assert_int_equal(known_find(known, false, &b, KNOWN_PINNED, two,
				     &match, &any),
		    1);
		known_free(known);
		known = open_known();
	}
	/* It has the format of the administrator's file. */
	assert_non_null(file = fopen(path, "r"));
	len = fread(text, 1, sizeof(text), file);
	fclose(file);
	assert_non_null(pins = pins_parse(text, len, error, sizeof(error)));
	assert_int_equal(pins_count(pins), 2);
	pins_free(pins);
	/* What was remembered is pinned. */
	assert_int_equal(
	    known_add(known, &www, true, one, KNOWN_PINNED, day), 0);
	assert_int_equal(
	    known_add(known, &www, true, two, KNOWN_PINNED, day), 0);
	assert_int_equal(
	    known_find(known, true, &www, KNOWN_PINNED, one, &match, &any), 2);
	assert_int_equal(known_remove(known, &www, one), 1);
	assert_int_equal(known_remove(known, &www, one), 0);
	assert_int_equal(known_remove(known, &www, NULL), 1);
	known_free(known);
	known = open_known();
	assert_int_equal(known_count(known), 1);
	assert_int_equal(known_remove(known, &b, NULL), 1);
	known_free(known);
}

static void
is_bounded(void **state)
{
	struct known *known;
	struct peername last = peer("last.example");
	uint8_t key[PIN_SIZE] = { 1 };
	FILE *file = fopen(path, "w");

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < KNOWN_MAX_FIRST_USE; i++)
		fprintf(
		    file, "h%d.example server sha256:%064x first-use\n", i, i);
	fclose(file);
	known = open_known();
	assert_int_equal(known_count(known), KNOWN_MAX_FIRST_USE);
	assert_int_equal(
	    known_add(known, &last, true, key, KNOWN_FIRST_USE, day), -1);
	assert_int_equal(errno, EDQUOT);
	assert_int_equal(
	    known_add(known, &last, true, key, KNOWN_PINNED, day), 0);
	known_free(known);
	assert_int_equal(unlink(path), 0);
}

/* What cannot be written is not known, and what cannot be erased is. */
static void
disk_fails(void **state)
{
	struct peername www = peer("www.example.com"), b = peer("b.example");
	uint8_t key[PIN_SIZE] = { 1 };
	struct known *known = open_known();
	char fresh[80];

	(void)state;
	assert_int_equal(
	    known_add(known, &www, true, key, KNOWN_PINNED, day), 0);
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	assert_int_equal(mkdir(fresh, 0700), 0);
	assert_int_equal(
	    known_add(known, &b, true, key, KNOWN_PINNED, day), -1);
	assert_int_equal(known_count(known), 1);
	assert_int_equal(known_remove(known, &www, NULL), -1);
	assert_int_equal(known_count(known), 1);
	assert_string_equal(known_get(known, 0)->name, "www.example.com");
	assert_null(known_get(known, 1));
	assert_int_equal(rmdir(fresh), 0);
	assert_int_equal(known_remove(known, &www, NULL), 1);
	known_free(known);
}

static void
broken_files(void **state)
{
	static const struct {
		const char *text;
		size_t len; /* 0: strlen() */
		const char *error;
	} cases[] = {
		{ "# nothing\n\nwww.example.com server\n", 0, "line 3" },
		{ "www.example.com server sha256:12\n", 0, "line 1" },
		{ "a_b server sha256:"
		  "000000000000000000000000000000000000000000000000000000000000"
		  "0000\n",
		    0, "line 1" },
		{ "\n\0\n", 3, "line 2" },
	};
	char error[128];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		FILE *file = fopen(path, "w");

		assert_non_null(file);
		fwrite(cases[i].text, 1,
		    cases[i].len == 0 ? strlen(cases[i].text) : cases[i].len,
		    file);
		fclose(file);
		assert_null(known_open(path, error, sizeof(error)));
		assert_non_null(strstr(error, cases[i].error));
	}
	assert_null(known_open(folder, error, sizeof(error)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(disk_fails),
		cmocka_unit_test(broken_files),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
