/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * der: elements with tags of one octet and definite lengths.
 */
#include <string.h>

#include "daemon/verifier/der.h"

enum {
	LONG_FORM = 0x80, /* the rest of the octet: how many follow */
	HIGH_TAG = 0x1f,  /* the tag goes on in the next octet */
	LENGTH_OCTETS_MAX = 4,
};

static bool
read_length(struct der *in, size_t *len)
{
	unsigned n;

	if (in->at == in->end)
		return false;
	*len = *in->at++;
	if (*len < LONG_FORM)
		return true;
	n = (unsigned)*len - LONG_FORM;
	/* None is the indefinite form, which is not DER. */
	if (n == 0 || n > LENGTH_OCTETS_MAX || n > (size_t)(in->end - in->at))
		return false;
	for (*len = 0; n > 0; n--)
		*len = *len << 8 | *in->at++;
	return true;
}

bool
der_read(struct der *in, uint8_t *tag, struct der *value)
{
	struct der rest = *in;
	size_t len;

	if (rest.at == rest.end || (*rest.at & HIGH_TAG) == HIGH_TAG)
		return false;
	*tag = *rest.at++;
	if (!read_length(&rest, &len) || len > (size_t)(rest.end - rest.at))
		return false;
	*value = (struct der){ rest.at, rest.at + len };
	in->at = rest.at + len;
	return true;
}

bool
der_enter(struct der *in, enum der_tag wanted, struct der *value)
{
	struct der rest = *in;
	uint8_t tag;

	if (!der_read(&rest, &tag, value) || tag != wanted)
		return false;
	*in = rest;
	return true;
}

void
der_put(struct der_writer *w, const void *data, size_t len)
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
der_wrap(struct der_writer *w, enum der_tag tag, size_t end)
{
	uint8_t head[2 + LENGTH_OCTETS_MAX], *p = head + sizeof(head);
	size_t len = end - w->at;

	if (len < LONG_FORM) {
		*--p = (uint8_t)len;
	} else {
		unsigned n = 0;

		for (size_t rest = len; rest > 0 && n < LENGTH_OCTETS_MAX;
		     rest >>= 8, n++)
			*--p = (uint8_t)rest;
		*--p = (uint8_t)(LONG_FORM | n);
	}
	*--p = (uint8_t)tag;
	der_put(w, p, (size_t)(head + sizeof(head) - p));
}
