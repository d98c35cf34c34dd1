/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * message_test: the codec on a message made for it: what the encoder writes
 * to the byte, and each reason for which the decoder refuses.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/ipc/message.h"

struct sample {
	uint8_t byte;
	bool flag;
	uint32_t u32;
	uint64_t u64;
	const char *text;
	struct blob bytes;
	struct blob list;
	const char *later; /* optional to an old reader */
};

static const struct field sample_fields[] = {
	FIELD(sample, 1, BYTE, byte, true, 7),
	FIELD(sample, 2, BOOLEAN, flag, false, 0),
	FIELD(sample, 3, U32, u32, false, 1000),
	FIELD(sample, 4, U64, u64, false, 0),
	FIELD(sample, 5, TEXT, text, false, 8),
	FIELD(sample, 6, BYTES, bytes, false, 8),
	FIELD(sample, 7, LIST, list, false, 16),
	FIELD(sample, 130, TEXT, later, false, 8),
};

enum { SAMPLE = 0x7e };
static MESSAGE_SCHEMA(sample_schema, SAMPLE, sample, 0, 0);

#define HEADER	   "\1\x7e\0\0\0\5"
#define BYTE_FIELD "\1\0\0\0\1\2"
#define BYTES(text)                                       \
	{                                                 \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

static const struct refusal {
	const char *name;
	struct blob wire;
	int error;
	const char *why; /* part of message_error() */
} refusals[] = {
	{ "nothing", BYTES(""), EBADMSG, "short header" },
	{ "half a header", BYTES("\1\x7e\0\0\0"), EBADMSG, "short header" },
	{ "version 0", BYTES("\0\x7e\0\0\0\5" BYTE_FIELD), EBADMSG,
	    "version 0 of the protocol" },
	{ "version 2", BYTES("\2\x7e\0\0\0\5" BYTE_FIELD), EBADMSG,
	    "version 2 of the protocol" },
	{ "another type", BYTES("\1\x7d\0\0\0\5" BYTE_FIELD), EBADMSG,
	    "another type" },
	{ "required field missing", BYTES(HEADER), EBADMSG,
	    "SAMPLE.byte: missing" },
	{ "out of order", BYTES(HEADER "\2\0\0\0\1\1" BYTE_FIELD), EBADMSG,
	    "not in order" },
	{ "twice the same", BYTES(HEADER BYTE_FIELD BYTE_FIELD), EBADMSG,
	    "not in order" },
	{ "unknown field that matters", BYTES(HEADER BYTE_FIELD "\x7f\0\0\0\0"),
	    EOPNOTSUPP, "not served" },
	{ "field 0", BYTES(HEADER "\0\0\0\0\0" BYTE_FIELD), EOPNOTSUPP,
	    "not served" },
	{ "unknown optional field twice",
	    BYTES(HEADER BYTE_FIELD "\x80\0\0\0\0\x80\0\0\0\0"), EBADMSG,
	    "not in order" },
	{ "tag alone", BYTES(HEADER BYTE_FIELD "\2"), EBADMSG, "cut short" },
	{ "length cut short", BYTES(HEADER BYTE_FIELD "\2\0\0\0"), EBADMSG,
	    "cut short" },
	{ "value cut short", BYTES(HEADER BYTE_FIELD "\4\0\0\0\10\0\0\0"),
	    EBADMSG, "cut short" },
	{ "unknown optional field cut short",
	    BYTES(HEADER BYTE_FIELD "\x80\0\0\0\4abc"), EBADMSG, "cut short" },
	{ "length of 4 GiB", BYTES(HEADER "\1\377\377\377\377\1"), EBADMSG,
	    "cut short" },
	{ "byte of no byte", BYTES(HEADER "\1\0\0\0\0"), EBADMSG,
	    "SAMPLE.byte: wrong length" },
	{ "byte of two bytes", BYTES(HEADER "\1\0\0\0\2\0\1"), EBADMSG,
	    "SAMPLE.byte: wrong length" },
	{ "uint32 of 3 bytes", BYTES(HEADER BYTE_FIELD "\3\0\0\0\3\0\0\1"),
	    EBADMSG, "SAMPLE.u32: wrong length" },
	{ "uint32 of 8 bytes",
	    BYTES(HEADER BYTE_FIELD "\3\0\0\0\10\0\0\0\0\0\0\0\1"), EBADMSG,
	    "SAMPLE.u32: wrong length" },
	{ "uint64 of 4 bytes", BYTES(HEADER BYTE_FIELD "\4\0\0\0\4\0\0\0\1"),
	    EBADMSG, "SAMPLE.u64: wrong length" },
	{ "boolean 2", BYTES(HEADER BYTE_FIELD "\2\0\0\0\1\2"), EBADMSG,
	    "SAMPLE.flag: not a boolean" },
	{ "byte too large", BYTES(HEADER "\1\0\0\0\1\10"), EBADMSG,
	    "SAMPLE.byte: too large" },
	{ "uint32 too large", BYTES(HEADER BYTE_FIELD "\3\0\0\0\4\0\0\3\351"),
	    EBADMSG, "SAMPLE.u32: too large" },
	{ "text too long", BYTES(HEADER BYTE_FIELD "\5\0\0\0\11abcdefghi"),
	    EBADMSG, "SAMPLE.text: too long" },
	{ "NUL inside a text", BYTES(HEADER BYTE_FIELD "\5\0\0\0\3a\0b"),
	    EBADMSG, "SAMPLE.text: NUL" },
	{ "NUL at the end of a text", BYTES(HEADER BYTE_FIELD "\5\0\0\0\2a\0"),
	    EBADMSG, "SAMPLE.text: NUL" },
	{ "bytes too long", BYTES(HEADER BYTE_FIELD "\6\0\0\0\11abcdefghi"),
	    EBADMSG, "SAMPLE.bytes: too long" },
	{ "list too long",
	    BYTES(HEADER BYTE_FIELD "\7\0\0\0\21\0\0\0\15abcdefghijklm"),
	    EBADMSG, "SAMPLE.list: too long" },
	{ "list cut short in an item",
	    BYTES(HEADER BYTE_FIELD "\7\0\0\0\6\0\0\0\3ab"), EBADMSG,
	    "SAMPLE.list: not a list" },
	{ "list cut short in a length",
	    BYTES(HEADER BYTE_FIELD "\7\0\0\0\7\0\0\0\1a\0\0"), EBADMSG,
	    "SAMPLE.list: not a list" },
	{ "list whose item reaches behind the list",
	    BYTES(HEADER BYTE_FIELD "\7\0\0\0\4\0\0\0\5\x82\0\0\0\0"), EBADMSG,
	    "SAMPLE.list: not a list" },
};

static void
each_fault_is_refused(void **state)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *c = &refusals[i];
		struct sample m;
		uint8_t buf[128];

		memcpy(buf, c->wire.data, c->wire.len);
		errno = 0;
		if (message_decode(&sample_schema, buf, c->wire.len, &m) !=
			-1 ||
		    errno != c->error ||
		    strstr(message_error(), c->why) == NULL)
			fail_msg("%s: errno %d, \"%s\"", c->name, errno,
			    message_error());
	}
}

