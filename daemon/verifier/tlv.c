/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tlv: tags of one byte and lengths of at most three are all that
 * certificates have.
 */
#include <string.h>

#include "daemon/verifier/tlv.h"

enum {
	TAG_HIGH = 0x1f, /* more bytes of the tag follow */
	LENGTH_LONG = 0x80,
	LENGTH_MAX = 3, /* bytes of a length */
};

static int
get_length(struct tlv *in, size_t *len)
{
	size_t n;

	if (in->len == 0)
		return -1;
	*len = *in->data++;
	in->len--;
	if (*len < LENGTH_LONG)
		return *len <= in->len ? 0 : -1;
	n = *len - LENGTH_LONG;
	if (n == 0 || n > LENGTH_MAX || n > in->len || in->data[0] == 0)
		return -1;
	*len = 0;
	while (n-- > 0) {
		*len = *len << 8 | *in->data++;
		in->len--;
	}
	return *len >= LENGTH_LONG && *len <= in->len ? 0 : -1;
}

int
tlv_next(struct tlv *in, uint8_t *tag, struct tlv *value)
{
	size_t len;

	if (in->len == 0 || (in->data[0] & TAG_HIGH) == TAG_HIGH)
		return -1;
	*tag = *in->data++;
	in->len--;
	if (get_length(in, &len) != 0)
		return -1;
	*value = (struct tlv){ in->data, len };
	in->data += len;
	in->len -= len;
	return 0;
}

int
tlv_get(struct tlv *in, uint8_t tag, struct tlv *value)
{
	return tlv_take(in, tag, value) ? 0 : -1;
}

bool
tlv_take(struct tlv *in, uint8_t tag, struct tlv *value)
{
	struct tlv ahead = *in, contents;
	uint8_t found;

	if (tlv_next(&ahead, &found, &contents) != 0 || found != tag)
		return false;
	*in = ahead;
	*value = contents;
	return true;
}

int
tlv_whole(struct tlv *in, uint8_t tag, struct tlv *whole)
{
	const uint8_t *start = in->data;
	struct tlv value;

	if (tlv_get(in, tag, &value) != 0)
		return -1;
	*whole = (struct tlv){ start, (size_t)(in->data - start) };
	return 0;
}

bool
tlv_equal(struct tlv a, struct tlv b)
{
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}
