/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * wire_test: the data types of RFC 4251, and every way to run out of bytes.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/ipc/wire.h"

#define BYTES(text)                                       \
	{                                                 \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

static void
numbers_are_in_network_order(void **state)
{
	static const uint8_t right[] = { 0xfe, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7,
		0xff };
	uint8_t buf[13], b;
	struct wire_writer w = { .data = buf, .size = sizeof(buf) };
	struct wire_reader r = { buf, sizeof(buf) };
	uint32_t u32;
	uint64_t u64;

	wire_put_byte(&w, 0xfe);
	wire_put_u32(&w, 0x01020304);
	wire_put_u64(&w, UINT64_C(0x01020304050607ff));
	assert_false(w.full);
	assert_memory_equal(buf, right, sizeof(right));

	assert_int_equal(wire_get_byte(&r, &b), 0);
	assert_int_equal(wire_get_u32(&r, &u32), 0);
	assert_int_equal(wire_get_u64(&r, &u64), 0);
	assert_int_equal(b, 0xfe);
	assert_int_equal(u32, 0x01020304);
	assert_true(u64 == UINT64_C(0x01020304050607ff));
	assert_int_equal(r.len, 0);
}

/* A value that does not fit leaves no half of it, and nothing comes after. */
static void
a_full_writer_stays_full(void **state)
{
	uint8_t buf[8];

	for (size_t size = 0; size < 8; size++) {
		struct wire_writer w = { .data = buf, .size = size };

		memset(buf, 0xaa, sizeof(buf));
		wire_put_u64(&w, 0);
		assert_true(w.full);
		assert_int_equal(w.len, 0);
		wire_put_byte(&w, 1);
		assert_int_equal(w.len, 0);
		for (size_t i = 0; i < sizeof(buf); i++)
			assert_int_equal(buf[i], 0xaa);
	}
}

static void
a_string_that_does_not_fit_fills_the_writer(void **state)
{
	static const struct {
		size_t size, len;
		bool full;
	} cases[] = {
		{ .size = 4, .len = 0, .full = false },
		{ .size = 3, .len = 0, .full = true },
		{ .size = 7, .len = 3, .full = false },
		{ .size = 6, .len = 3, .full = true },
		{ .size = 8, .len = SIZE_MAX, .full = true },
		{ .size = 8, .len = (size_t)UINT32_MAX + 1, .full = true },
	};
	uint8_t buf[8];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire_writer w = { .data = buf, .size = cases[i].size };

		wire_put_string(&w, "abc", cases[i].len);
		assert_int_equal(w.full, cases[i].full);
	}
}

static void
reading_stops_where_the_bytes_do(void **state)
{
	uint8_t buf[8] = { 0 }, b, *data;
	uint32_t u32;
	uint64_t u64;
	size_t len;

	for (size_t have = 0; have < 8; have++) {
		struct wire_reader r = { buf, have };

		assert_int_equal(wire_get_u64(&r, &u64), -1);
		assert_int_equal(r.len, have);
	}
	for (size_t have = 0; have < 4; have++) {
		struct wire_reader r = { buf, have };

		assert_int_equal(wire_get_u32(&r, &u32), -1);
		assert_int_equal(wire_get_string(&r, &data, &len), -1);
		assert_int_equal(r.len, have);
	}
	assert_int_equal(
	    wire_get_byte(&(struct wire_reader){ buf, 0 }, &b), -1);
}

static void
strings_are_as_long_as_they_say(void **state)
{
	static const struct {
		const char *name;
		struct blob wire;
		const char *right; /* NULL: refused */
	} cases[] = {
		{ "empty", BYTES("\0\0\0\0"), "" },
		{ "short", BYTES("\0\0\0\3abc"), "abc" },
		{ "more behind", BYTES("\0\0\0\2abc"), "ab" },
		{ "one too few", BYTES("\0\0\0\4abc"), NULL },
		{ "half a length", BYTES("\0\0\0"), NULL },
		{ "4 GiB", BYTES("\377\377\377\377abc"), NULL },
		{ "length that wraps", BYTES("\377\377\377\374abc"), NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t buf[16], *data;
		struct wire_reader r = { buf, cases[i].wire.len };
		size_t len;
		int rv;

		memcpy(buf, cases[i].wire.data, cases[i].wire.len);
		rv = wire_get_string(&r, &data, &len);
		if (cases[i].right == NULL) {
			assert_int_equal(rv, -1);
			/* what was not read is still there */
			assert_ptr_equal(r.data, buf);
			continue;
		}
		assert_int_equal(rv, 0);
		assert_int_equal(len, strlen(cases[i].right));
		assert_memory_equal(data, cases[i].right, len);
		assert_ptr_equal(r.data, data + len);
	}
}

static void
lists_are_walked_to_their_end(void **state)
{
	static const struct {
		const char *name;
		struct blob list;
		size_t count; /* of items before the end or the fault */
		int last;     /* of wire_list_next() */
	} cases[] = {
		{ "no data at all", { NULL, 0 }, 0, 0 },
		{ "empty", BYTES(""), 0, 0 },
		{ "an empty item", BYTES("\0\0\0\0"), 1, 0 },
		{ "two", BYTES("\0\0\0\2h2\0\0\0\1x"), 2, 0 },
		{ "cut in an item", BYTES("\0\0\0\2h2\0\0\0\2x"), 1, -1 },
		{ "cut in a length", BYTES("\0\0\0\2h2\0\0"), 1, -1 },
		{ "item behind the end", BYTES("\377\377\377\377"), 0, -1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct blob list = cases[i].list, item;
		size_t n = 0;
		int rv;

		while ((rv = wire_list_next(&list, &item)) == 1)
			n++;
		assert_int_equal(rv, cases[i].last);
		assert_int_equal(n, cases[i].count);
		assert_int_equal(
		    wire_list_count(cases[i].list), cases[i].count);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_in_network_order),
		cmocka_unit_test(a_full_writer_stays_full),
		cmocka_unit_test(a_string_that_does_not_fit_fills_the_writer),
		cmocka_unit_test(reading_stops_where_the_bytes_do),
		cmocka_unit_test(strings_are_as_long_as_they_say),
		cmocka_unit_test(lists_are_walked_to_their_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
