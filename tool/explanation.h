/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * explanation: a trace, for people and for programs: what the peer showed,
 * what each method made of it, and the verdict.
 */
#ifndef TLSPOOL_TOOL_EXPLANATION_H
#define TLSPOOL_TOOL_EXPLANATION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct tlspool_request;

/* Of a request that is done and has a trace. */
struct explanation {
	const struct tlspool_request *request;
	const char *address; /* of the peer */
	const char *name;    /* that it was asked for by; NULL: none */
	const char *port;    /* NULL: it matters nothing */
	const char *service; /* or NULL */
};

void explanation_print(FILE *, const struct explanation *, bool json);

#endif
