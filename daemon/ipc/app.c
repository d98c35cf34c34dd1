/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * app: how the messages of <daemon/ipc/app.h> stand on the wire.  A tag is
 * never used again for something else.
 */
#include "daemon/ipc/app.h"
#include "daemon/ipc/credential.h"

static const struct field start_fields[] = {
	FIELD(start, 1, BYTE, role, true, APP_ROLE_SERVER),
	FIELD(start, 2, BYTE, transport, true, APP_TRANSPORT_SCTP),
	FIELD(start, 3, U32, flags, false, 0),
	FIELD(start, 4, TEXT, local_name, false, APP_NAME_MAX),
	FIELD(start, 5, TEXT, remote_name, false, APP_NAME_MAX),
	FIELD(start, 6, TEXT, service, false, 64),
	FIELD(start, 7, U32, port, false, 65535),
	FIELD(start, 8, LIST, alpn, false, APP_ALPN_MAX),
	FIELD(start, 9, U32, min_version, false, 0xffff),
	FIELD(start, 10, U32, max_version, false, 0xffff),
	FIELD(start, 11, BYTE, verify, false, APP_VERIFY_ASK),
	FIELD(start, 12, U32, timeout, false, APP_TIMEOUT_MAX),
	FIELD(start, 13, U32, questions, false, 0),
	FIELD(start, 14, U32, events, false, 0),
	FIELD(start, 15, BYTES, prefix, false, APP_PREFIX_MAX),
	FIELD(start, 16, BOOLEAN, early, false, 0),
	FIELD(start, 17, TEXT, psk, false, APP_NAME_MAX),
	FIELD(start, 18, BYTES, resume, false, 16384),
	FIELD(start, 19, LIST, anchors, false, APP_PREFIX_MAX),
};

static const struct field answer_fields[] = {
	FIELD(answer, 1, U32, question, true, 0),
	FIELD(answer, 2, BYTE, verdict, true, APP_REJECT),
	FIELD(answer, 3, BYTES, data, false, 4096),
};

static const struct field cancel_fields[] = {
	FIELD(cancel, 128, BOOLEAN, unused, false, 0),
};

static const struct field ping_fields[] = {
	FIELD(ping, 128, BOOLEAN, unused, false, 0),
};

static const struct field started_fields[] = {
	FIELD(started, 1, TEXT, peer_name, true, APP_NAME_MAX),
	FIELD(started, 129, TEXT, method, false, 64),
	FIELD(started, 130, TEXT, evidence, false, APP_REASON_MAX),
	FIELD(started, 131, U64, until, false, 0),
	FIELD(started, 132, TEXT, local_name, false, APP_NAME_MAX),
	FIELD(started, 133, TEXT, server_name, false, APP_NAME_MAX),
	FIELD(started, 134, U32, version, false, 0),
	FIELD(started, 135, TEXT, cipher, false, 128),
	FIELD(started, 136, BYTES, alpn, false, 255),
	FIELD(started, 137, BOOLEAN, resumed, false, 0),
	FIELD(started, 138, U64, session, false, 0),
};

static const struct field failed_fields[] = {
	FIELD(failed, 1, U32, error, true, 0),
	FIELD(failed, 129, TEXT, reason, false, APP_REASON_MAX),
	FIELD(failed, 130, U32, alert, false, 256),
};

static const struct field question_fields[] = {
	FIELD(question, 1, U32, question, true, 0),
	FIELD(question, 2, U32, kind, true, 0),
	FIELD(question, 129, TEXT, name, false, APP_NAME_MAX),
	FIELD(question, 130, LIST, alpn, false, APP_ALPN_MAX),
};

static const struct field closed_fields[] = {
	FIELD(closed, 1, BYTE, reason, true, 0),
	FIELD(closed, 129, TEXT, text, false, APP_REASON_MAX),
	FIELD(closed, 130, U64, received, false, 0),
	FIELD(closed, 131, U64, sent, false, 0),
};

static const struct field pong_fields[] = {
	FIELD(pong, 129, TEXT, version, false, 64),
};

static const struct field trace_fields[] = {
	FIELD(trace, 1, U32, error, true, 0),
	FIELD(trace, 129, TEXT, reason, false, APP_REASON_MAX),
	FIELD(trace, 130, TEXT, name, false, APP_NAME_MAX),
	FIELD(trace, 131, TEXT, method, false, 64),
	FIELD(trace, 132, TEXT, evidence, false, APP_REASON_MAX),
	FIELD(trace, 133, U64, until, false, 0),
	FIELD(trace, 134, LIST, chain, false, APP_TRACE_CHAIN_MAX),
	FIELD(trace, 135, LIST, certs, false, APP_TRACE_CERTS_MAX),
	FIELD(trace, 136, LIST, steps, false, APP_TRACE_STEPS_MAX),
	FIELD(trace, 137, BYTES, raw_key, false, APP_TRACE_KEY_MAX),
};

static const struct field trace_cert_fields[] = {
	FIELD(trace_cert, 129, TEXT, subject, false, APP_TRACE_DN_MAX),
	FIELD(trace_cert, 130, TEXT, issuer, false, APP_TRACE_DN_MAX),
	FIELD(trace_cert, 131, LIST, names, false, APP_TRACE_NAMES_MAX),
	FIELD(trace_cert, 132, U64, from, false, 0),
	FIELD(trace_cert, 133, U64, until, false, 0),
	FIELD(trace_cert, 134, BYTES, key, false, KEY_ID_SIZE),
};

MESSAGE_SCHEMA(start_schema, APP_START, start, 1, 2);
MESSAGE_SCHEMA(answer_schema, APP_ANSWER, answer, 0, 0);
MESSAGE_SCHEMA(cancel_schema, APP_CANCEL, cancel, 0, 0);
MESSAGE_SCHEMA(ping_schema, APP_PING, ping, 0, 0);
MESSAGE_SCHEMA(started_schema, APP_STARTED, started, 0, 1);
MESSAGE_SCHEMA(failed_schema, APP_FAILED, failed, 0, 0);
MESSAGE_SCHEMA(question_schema, APP_QUESTION, question, 0, 0);
MESSAGE_SCHEMA(closed_schema, APP_CLOSED, closed, 0, 0);
MESSAGE_SCHEMA(pong_schema, APP_PONG, pong, 0, 0);
MESSAGE_SCHEMA(trace_schema, APP_TRACE, trace, 0, 0);
MESSAGE_SCHEMA(trace_cert_schema, APP_TRACE_CERT, trace_cert, 0, 0);
