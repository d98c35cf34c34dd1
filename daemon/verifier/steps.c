/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * steps: kept as they go into the message, so that there is nothing to be
 * made of them, and nothing that could fail, when the verdict is in.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/verifier/steps.h"

static const char remark[] = "more: there are more steps than can be shown";

enum {
	ITEM_HEAD = 4, /* bytes of a length in a list */
	USABLE = STEPS_BYTES - ITEM_HEAD - (int)sizeof(remark),
};

struct steps {
	unsigned n;
	struct wire_writer writer;
	uint8_t data[STEPS_BYTES];
};

struct steps *
steps_new(void)
{
	struct steps *steps = calloc(1, sizeof(*steps));

	if (steps == NULL)
		return NULL;
	steps->writer.data = steps->data;
	steps->writer.size = sizeof(steps->data);
	return steps;
}

void
steps_free(struct steps *steps)
{
	free(steps);
}

void
steps_add(struct steps *steps, const char *fmt, va_list args)
{
	char text[STEPS_TEXT];
	size_t len;

	if (steps->n == STEPS_MAX)
		return;
	vsnprintf(text, sizeof(text), fmt, args);
	len = strlen(text);
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			text[i] = '?';
	if (++steps->n < STEPS_MAX &&
	    steps->writer.len + ITEM_HEAD + len <= USABLE) {
		wire_put_string(&steps->writer, text, len);
		return;
	}
	steps->n = STEPS_MAX;
	wire_put_string(&steps->writer, remark, sizeof(remark) - 1);
}

struct steps_mark
steps_mark(const struct steps *steps)
{
	return steps != NULL
		   ? (struct steps_mark){ steps->n, steps->writer.len }
		   : (struct steps_mark){ 0 };
}

void
steps_rewind(struct steps *steps, struct steps_mark mark)
{
	if (steps == NULL)
		return;
	steps->n = mark.n;
	steps->writer.len = mark.len;
}

struct blob
steps_list(const struct steps *steps)
{
	return steps != NULL
		   ? (struct blob){ steps->writer.data, steps->writer.len }
		   : (struct blob){ NULL, 0 };
}
