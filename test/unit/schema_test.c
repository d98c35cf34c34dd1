/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * schema_test: every message of the pool, with nothing, everything and the
 * greatest values in it, there and back; driven by the tables themselves.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/ipc/message.h"
#include "test/unit/schemas.h"

/* More than any field can hold. */
enum { ARENA = 512 * 1024 };

static char text_arena[ARENA];
static uint8_t list_arena[ARENA];
static uint8_t wire[MESSAGE_MAX + 1], again[MESSAGE_MAX + 1];

/* Room for any of the structs. */
union any {
	max_align_t align;
	uint8_t space[1024];
};

static bool
is_number(const struct field *f)
{
	return f->type <= FIELD_U64;
}

static uint64_t
greatest(const struct field *f)
{
	if (f->type == FIELD_BOOLEAN)
		return 1;
	if (f->max != 0)
		return f->max;
	return f->type == FIELD_BYTE  ? UINT8_MAX
	       : f->type == FIELD_U32 ? UINT32_MAX
				      : UINT64_MAX;
}

static void
set_number(const struct field *f, union any *m, uint64_t v)
{
	uint8_t *at = m->space + f->offset;
	uint32_t u32 = (uint32_t)v;
	bool flag = v != 0;

	if (f->type == FIELD_U64)
		memcpy(at, &v, sizeof(v));
	else if (f->type == FIELD_U32)
		memcpy(at, &u32, sizeof(u32));
	else if (f->type == FIELD_BOOLEAN)
		memcpy(at, &flag, sizeof(flag));
	else
		*at = (uint8_t)v;
}

/* The last len bytes of the arena: a text ends where the arena does. */
static void
set_bytes(const struct field *f, union any *m, size_t len)
{
	const char *text = text_arena + ARENA - 1 - len;
	struct blob b = { (const uint8_t *)text, len };

	if (f->type == FIELD_TEXT) {
		memcpy(m->space + f->offset, &text, sizeof(text));
		return;
	}
	if (f->type == FIELD_LIST) {
		/* one item that fills the list; an empty list below that */
		struct wire_writer w = { .data = list_arena, .size = ARENA };

		if (len >= 4)
			wire_put_string(&w, text_arena, len - 4);
		b = (struct blob){ list_arena, w.len };
	}
	memcpy(m->space + f->offset, &b, sizeof(b));
}

static struct blob
get_bytes(const struct field *f, const union any *m)
{
	struct blob b = { NULL, 0 };
	const char *text;

	if (f->type != FIELD_TEXT) {
		memcpy(&b, m->space + f->offset, sizeof(b));
		return b;
	}
	memcpy(&text, m->space + f->offset, sizeof(text));
	if (text != NULL)
		b = (struct blob){ (const uint8_t *)text, strlen(text) };
	return b;
}

static void
fill_required(const struct message_schema *s, union any *m)
{
	memset(m, 0, sizeof(*m));
	for (size_t i = 0; i < s->nfields; i++)
		if (s->fields[i].required && !is_number(&s->fields[i]))
			set_bytes(&s->fields[i], m, 0);
}

static void
assert_same(
    const struct message_schema *s, const union any *a, const union any *b)
{
	static const size_t width[] = { [FIELD_BYTE] = 1,
		[FIELD_BOOLEAN] = sizeof(bool),
		[FIELD_U32] = 4,
		[FIELD_U64] = 8 };

	for (size_t i = 0; i < s->nfields; i++) {
		const struct field *f = &s->fields[i];
		struct blob x, y;

		if (is_number(f)) {
			if (memcmp(a->space + f->offset, b->space + f->offset,
				width[f->type]) != 0)
				fail_msg("%s.%s differs", s->name, f->name);
			continue;
		}
		x = get_bytes(f, a);
		y = get_bytes(f, b);
		if (x.len != y.len || (x.data == NULL) != (y.data == NULL) ||
		    (x.len > 0 && memcmp(x.data, y.data, x.len) != 0))
			fail_msg("%s.%s differs", s->name, f->name);
	}
}

