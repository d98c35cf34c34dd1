/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * fresh: a question to the DNS for somebody who has just changed what it says:
 * neither the resolver's table nor what libunbound remembers answers it.
 */
#ifndef TLSPOOL_VERIFIER_FRESH_H
#define TLSPOOL_VERIFIER_FRESH_H

#include "daemon/verifier/resolver.h"

struct ub_ctx;
struct ub_result;

/* Zeroed, but for `answered`. */
struct fresh {
	/* Called once, from the loop; it may end the question. */
	void (*answered)(struct fresh *);
	struct resolver_answer answer; /* with the records, proved or not */

	struct loop *loop;
	uint32_t timeout; /* milliseconds */
	struct ub_ctx *ctx;
	struct ub_result *result; /* that answer.records point into */
	struct loop_watch watch;
	struct loop_timer timer;
	int id; /* of libunbound */
	bool done;
};

/*
 * 0, or -1 and one sentence in answer.why.  A question that was begun, or not,
 * is ended by fresh_end().
 */
int fresh_ask(struct fresh *, struct loop *, const struct config *,
    const char *name, unsigned type);
void fresh_end(struct fresh *);

#endif
