/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * message_fuzz: the input is a message, and its type says by which schema it
 * is decoded.  What is decoded encodes again to a message that says the same.
 */
#include <errno.h>
#include <string.h>

#include "daemon/ipc/message.h"
#include "test/fuzz/fuzz.h"
#include "test/unit/schemas.h"

union any {
	max_align_t align;
	uint8_t space[1024];
};

static void
walk_lists(const struct message_schema *s, const union any *msg)
{
	struct blob list, item;

	for (size_t i = 0; i < s->nfields; i++) {
		if (s->fields[i].type != FIELD_LIST)
			continue;
		memcpy(&list, msg->space + s->fields[i].offset, sizeof(list));
		int r;
		while ((r = wire_list_next(&list, &item)) == 1)
			;
		always(r == 0);
	}
}

static void
decode(const struct message_schema *s, const uint8_t *data, size_t len)
{
	uint8_t *copy, *one, *two;
	union any msg;
	int n;

	if ((copy = malloc(len + 1)) == NULL ||
	    (one = malloc(MESSAGE_MAX + 1)) == NULL ||
	    (two = malloc(MESSAGE_MAX)) == NULL)
		abort();
	memcpy(copy, data, len);
	if (message_decode(s, copy, len, &msg) == 0) {
		walk_lists(s, &msg);
		/* Shorter than the input where it had fields to be skipped. */
		n = message_encode(s, 7, &msg, one, MESSAGE_MAX);
		always(n >= MESSAGE_HEADER && (size_t)n <= len);
		always(message_encode(s, 7, &msg, two, MESSAGE_MAX) == n);
		always(message_decode(s, one, (size_t)n, &msg) == 0);
		always(message_encode(s, 7, &msg, copy, len) == n);
		always(memcmp(copy, two, (size_t)n) == 0);
	} else {
		always(errno == EBADMSG || errno == EOPNOTSUPP);
		always(message_error()[0] != '\0');
	}
	free(copy);
	free(one);
	free(two);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 2 || len > MESSAGE_MAX)
		return 0;
	for (size_t i = 0; all_schemas[i] != NULL; i++)
		if (all_schemas[i]->type == data[1])
			decode(all_schemas[i], data, len);
	return 0;
}
