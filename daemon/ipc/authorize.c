/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * authorize: how the messages between verifier and authorizer stand on the
 * wire.
 */
#include "daemon/ipc/app.h"
#include "daemon/ipc/authorize.h"

static const struct field authorize_req_fields[] = {
	FIELD(authorize_req, 1, BYTE, role, true, 1),
	FIELD(authorize_req, 2, TEXT, local, false, APP_NAME_MAX),
	FIELD(authorize_req, 3, TEXT, remote, true, APP_NAME_MAX),
	FIELD(authorize_req, 4, TEXT, method, true, 64),
	FIELD(authorize_req, 5, TEXT, evidence, true, APP_REASON_MAX),
	FIELD(authorize_req, 6, TEXT, service, false, 64),
	FIELD(authorize_req, 7, U32, port, false, 65535),
	FIELD(authorize_req, 8, U32, uid, true, 0),
};

static const struct field authorize_ans_fields[] = {
	FIELD(authorize_ans, 1, BYTE, verdict, true, 2),
	FIELD(authorize_ans, 2, TEXT, reason, true, AUTHORIZE_REASON_MAX),
	FIELD(authorize_ans, 3, U32, lifetime, false, 0),
};

static const struct field authorize_ready_fields[] = {
	FIELD(authorize_ready, 128, BOOLEAN, unused, false, 0),
};

MESSAGE_SCHEMA(authorize_req_schema, AUTHORIZE_REQ, authorize_req, 0, 0);
MESSAGE_SCHEMA(authorize_ans_schema, AUTHORIZE_ANS, authorize_ans, 0, 0);
MESSAGE_SCHEMA(authorize_ready_schema, AUTHORIZE_READY, authorize_ready, 0, 0);