static void
the_encoder_writes_what_the_header_file_says(void **state)
{
	static const char right[] =
	    HEADER BYTE_FIELD "\2\0\0\0\1\1"
			      "\3\0\0\0\4\0\0\3\350"
			      "\4\0\0\0\10\1\2\3\4\5\6\7\10"
			      "\5\0\0\0\3abc"
			      "\6\0\0\0\2\0\377"
			      "\7\0\0\0\5\0\0\0\1x"
			      "\x82\0\0\0\0";
	static const struct sample m = {
		.byte = 2,
		.flag = true,
		.u32 = 1000,
		.u64 = UINT64_C(0x0102030405060708),
		.text = "abc",
		.bytes = BYTES("\0\377"),
		.list = BYTES("\0\0\0\1x"),
		.later = "",
	};
	uint8_t buf[128];
	int len;

	len = message_encode(&sample_schema, 5, &m, buf, sizeof(buf));
	assert_int_equal(len, sizeof(right) - 1);
	assert_memory_equal(buf, right, sizeof(right) - 1);
	for (size_t size = 0; size < sizeof(right) - 1; size++) {
		assert_int_equal(
		    message_encode(&sample_schema, 5, &m, buf, size), -1);
		assert_int_equal(errno, EMSGSIZE);
	}
}

/* Absent and empty are different things, but not for numbers. */
static void
what_is_not_there_is_left_out(void **state)
{
	static const char right[] = HEADER "\1\0\0\0\1\0";
	struct sample m = { .byte = 0 }, back;
	uint8_t buf[128];
	int len;

	len = message_encode(&sample_schema, 5, &m, buf, sizeof(buf));
	assert_int_equal(len, sizeof(right) - 1);
	assert_memory_equal(buf, right, sizeof(right) - 1);
	memset(&back, 0xff, sizeof(back));
	assert_int_equal(
	    message_decode(&sample_schema, buf, (size_t)len, &back), 0);
	assert_null(back.text);
	assert_null(back.bytes.data);
	assert_int_equal(back.bytes.len, 0);
	assert_null(back.list.data);
	assert_false(back.flag);
	assert_int_equal(back.u32, 0);

	m.text = "";
	m.bytes = (struct blob){ (const uint8_t *)"", 0 };
	len = message_encode(&sample_schema, 5, &m, buf, sizeof(buf));
	assert_int_equal(
	    message_decode(&sample_schema, buf, (size_t)len, &back), 0);
	assert_string_equal(back.text, "");
	assert_non_null(back.bytes.data);
	assert_int_equal(back.bytes.len, 0);
}

