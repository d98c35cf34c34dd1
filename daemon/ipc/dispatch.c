/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dispatch: how the messages between front and worker stand on the wire.
 */
#include "daemon/ipc/app.h"
#include "daemon/ipc/dispatch.h"
#include "daemon/ipc/grant.h"

static const struct field dispatch_connection_fields[] = {
	FIELD(dispatch_connection, 1, U64, connection, true, 0),
};

static const struct field dispatch_disconnect_fields[] = {
	FIELD(dispatch_disconnect, 1, U64, connection, true, 0),
};

static const struct field dispatch_start_fields[] = {
	FIELD(dispatch_start, 1, U64, connection, true, 0),
	FIELD(dispatch_start, 2, U64, session, true, 0),
	FIELD(dispatch_start, 3, BYTES, grant, true, GRANT_MAX),
	FIELD(dispatch_start, 4, BYTES, start, true, MESSAGE_MAX),
	FIELD(dispatch_start, 5, U32, uid, true, 0),
};

static const struct field dispatch_answer_fields[] = {
	FIELD(dispatch_answer, 1, U64, session, true, 0),
	FIELD(dispatch_answer, 2, BYTES, answer, true, MESSAGE_MAX),
};

static const struct field dispatch_cancel_fields[] = {
	FIELD(dispatch_cancel, 1, U64, session, true, 0),
};

static const struct field dispatch_progress_fields[] = {
	FIELD(dispatch_progress, 1, BYTES, established, false, PROGRESS_MAX),
	FIELD(dispatch_progress, 2, BYTES, finished, false, PROGRESS_MAX),
};

MESSAGE_SCHEMA(
    dispatch_connection_schema, DISPATCH_CONNECTION, dispatch_connection, 1, 1);
MESSAGE_SCHEMA(
    dispatch_disconnect_schema, DISPATCH_DISCONNECT, dispatch_disconnect, 0, 0);
MESSAGE_SCHEMA(dispatch_start_schema, DISPATCH_START, dispatch_start, 1, 2);
MESSAGE_SCHEMA(dispatch_answer_schema, DISPATCH_ANSWER, dispatch_answer, 0, 0);
MESSAGE_SCHEMA(dispatch_cancel_schema, DISPATCH_CANCEL, dispatch_cancel, 0, 0);
MESSAGE_SCHEMA(
    dispatch_progress_schema, DISPATCH_PROGRESS, dispatch_progress, 0, 0);
