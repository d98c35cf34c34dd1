/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * message: the codec behind every message, driven by the tables.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ipc/message.h"

static _Thread_local char last_error[128];

static int
fail(int error, const struct message_schema *schema, const char *field,
    const char *what)
{
	snprintf(last_error, sizeof(last_error), "%s%s%s: %s", schema->name,
	    field != NULL ? "." : "", field != NULL ? field : "", what);
	errno = error;
	return -1;
}

const char *
message_error(void)
{
	return last_error;
}

/* The value of a numeric member, whatever its width. */
static uint64_t
number_of(const struct field *f, const uint8_t *member)
{
	uint32_t u32;
	uint64_t u64;

	switch (f->type) {
	case FIELD_BYTE:
		return *member;
	case FIELD_BOOLEAN:
		return *(const bool *)member ? 1 : 0;
	case FIELD_U32:
		memcpy(&u32, member, sizeof(u32));
		return u32;
	default:
		memcpy(&u64, member, sizeof(u64));
		return u64;
	}
}

static size_t
number_width(enum field_type type)
{
	return type == FIELD_U64 ? 8 : type == FIELD_U32 ? 4 : 1;
}

static bool
is_number(enum field_type type)
{
	return type <= FIELD_U64;
}

static void
put_number(struct wire_writer *w, const struct field *f, uint64_t v)
{
	wire_put_byte(w, f->tag);
	wire_put_u32(w, (uint32_t)number_width(f->type));
	if (f->type == FIELD_U64)
		wire_put_u64(w, v);
	else if (f->type == FIELD_U32)
		wire_put_u32(w, (uint32_t)v);
	else
		wire_put_byte(w, (uint8_t)v);
}

static struct blob
bytes_of(const struct field *f, const uint8_t *member)
{
	struct blob b = { NULL, 0 };
	const char *text;

	if (f->type == FIELD_TEXT) {
		memcpy(&text, member, sizeof(text));
		if (text != NULL)
			b = (struct blob){ (const uint8_t *)text,
				strlen(text) };
	} else {
		memcpy(&b, member, sizeof(b));
	}
	return b;
}

static int
encode_field(struct wire_writer *w, const struct message_schema *schema,
    const struct field *f, const uint8_t *member)
{
	struct blob b;
	uint64_t v;

	if (is_number(f->type)) {
		v = number_of(f, member);
		if (f->max != 0 && v > f->max)
			return fail(EMSGSIZE, schema, f->name, "too large");
		if (v != 0 || f->required)
			put_number(w, f, v);
		return 0;
	}
	b = bytes_of(f, member);
	if (b.data == NULL && f->required)
		return fail(EINVAL, schema, f->name, "missing");
	if (b.len > f->max)
		return fail(EMSGSIZE, schema, f->name, "too long");
	if (b.data != NULL) {
		wire_put_byte(w, f->tag);
		wire_put_string(w, b.data, b.len);
	}
	return 0;
}

int
message_encode(const struct message_schema *schema, uint32_t request,
    const void *msg, uint8_t *buf, size_t size)
{
	struct wire_writer w = { .data = buf, .size = size };
	const struct field *f;

	wire_put_byte(&w, MESSAGE_VERSION);
	wire_put_byte(&w, schema->type);
	wire_put_u32(&w, request);
	for (f = schema->fields; f < schema->fields + schema->nfields; f++)
		if (encode_field(
			&w, schema, f, (const uint8_t *)msg + f->offset) != 0)
			return -1;
	if (w.full)
		return fail(EMSGSIZE, schema, NULL, "too long for a message");
	return (int)w.len;
}

int
message_peek(const uint8_t *buf, size_t len, struct message_header *h)
{
	/* Only read from. */
	struct wire_reader r = { (uint8_t *)(uintptr_t)buf, len };

	if (wire_get_byte(&r, &h->version) != 0 ||
	    wire_get_byte(&r, &h->type) != 0 ||
	    wire_get_u32(&r, &h->request) != 0) {
		snprintf(last_error, sizeof(last_error), "short header");
		errno = EBADMSG;
		return -1;
	}
	if (h->version != MESSAGE_VERSION) {
		snprintf(last_error, sizeof(last_error),
		    "version %u of the protocol; this is version %u",
		    h->version, MESSAGE_VERSION);
		errno = EBADMSG;
		return -1;
	}
	return 0;
}