static void
the_encoder_keeps_the_limits(void **state)
{
	static const struct {
		const char *name;
		struct sample m;
	} cases[] = {
		{ "byte", { .byte = 8 } },
		{ "uint32", { .u32 = 1001 } },
		{ "text", { .text = "abcdefghi" } },
		{ "bytes", { .bytes = BYTES("abcdefghi") } },
		{ "list", { .list = BYTES("\0\0\0\15abcdefghijklm") } },
		{ "later", { .later = "abcdefghi" } },
	};
	uint8_t buf[128];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(message_encode(&sample_schema, 5, &cases[i].m,
				     buf, sizeof(buf)),
		    -1);
		assert_int_equal(errno, EMSGSIZE);
	}
}

/* Texts stand one behind the other, and each is terminated in place. */
static void
texts_are_terminated(void **state)
{
	static const char wire[] = HEADER BYTE_FIELD "\5\0\0\0\3abc"
						     "\6\0\0\0\1z"
						     "\x82\0\0\0\2hi";
	uint8_t buf[sizeof(wire)]; /* the NUL's place is the spare byte */
	struct sample m;

	memcpy(buf, wire, sizeof(wire));
	buf[sizeof(wire) - 1] = 'X';
	assert_int_equal(
	    message_decode(&sample_schema, buf, sizeof(wire) - 1, &m), 0);
	assert_string_equal(m.text, "abc");
	assert_string_equal(m.later, "hi");
	assert_int_equal(m.bytes.len, 1);
	assert_int_equal(m.bytes.data[0], 'z');
}

static void
unknown_optional_fields_are_skipped(void **state)
{
	static const char wire[] = HEADER BYTE_FIELD "\5\0\0\0\2ab"
						     "\x80\0\0\0\3\0\1\2"
						     "\x82\0\0\0\2hi"
						     "\xff\0\0\0\0";
	uint8_t buf[sizeof(wire)];
	struct sample m;

	memcpy(buf, wire, sizeof(wire));
	assert_int_equal(
	    message_decode(&sample_schema, buf, sizeof(wire) - 1, &m), 0);
	assert_string_equal(m.text, "ab");
	assert_string_equal(m.later, "hi");
}

/* A message inside of another is decoded where it stands. */
static void
a_message_may_stand_in_a_message(void **state)
{
	struct sample inner = { .byte = 1, .text = "inner" }, outer_back, back;
	struct wire_writer w;
	uint8_t in[64], buf[128], list[80];
	struct blob rows, row;
	struct field fields[sizeof(sample_fields) / sizeof(sample_fields[0])];
	struct message_schema outer_schema = sample_schema;
	struct sample outer = { .byte = 1, .later = "after" };
	int len;

	memcpy(fields, sample_fields, sizeof(fields));
	fields[6].max = sizeof(list);
	outer_schema.fields = fields;
	len = message_encode(&sample_schema, 1, &inner, in, sizeof(in));
	w = (struct wire_writer){ .data = list, .size = sizeof(list) };
	wire_put_string(&w, in, (size_t)len);
	wire_put_string(&w, in, (size_t)len);
	outer.list = (struct blob){ list, w.len };
	len = message_encode(&outer_schema, 2, &outer, buf, sizeof(buf));
	assert_int_equal(
	    message_decode(&outer_schema, buf, (size_t)len, &outer_back), 0);
	rows = outer_back.list;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(wire_list_next(&rows, &row), 1);
		assert_int_equal(
		    message_decode(&sample_schema,
			(uint8_t *)(uintptr_t)row.data, row.len, &back),
		    0);
		assert_string_equal(back.text, "inner");
	}
	assert_int_equal(wire_list_next(&rows, &row), 0);
	assert_string_equal(outer_back.later, "after");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_is_refused),
		cmocka_unit_test(the_encoder_writes_what_the_header_file_says),
		cmocka_unit_test(what_is_not_there_is_left_out),
		cmocka_unit_test(the_encoder_keeps_the_limits),
		cmocka_unit_test(texts_are_terminated),
		cmocka_unit_test(unknown_optional_fields_are_skipped),
		cmocka_unit_test(a_message_may_stand_in_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
