/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * wire: the data types of RFC 4251 section 5.
 */
#include <string.h>

#include "daemon/ipc/wire.h"

static uint8_t *
put(struct wire_writer *w, size_t len)
{
	uint8_t *at;

	if (w->full || len > w->size - w->len) {
		w->full = true;
		return NULL;
	}
	at = w->data + w->len;
	w->len += len;
	return at;
}

void
wire_put_byte(struct wire_writer *w, uint8_t v)
{
	uint8_t *at = put(w, 1);

	if (at != NULL)
		*at = v;
}

void
wire_put_u32(struct wire_writer *w, uint32_t v)
{
	uint8_t *at = put(w, 4);

	for (int i = 0; at != NULL && i < 4; i++)
		at[i] = (uint8_t)(v >> (24 - 8 * i));
}

void
wire_put_u64(struct wire_writer *w, uint64_t v)
{
	uint8_t *at = put(w, 8);

	for (int i = 0; at != NULL && i < 8; i++)
		at[i] = (uint8_t)(v >> (56 - 8 * i));
}

void
wire_put_string(struct wire_writer *w, const void *data, size_t len)
{
	uint8_t *at;

	if (len > UINT32_MAX - 4) {
		w->full = true;
		return;
	}
	wire_put_u32(w, (uint32_t)len);
	at = put(w, len);
	if (at != NULL && len > 0)
		memcpy(at, data, len);
}

static uint8_t *
get(struct wire_reader *r, size_t len)
{
	uint8_t *at = r->data;

	if (len > r->len)
		return NULL;
	r->data += len;
	r->len -= len;
	return at;
}

int
wire_get_byte(struct wire_reader *r, uint8_t *v)
{
	const uint8_t *at = get(r, 1);

	if (at == NULL)
		return -1;
	*v = *at;
	return 0;
}

int
wire_get_u32(struct wire_reader *r, uint32_t *v)
{
	const uint8_t *at = get(r, 4);

	if (at == NULL)
		return -1;
	*v = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	     (uint32_t)at[2] << 8 | at[3];
	return 0;
}

int
wire_get_u64(struct wire_reader *r, uint64_t *v)
{
	uint32_t high, low;

	if (r->len < 8 || wire_get_u32(r, &high) != 0 ||
	    wire_get_u32(r, &low) != 0)
		return -1;
	*v = (uint64_t)high << 32 | low;
	return 0;
}

int
wire_get_string(struct wire_reader *r, uint8_t **data, size_t *len)
{
	struct wire_reader ahead = *r;
	uint32_t n;
	uint8_t *at;

	if (wire_get_u32(&ahead, &n) != 0 || (at = get(&ahead, n)) == NULL)
		return -1;
	*r = ahead;
	*data = at;
	*len = n;
	return 0;
}

int
wire_list_next(struct blob *list, struct blob *item)
{
	/* Only read from: the cast is for the reader's other users, who
	 * terminate strings in place. */
	struct wire_reader r = { (uint8_t *)(uintptr_t)list->data, list->len };
	uint8_t *data;

	if (list->len == 0)
		return 0;
	if (wire_get_string(&r, &data, &item->len) != 0)
		return -1;
	item->data = data;
	*list = (struct blob){ r.data, r.len };
	return 1;
}

size_t
wire_list_count(struct blob list)
{
	struct blob item;
	size_t n = 0;

	while (wire_list_next(&list, &item) == 1)
		n++;
	return n;
}
