/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * traced: one handshake with a server, for what it shows and what the pool
 * makes of it.
 */
#ifndef TLSPOOL_TOOL_TRACED_H
#define TLSPOOL_TOOL_TRACED_H

#include "tool/request.h"
#include "tool/target.h"

struct tlspool;
struct tlspool_request;

struct traced {
	struct tlspool *pool;
	struct tlspool_request *req;
	char address[ADDRESS_TEXT_MAX]; /* of the server */
};

/*
 * Does the handshake, and ends what came of it.  TOOL_OK: tlspool_trace() of
 * the request is there, whatever it says.  Else a status after a complaint.
 * traced_close() in every case.
 */
int traced_open(
    struct traced *, const struct target *, const struct request_options *);
void traced_close(struct traced *);

#endif