static int
decode_number(const struct message_schema *schema, const struct field *f,
    struct wire_reader *value, uint8_t *member)
{
	uint64_t v = 0;
	size_t width = number_width(f->type);
	uint32_t u32;

	if (value->len != width)
		return fail(EBADMSG, schema, f->name, "wrong length");
	for (size_t i = 0; i < width; i++)
		v = v << 8 | value->data[i];
	if (f->type == FIELD_BOOLEAN && v > 1)
		return fail(EBADMSG, schema, f->name, "not a boolean");
	if (f->max != 0 && v > f->max)
		return fail(EBADMSG, schema, f->name, "too large");
	if (f->type == FIELD_U64) {
		memcpy(member, &v, sizeof(v));
	} else if (f->type == FIELD_U32) {
		u32 = (uint32_t)v;
		memcpy(member, &u32, sizeof(u32));
	} else if (f->type == FIELD_BOOLEAN) {
		*(bool *)member = v != 0;
	} else {
		*member = (uint8_t)v;
	}
	return 0;
}

static bool
is_list(struct blob list)
{
	struct blob item;
	int r;

	while ((r = wire_list_next(&list, &item)) == 1)
		;
	return r == 0;
}

static int
decode_bytes(const struct message_schema *schema, const struct field *f,
    struct wire_reader *value, uint8_t *member)
{
	struct blob b = { value->data, value->len };
	const char *text = (const char *)value->data;

	if (b.len > f->max)
		return fail(EBADMSG, schema, f->name, "too long");
	if (f->type == FIELD_TEXT && memchr(b.data, 0, b.len) != NULL)
		return fail(EBADMSG, schema, f->name, "NUL inside a text");
	if (f->type == FIELD_LIST && !is_list(b))
		return fail(EBADMSG, schema, f->name, "not a list");
	if (f->type == FIELD_TEXT)
		memcpy(member, &text, sizeof(text));
	else
		memcpy(member, &b, sizeof(b));
	return 0;
}

static int
decode_field(const struct message_schema *schema, uint8_t tag,
    struct wire_reader *value, void *msg, uint64_t *seen)
{
	const struct field *f = schema->fields;
	const struct field *end = schema->fields + schema->nfields;
	uint8_t *member;

	while (f < end && f->tag != tag)
		f++;
	if (f == end) {
		if (tag >= MESSAGE_OPTIONAL_TAG)
			return 0;
		return fail(EOPNOTSUPP, schema, NULL,
		    "a field that is not served here");
	}
	*seen |= UINT64_C(1) << (f - schema->fields);
	member = (uint8_t *)msg + f->offset;
	if (is_number(f->type))
		return decode_number(schema, f, value, member);
	return decode_bytes(schema, f, value, member);
}

/*
 * Terminating a text overwrites the first byte behind it, which is the tag of
 * the next field: so the tag of a field is read before the text of the field
 * in front of it is terminated.
 */
int
message_decode(
    const struct message_schema *schema, uint8_t *buf, size_t len, void *msg)
{
	struct wire_reader r = { buf, len };
	struct wire_reader value;
	struct message_header h;
	uint64_t seen = 0;
	int last = -1;
	uint8_t tag;

	memset(msg, 0, schema->size);
	if (message_peek(buf, len, &h) != 0)
		return -1;
	if (h.type != schema->type)
		return fail(EBADMSG, schema, NULL, "another type of message");
	r.data += MESSAGE_HEADER;
	r.len -= MESSAGE_HEADER;
	while (r.len > 0) {
		(void)wire_get_byte(&r, &tag);
		if (last >= 0)
			r.data[-1] = '\0';
		if (tag <= last)
			return fail(
			    EBADMSG, schema, NULL, "fields not in order");
		if (wire_get_string(&r, &value.data, &value.len) != 0)
			return fail(
			    EBADMSG, schema, NULL, "a field is cut short");
		if (decode_field(schema, tag, &value, msg, &seen) != 0)
			return -1;
		last = tag;
	}
	*r.data = '\0';
	for (size_t i = 0; i < schema->nfields; i++)
		if (schema->fields[i].required &&
		    (seen & UINT64_C(1) << i) == 0)
			return fail(
			    EBADMSG, schema, schema->fields[i].name, "missing");
	return 0;
}
