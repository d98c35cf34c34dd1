/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * authorize: the messages between the verifier and the authorizer.
 */
#ifndef TLSPOOL_IPC_AUTHORIZE_H
#define TLSPOOL_IPC_AUTHORIZE_H

#include "daemon/ipc/message.h"

enum authorize_message {
	AUTHORIZE_REQ = 72,
	AUTHORIZE_ANS = 73,
	AUTHORIZE_READY = 74,
};

enum { AUTHORIZE_REASON_MAX = 255 };

/* May this peer speak with us?  One at a time. */
struct authorize_req {
	uint8_t role;	   /* enum app_role: what we are */
	const char *local; /* NULL: no identity */
	const char *remote;
	const char *method;
	const char *evidence;
	const char *service; /* NULL: not said */
	uint32_t port;	     /* 0: not said */
	uint32_t uid;
};

/* What the plugin said, of <tlspool/authorize.h>. */
struct authorize_ans {
	uint8_t verdict; /* enum tlspool_authorize_verdict */
	const char *reason;
	uint32_t lifetime; /* seconds; 0: no bound */
};

/* From the authorizer: the plugin is there, ask. */
struct authorize_ready {
	bool unused;
};

extern const struct message_schema authorize_req_schema, authorize_ans_schema,
    authorize_ready_schema;

#endif
