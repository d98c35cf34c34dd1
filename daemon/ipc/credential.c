/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * credential: how the messages between worker and keeper stand on the wire.
 */
#include "daemon/ipc/app.h"
#include "daemon/ipc/credential.h"
#include "daemon/ipc/grant.h"
#include "daemon/ipc/voucher.h"

enum { SIGN_MAX = 64 * 1024 }; /* bytes: Ed25519 signs what it is given */

static const struct field credential_req_fields[] = {
	FIELD(credential_req, 1, BYTES, grant, true, GRANT_MAX),
	FIELD(credential_req, 2, TEXT, name, false, APP_NAME_MAX),
	FIELD(credential_req, 3, TEXT, fallback, false, APP_NAME_MAX),
	FIELD(credential_req, 4, BOOLEAN, covered, false, 0),
	FIELD(credential_req, 5, TEXT, remote, false, APP_NAME_MAX),
};

static const struct field credential_ans_fields[] = {
	FIELD(credential_ans, 1, U32, error, true, 0),
	FIELD(credential_ans, 2, TEXT, reason, false, APP_REASON_MAX),
	FIELD(credential_ans, 3, TEXT, name, false, APP_NAME_MAX),
	FIELD(credential_ans, 4, LIST, credentials, false, MESSAGE_MAX),
	FIELD(credential_ans, 5, BYTES, voucher, false, VOUCHER_MAX),
	FIELD(credential_ans, 6, BYTES, ticket_key, false, TICKET_KEY_SIZE),
	FIELD(
	    credential_ans, 7, BYTES, ticket_previous, false, TICKET_KEY_SIZE),
	FIELD(credential_ans, 8, U32, keep, false, 0),
};

static const struct field credential_forget_fields[] = {
	FIELD(credential_forget, 128, BOOLEAN, unused, false, 0),
};

static const struct field credential_row_fields[] = {
	FIELD(credential_row, 1, BYTES, key, true, KEY_ID_SIZE),
	FIELD(credential_row, 2, U32, pk, true, 0),
	FIELD(credential_row, 3, U32, bits, true, 0),
	FIELD(credential_row, 4, LIST, chain, true, CHAIN_MAX),
};

static const struct field sign_req_fields[] = {
	FIELD(sign_req, 1, BYTES, grant, true, GRANT_MAX),
	FIELD(sign_req, 2, BYTES, key, true, KEY_ID_SIZE),
	FIELD(sign_req, 3, U32, algorithm, true, 0),
	FIELD(sign_req, 4, BYTES, digest, true, SIGN_MAX),
	FIELD(sign_req, 5, BOOLEAN, asks, false, 0),
	FIELD(sign_req, 6, TEXT, name, false, APP_NAME_MAX),
	FIELD(sign_req, 7, TEXT, fallback, false, APP_NAME_MAX),
	FIELD(sign_req, 8, BOOLEAN, covered, false, 0),
};

static const struct field sign_ans_fields[] = {
	FIELD(sign_ans, 1, U32, error, true, 0),
	FIELD(sign_ans, 2, TEXT, reason, false, APP_REASON_MAX),
	FIELD(sign_ans, 3, BYTES, signature, false, 4096),
};

MESSAGE_SCHEMA(credential_req_schema, CREDENTIAL_REQ, credential_req, 0, 0);
MESSAGE_SCHEMA(credential_ans_schema, CREDENTIAL_ANS, credential_ans, 0, 0);
MESSAGE_SCHEMA(credential_row_schema, CREDENTIAL_ROW, credential_row, 0, 0);
MESSAGE_SCHEMA(
    credential_forget_schema, CREDENTIAL_FORGET, credential_forget, 0, 0);
MESSAGE_SCHEMA(sign_req_schema, SIGN_REQ, sign_req, 0, 0);
MESSAGE_SCHEMA(sign_ans_schema, SIGN_ANS, sign_ans, 0, 0);
