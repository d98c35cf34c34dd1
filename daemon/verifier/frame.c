/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * frame: BER as RFC 4511, section 5.1, has it: lengths are definite, and may
 * be longer than they need be.
 */
#include <stdbool.h>

#include "daemon/verifier/frame.h"
#include "daemon/verifier/tlv.h"

enum {
	ENUMERATED = 0x0a,
	ENTRY = 0x64,	 /* [APPLICATION 4] */
	END = 0x65,	 /* [APPLICATION 5] */
	EXTENDED = 0x78, /* [APPLICATION 24] */
	LENGTH_MAX = 4,	 /* octets */
};

/* 1 and what the next one has; 0: it is not whole; -1: it is none. */
static int
take(struct tlv *in, uint8_t *tag, struct tlv *value)
{
	size_t head = 2, len;

	if (in->len < 2)
		return 0;
	*tag = in->data[0];
	len = in->data[1];
	if (len >= 0x80) {
		size_t octets = len & 0x7f;

		if (octets == 0 || octets > LENGTH_MAX)
			return -1;
		head += octets;
		if (in->len < head)
			return 0;
		len = 0;
		for (size_t i = 2; i < head; i++)
			len = len << 8 | in->data[i];
	}
	*value = (struct tlv){ in->data + head, len };
	if (len > in->len - head)
		return 0;
	in->data += head + len;
	in->len -= head + len;
	return 1;
}

static bool
get(struct tlv *in, uint8_t wanted, struct tlv *value)
{
	uint8_t tag;

	return take(in, &tag, value) == 1 && tag == wanted;
}

/* LDAPResult, and nothing in it that is cut. */
static bool
is_result(struct tlv in)
{
	struct tlv code, dn, text, more;
	uint8_t tag;

	if (!get(&in, ENUMERATED, &code) || code.len == 0 || code.len > 2 ||
	    !get(&in, TLV_OCTET_STRING, &dn) ||
	    !get(&in, TLV_OCTET_STRING, &text))
		return false;
	while (in.len > 0) {
		if (take(&in, &tag, &more) != 1)
			return false;
		/* A referral is a list of texts; the rest is text. */
		while ((tag & TLV_CONSTRUCTED) && more.len > 0)
			if (!get(&more, TLV_OCTET_STRING, &text))
				return false;
	}
	return true;
}

static bool
is_attribute(struct tlv in)
{
	struct tlv name, values, value;

	if (!get(&in, TLV_OCTET_STRING, &name) || !get(&in, TLV_SET, &values) ||
	    in.len > 0)
		return false;
	while (values.len > 0)
		if (!get(&values, TLV_OCTET_STRING, &value))
			return false;
	return true;
}

static bool
is_entry(struct tlv in)
{
	struct tlv dn, list, one;

	if (!get(&in, TLV_OCTET_STRING, &dn) ||
	    !get(&in, TLV_SEQUENCE, &list) || in.len > 0)
		return false;
	while (list.len > 0)
		if (!get(&list, TLV_SEQUENCE, &one) || !is_attribute(one))
			return false;
	return true;
}

/* Controls were not asked for. */
static bool
is_message(struct tlv in)
{
	struct tlv id, operation;
	uint8_t tag, any = 0;

	if (!get(&in, TLV_INTEGER, &id) || id.len == 0 || id.len > 4 ||
	    take(&in, &tag, &operation) != 1 || in.len > 0)
		return false;
	for (size_t i = 0; i < id.len; i++)
		any |= id.data[i];
	if (any == 0)
		return false;
	return tag == ENTRY
		   ? is_entry(operation)
		   : (tag == END || tag == EXTENDED) && is_result(operation);
}

int
frame_check(const uint8_t *data, size_t len, size_t max, size_t *length)
{
	struct tlv in = { data, len }, value = { NULL, 0 };
	uint8_t tag = TLV_SEQUENCE;
	int r = take(&in, &tag, &value);

	if (r < 0 || (len > 0 && data[0] != TLV_SEQUENCE) || value.len > max)
		return -1;
	if (r == 0)
		return 0;
	*length = len - in.len;
	return *length <= max && is_message(value) ? 1 : -1;
}
