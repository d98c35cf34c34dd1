/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dispatch: the messages between front and a worker.  The worker answers
 * straight to the application, over its connection, which front passes once;
 * what the application says comes through front.
 */
#ifndef TLSPOOL_IPC_DISPATCH_H
#define TLSPOOL_IPC_DISPATCH_H

#include "daemon/ipc/message.h"

enum dispatch_message {
	/* front to worker */
	DISPATCH_CONNECTION = 32,
	DISPATCH_DISCONNECT = 33,
	DISPATCH_START = 34,
	DISPATCH_ANSWER = 35,
	DISPATCH_CANCEL = 36,
	/* worker to front */
	DISPATCH_PROGRESS = 40,
};

enum { PROGRESS_MAX = 64 * 8 }; /* bytes of each of its fields */

/* An application's connection (its descriptor comes along). */
struct dispatch_connection {
	uint64_t connection;
};

/* It is gone: its handshakes end, its established sessions go on. */
struct dispatch_disconnect {
	uint64_t connection;
};

/* A new session. Descriptors: those of the START. */
struct dispatch_start {
	uint64_t connection;
	uint64_t session;
	struct blob grant; /* sealed */
	struct blob start; /* the application's message as it came */
	uint32_t uid;	   /* for "tlspool-cli sessions"; nothing else */
};

struct dispatch_answer {
	uint64_t session;
	struct blob answer; /* the application's message as it came */
};

struct dispatch_cancel {
	uint64_t session;
};

/* How far sessions have come: their numbers, one behind the other, as uint64s
 * in network order. */
struct dispatch_progress {
	struct blob established; /* and STARTED has been sent */
	struct blob finished;	 /* the worker has forgotten them */
};

extern const struct message_schema dispatch_connection_schema,
    dispatch_disconnect_schema, dispatch_start_schema, dispatch_answer_schema,
    dispatch_cancel_schema, dispatch_progress_schema;

#endif
