/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * steps: how a verdict came about, one sentence after the other, for somebody
 * who wants to know.  Their number and their length are bounded, whatever the
 * peer has to show.
 */
#ifndef TLSPOOL_VERIFIER_STEPS_H
#define TLSPOOL_VERIFIER_STEPS_H

#include <stdarg.h>

#include "daemon/ipc/app.h"

enum {
	STEPS_MAX = 256,   /* sentences */
	STEPS_TEXT = 1024, /* bytes of one, with the NUL */
	/* Of all, as they stand in a message. */
	STEPS_BYTES = APP_TRACE_STEPS_MAX,
};

struct steps;

/* Where in the steps something began. */
struct steps_mark {
	unsigned n;
	size_t len;
};

/* NULL and ENOMEM. */
struct steps *steps_new(void);
void steps_free(struct steps *);

/*
 * Adds a sentence, of which only printable ASCII is kept: much of it comes
 * from the peer and goes to terminals.  The first one that there is no room
 * for becomes the remark that there are more, and is the last.
 */
void steps_add(struct steps *, const char *fmt, va_list)
    __attribute__((format(printf, 2, 0)));

/* Takes back what was added behind the mark; steps NULL is fine. */
struct steps_mark steps_mark(const struct steps *);
void steps_rewind(struct steps *, struct steps_mark);

/* A list for wire_list_next(), which belongs to the steps; steps NULL: none. */
struct blob steps_list(const struct steps *);

#endif
