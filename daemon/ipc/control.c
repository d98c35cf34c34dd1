/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * control: how the messages between parent and roles stand on the wire.
 */
#include "daemon/ipc/app.h"
#include "daemon/ipc/control.h"
#include "daemon/ipc/grant.h"

static const struct field control_configure_fields[] = {
	FIELD(control_configure, 1, U32, index, true, 0),
	FIELD(control_configure, 2, U32, workers, true, 0),
	FIELD(control_configure, 3, BOOLEAN, has_acl, true, 0),
	FIELD(control_configure, 4, BOOLEAN, has_disclosure, true, 0),
};

static const struct field control_grant_key_fields[] = {
	FIELD(control_grant_key, 1, U32, number, true, 0),
	FIELD(control_grant_key, 2, BYTES, key, true, GRANT_KEY_SIZE),
};

static const struct field control_edge_fields[] = {
	FIELD(control_edge, 1, BYTE, role, true, ROLES - 1),
	FIELD(control_edge, 2, U32, index, true, 0),
};

static const struct field control_listener_fields[] = {
	FIELD(control_listener, 1, BOOLEAN, admin, true, 0),
};

static const struct field control_begin_fields[] = {
	FIELD(control_begin, 128, BOOLEAN, unused, false, 0),
};

static const struct field control_drain_fields[] = {
	FIELD(control_drain, 1, U32, limit, true, 0),
};

static const struct field control_stop_fields[] = {
	FIELD(control_stop, 128, BOOLEAN, unused, false, 0),
};

static const struct field control_alive_fields[] = {
	FIELD(control_alive, 128, BOOLEAN, unused, false, 0),
};

static const struct field control_ready_fields[] = {
	FIELD(control_ready, 128, BOOLEAN, unused, false, 0),
};

static const struct field control_log_fields[] = {
	FIELD(control_log, 1, BYTE, priority, true, 7),
	FIELD(control_log, 2, TEXT, event, true, 64),
	FIELD(control_log, 3, TEXT, text, true, 2048),
};

static const struct field control_fault_fields[] = {
	FIELD(control_fault, 1, BYTE, role, true, ROLES - 1),
	FIELD(control_fault, 2, U32, index, true, 0),
	FIELD(control_fault, 3, TEXT, reason, true, APP_REASON_MAX),
};

static const struct field control_drained_fields[] = {
	FIELD(control_drained, 128, BOOLEAN, unused, false, 0),
};

MESSAGE_SCHEMA(
    control_configure_schema, CONTROL_CONFIGURE, control_configure, 3, 3);
MESSAGE_SCHEMA(
    control_grant_key_schema, CONTROL_GRANT_KEY, control_grant_key, 0, 0);
MESSAGE_SCHEMA(control_edge_schema, CONTROL_EDGE, control_edge, 1, 1);
MESSAGE_SCHEMA(
    control_listener_schema, CONTROL_LISTENER, control_listener, 1, 1);
MESSAGE_SCHEMA(control_begin_schema, CONTROL_BEGIN, control_begin, 0, 0);
MESSAGE_SCHEMA(control_drain_schema, CONTROL_DRAIN, control_drain, 0, 0);
MESSAGE_SCHEMA(control_stop_schema, CONTROL_STOP, control_stop, 0, 0);
MESSAGE_SCHEMA(control_alive_schema, CONTROL_ALIVE, control_alive, 0, 0);
MESSAGE_SCHEMA(control_ready_schema, CONTROL_READY, control_ready, 0, 0);
MESSAGE_SCHEMA(control_log_schema, CONTROL_LOG, control_log, 0, 0);
MESSAGE_SCHEMA(control_fault_schema, CONTROL_FAULT, control_fault, 0, 0);
MESSAGE_SCHEMA(control_drained_schema, CONTROL_DRAINED, control_drained, 0, 0);

const char *
role_name(unsigned role)
{
	static const char *const names[ROLES] = {
		[ROLE_PARENT] = "parent",
		[ROLE_FRONT] = "front",
		[ROLE_WORKER] = "worker",
		[ROLE_KEEPER] = "keeper",
		[ROLE_VERIFIER] = "verifier",
		[ROLE_AUTHORIZER] = "authorizer",
	};

	return role < ROLES ? names[role] : NULL;
}