/* There, back, and there again: the same message and the same bytes. */
static void
assert_round_trip(const struct message_schema *s, const union any *m)
{
	struct message_header h;
	union any back;
	int len, len2;

	len = message_encode(s, 0xdeadbeef, m, wire, MESSAGE_MAX);
	if (len == -1)
		fail_msg("%s: %s", s->name, message_error());
	assert_int_equal(message_peek(wire, (size_t)len, &h), 0);
	assert_int_equal(h.version, MESSAGE_VERSION);
	assert_int_equal(h.type, s->type);
	assert_int_equal(h.request, 0xdeadbeef);
	memcpy(again, wire, (size_t)len);
	memset(&back, 0xff, sizeof(back));
	if (message_decode(s, wire, (size_t)len, &back) != 0)
		fail_msg("%s: %s", s->name, message_error());
	assert_same(s, m, &back);
	memcpy(wire, again, (size_t)len);
	memset(again, 0, sizeof(again));
	assert_int_equal(message_decode(s, wire, (size_t)len, &back), 0);
	len2 = message_encode(s, 0xdeadbeef, &back, again, MESSAGE_MAX);
	assert_int_equal(len2, len);
	/* decoding has terminated texts in wire: m says what was there */
	assert_int_equal(
	    message_encode(s, 0xdeadbeef, m, wire, MESSAGE_MAX), len);
	assert_memory_equal(wire, again, (size_t)len);
}

static void
tables_are_in_order(void **state)
{
	bool types[256] = { false };

	for (size_t n = 0; all_schemas[n] != NULL; n++) {
		const struct message_schema *s = all_schemas[n];
		int last = 0;

		assert_true(s->size <= sizeof(union any));
		assert_true(s->nfields > 0 && s->nfields <= 64);
		assert_true(s->min_fds <= s->max_fds);
		assert_true(s->max_fds <= MESSAGE_MAX_FDS);
		if (types[s->type])
			fail_msg(
			    "%s: its type %u is another's", s->name, s->type);
		types[s->type] = true;
		for (size_t i = 0; i < s->nfields; i++) {
			const struct field *f = &s->fields[i];

			if (f->tag <= last)
				fail_msg("%s.%s: tag out of order", s->name,
				    f->name);
			if (f->required && f->tag >= MESSAGE_OPTIONAL_TAG)
				fail_msg("%s.%s: required, but an old reader "
					 "would skip it",
				    s->name, f->name);
			if (!is_number(f) && f->max == 0)
				fail_msg("%s.%s: no limit", s->name, f->name);
			last = f->tag;
		}
	}
}

static void
minimal_messages_round_trip(void **state)
{
	union any m;

	for (size_t n = 0; all_schemas[n] != NULL; n++) {
		fill_required(all_schemas[n], &m);
		assert_round_trip(all_schemas[n], &m);
	}
}

static void
full_messages_round_trip(void **state)
{
	union any m;

	for (size_t n = 0; all_schemas[n] != NULL; n++) {
		const struct message_schema *s = all_schemas[n];

		memset(&m, 0, sizeof(m));
		for (size_t i = 0; i < s->nfields; i++) {
			const struct field *f = &s->fields[i];

			if (is_number(f))
				set_number(f, &m, greatest(f));
			else
				set_bytes(f, &m, f->max < 24 ? f->max : 24);
		}
		assert_round_trip(s, &m);
	}
}

/* Each field as great as it may be, and one more. */
static void
limits_are_kept(void **state)
{
	union any m;

	for (size_t n = 0; all_schemas[n] != NULL; n++) {
		const struct message_schema *s = all_schemas[n];

		for (size_t i = 0; i < s->nfields; i++) {
			const struct field *f = &s->fields[i];

			fill_required(s, &m);
			if (is_number(f)) {
				set_number(f, &m, greatest(f));
				assert_round_trip(s, &m);
				if (f->max == 0)
					continue;
				set_number(f, &m, f->max + 1);
			} else {
				set_bytes(f, &m, f->max);
				/* some are bounded by the message alone */
				if (f->max < MESSAGE_MAX - 2048)
					assert_round_trip(s, &m);
				set_bytes(f, &m, f->max + 1);
			}
			errno = 0;
			assert_int_equal(
			    message_encode(s, 1, &m, wire, MESSAGE_MAX), -1);
			assert_int_equal(errno, EMSGSIZE);
		}
	}
}

