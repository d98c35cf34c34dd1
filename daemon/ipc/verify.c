/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * verify: how the messages between worker and verifier stand on the wire.
 */
#include "daemon/ipc/app.h"
#include "daemon/ipc/credential.h"
#include "daemon/ipc/grant.h"
#include "daemon/ipc/verify.h"
#include "daemon/ipc/voucher.h"

static const struct field verify_req_fields[] = {
	FIELD(verify_req, 1, BYTES, grant, true, GRANT_MAX),
	FIELD(verify_req, 2, LIST, chain, false, CHAIN_MAX),
	FIELD(verify_req, 3, TEXT, remote_name, false, APP_NAME_MAX),
	FIELD(verify_req, 4, TEXT, local_name, false, APP_NAME_MAX),
	FIELD(verify_req, 5, TEXT, service, false, 64),
	FIELD(verify_req, 6, U32, port, false, 65535),
	FIELD(verify_req, 7, LIST, ocsp, false, STAPLED_MAX),
	FIELD(verify_req, 8, BYTES, raw_key, false, RAW_KEY_MAX),
	FIELD(verify_req, 9, BOOLEAN, trace, false, 0),
};

static const struct field verify_ans_fields[] = {
	FIELD(verify_ans, 1, U32, error, true, 0),
	FIELD(verify_ans, 2, TEXT, reason, false, APP_REASON_MAX),
	FIELD(verify_ans, 3, U32, alert, false, 255),
	FIELD(verify_ans, 4, TEXT, name, false, APP_NAME_MAX),
	FIELD(verify_ans, 5, TEXT, method, false, 64),
	FIELD(verify_ans, 6, TEXT, evidence, false, APP_REASON_MAX),
	FIELD(verify_ans, 7, U64, until, false, 0),
	FIELD(verify_ans, 10, LIST, steps, false, APP_TRACE_STEPS_MAX),
	FIELD(verify_ans, 11, LIST, certs, false, APP_TRACE_CERTS_MAX),
};

static const struct field verify_prepare_fields[] = {
	FIELD(verify_prepare, 1, BYTES, grant, true, GRANT_MAX),
	FIELD(verify_prepare, 2, TEXT, remote_name, true, APP_NAME_MAX),
	FIELD(verify_prepare, 3, TEXT, service, false, 64),
	FIELD(verify_prepare, 4, U32, port, false, 65535),
};

static const struct field staple_req_fields[] = {
	FIELD(staple_req, 1, BYTES, voucher, true, VOUCHER_MAX),
	FIELD(staple_req, 2, LIST, chain, true, CHAIN_MAX),
};

static const struct field staple_ans_fields[] = {
	FIELD(staple_ans, 1, BYTES, chain, true, CHAIN_ID_SIZE),
	FIELD(staple_ans, 2, BYTES, answer, true, STAPLE_MAX),
	FIELD(staple_ans, 3, U64, until, true, 0),
};

MESSAGE_SCHEMA(verify_req_schema, VERIFY_REQ, verify_req, 0, 0);
MESSAGE_SCHEMA(verify_ans_schema, VERIFY_ANS, verify_ans, 0, 0);
MESSAGE_SCHEMA(verify_prepare_schema, VERIFY_PREPARE, verify_prepare, 0, 0);
MESSAGE_SCHEMA(staple_req_schema, STAPLE_REQ, staple_req, 0, 0);
MESSAGE_SCHEMA(staple_ans_schema, STAPLE_ANS, staple_ans, 0, 0);
