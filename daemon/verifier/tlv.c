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
	struct tlv rest = *in;
	size_t len;

	if (rest.len == 0 || (rest.data[0] & TAG_HIGH) == TAG_HIGH)
		return -1;
	*tag = *rest.data++;
	rest.len--;
	if (get_length(&rest, &len) != 0)
		return -1;
	*value = (struct tlv){ rest.data, len };
	*in = (struct tlv){ rest.data + len, rest.len - len };
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

void
tlv_put(struct tlv_writer *w, const void *data, size_t len)
{
	if (w->full || len > w->at) {
		w->full = true;
		return;
	}
	w->at -= len;
	if (len > 0)
		memcpy(w->data + w->at, data, len);
}

void
tlv_wrap(struct tlv_writer *w, uint8_t tag, size_t end)
{
	uint8_t head[2 + LENGTH_MAX], *p = head + sizeof(head);
	size_t len = end - w->at, n = 0;

	if (len >= (size_t)1 << (8 * LENGTH_MAX)) {
		w->full = true;
		return;
	}
	for (size_t rest = len; len >= LENGTH_LONG && rest > 0; rest >>= 8, n++)
		*--p = (uint8_t)rest;
	*--p = (uint8_t)(len < LENGTH_LONG ? len : LENGTH_LONG | n);
	*--p = tag;
	tlv_put(w, p, (size_t)(head + sizeof(head) - p));
}