/* The decoder has the same limits: it is shown what the encoder refuses. */
static void
the_decoder_keeps_the_limits_too(void **state)
{
	union any m;

	for (size_t n = 0; all_schemas[n] != NULL; n++) {
		struct message_schema lax = *all_schemas[n];
		struct field fields[64];

		memcpy(fields, lax.fields, lax.nfields * sizeof(fields[0]));
		lax.fields = fields;
		for (size_t i = 0; i < lax.nfields; i++) {
			struct field *f = &fields[i];
			uint64_t max = f->max;
			int len;

			fill_required(&lax, &m);
			if (is_number(f) && max == 0)
				continue;
			if (is_number(f))
				set_number(f, &m, max + 1);
			else
				set_bytes(f, &m, max + 1);
			f->max = is_number(f) ? 0 : ARENA;
			len = message_encode(&lax, 1, &m, wire, MESSAGE_MAX);
			f->max = max;
			if (len == -1) /* too long for any message */
				continue;
			errno = 0;
			assert_int_equal(message_decode(all_schemas[n], wire,
					     (size_t)len, &m),
			    -1);
			assert_int_equal(errno, EBADMSG);
			assert_non_null(strstr(message_error(), f->name));
		}
	}
}

/* Every beginning of a message is refused, or is itself a message. */
static void
messages_cut_short_are_refused(void **state)
{
	static uint8_t whole[MESSAGE_MAX];
	union any m, back;

	for (size_t n = 0; all_schemas[n] != NULL; n++) {
		const struct message_schema *s = all_schemas[n];
		int len;

		memset(&m, 0, sizeof(m));
		for (size_t i = 0; i < s->nfields; i++) {
			if (is_number(&s->fields[i]))
				set_number(&s->fields[i], &m, 1);
			else
				set_bytes(&s->fields[i], &m, 5);
		}
		len = message_encode(s, 1, &m, whole, sizeof(whole));
		assert_true(len > 0);
		for (size_t cut = 0; cut < (size_t)len; cut++) {
			memcpy(wire, whole, cut);
			errno = 0;
			if (message_decode(s, wire, cut, &back) != 0) {
				assert_int_equal(errno, EBADMSG);
				continue;
			}
			assert_int_equal(
			    message_encode(s, 1, &back, again, MESSAGE_MAX),
			    cut);
			assert_memory_equal(again, whole, cut);
		}
	}
}

static void
required_fields_are_required(void **state)
{
	union any m, back;

	for (size_t n = 0; all_schemas[n] != NULL; n++) {
		struct message_schema lax = *all_schemas[n];
		struct field fields[64];

		for (size_t i = 0; i < lax.nfields; i++) {
			const struct field *f = &all_schemas[n]->fields[i];
			int len;

			if (!f->required)
				continue;
			fill_required(all_schemas[n], &m);
			memcpy(fields, all_schemas[n]->fields,
			    lax.nfields * sizeof(fields[0]));
			fields[i].required = false;
			lax.fields = fields;
			if (!is_number(f)) {
				memset(m.space + f->offset, 0,
				    f->type == FIELD_TEXT
					? sizeof(char *)
					: sizeof(struct blob));
				assert_int_equal(message_encode(all_schemas[n],
						     1, &m, wire, MESSAGE_MAX),
				    -1);
				assert_int_equal(errno, EINVAL);
			}
			len = message_encode(&lax, 1, &m, wire, MESSAGE_MAX);
			assert_true(len > 0);
			assert_int_equal(message_decode(all_schemas[n], wire,
					     (size_t)len, &back),
			    -1);
			assert_int_equal(errno, EBADMSG);
			assert_non_null(strstr(message_error(), "missing"));
		}
	}
}

static int
setup(void **state)
{
	memset(text_arena, 'a', sizeof(text_arena) - 1);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_in_order),
		cmocka_unit_test(minimal_messages_round_trip),
		cmocka_unit_test(full_messages_round_trip),
		cmocka_unit_test(limits_are_kept),
		cmocka_unit_test(the_decoder_keeps_the_limits_too),
		cmocka_unit_test(messages_cut_short_are_refused),
		cmocka_unit_test(required_fields_are_required),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
