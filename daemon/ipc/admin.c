/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * admin: how the messages of administration stand on the wire, and where
 * each request goes.
 */
#include "daemon/ipc/admin.h"
#include "daemon/ipc/app.h"
#include "daemon/ipc/credential.h"
#include "daemon/ipc/idna.h"
#include "daemon/ipc/voucher.h"

enum {
	PATH_LIMIT = 4096,
	ROWS_MAX = 96 * 1024, /* bytes of a page */
	NAMES_MAX = 16 * 1024,
};

static const struct field admin_routed_fields[] = {
	FIELD(admin_routed, 1, U32, uid, true, 0),
	FIELD(admin_routed, 2, BYTES, message, true, MESSAGE_MAX),
};

static const struct field admin_status_fields[] = {
	FIELD(admin_status, 1, BYTE, role, true, ROLES - 1),
	FIELD(admin_status, 2, U32, index, false, 0),
};

static const struct field admin_status_ans_fields[] = {
	FIELD(admin_status_ans, 1, BYTE, role, true, ROLES - 1),
	FIELD(admin_status_ans, 2, U32, index, false, 0),
	FIELD(admin_status_ans, 3, U32, pid, true, 0),
	FIELD(admin_status_ans, 129, U64, started, false, 0),
	FIELD(admin_status_ans, 130, U64, memory, false, 0),
	FIELD(admin_status_ans, 131, U32, restarts, false, 0),
	FIELD(admin_status_ans, 132, U32, workers, false, 0),
	FIELD(admin_status_ans, 133, LIST, counters, false, 4096),
	FIELD(admin_status_ans, 134, TEXT, version, false, 64),
	FIELD(admin_status_ans, 135, BOOLEAN, authorizer, false, 0),
};

static const struct field admin_sessions_fields[] = {
	FIELD(admin_sessions, 1, U32, index, true, 0),
	FIELD(admin_sessions, 2, U64, after, false, 0),
};

static const struct field admin_session_row_fields[] = {
	FIELD(admin_session_row, 1, U64, session, true, 0),
	FIELD(admin_session_row, 2, U32, uid, true, 0),
	FIELD(admin_session_row, 3, BYTE, role, true, APP_ROLE_SERVER),
	FIELD(admin_session_row, 4, TEXT, state, true, 32),
	FIELD(admin_session_row, 129, TEXT, local_name, false, APP_NAME_MAX),
	FIELD(admin_session_row, 130, TEXT, peer_name, false, APP_NAME_MAX),
	FIELD(admin_session_row, 131, TEXT, method, false, 64),
	FIELD(admin_session_row, 132, U64, since, false, 0),
	FIELD(admin_session_row, 133, U64, received, false, 0),
	FIELD(admin_session_row, 134, U64, sent, false, 0),
	FIELD(admin_session_row, 135, U32, version, false, 0),
	FIELD(admin_session_row, 136, TEXT, cipher, false, 128),
	FIELD(admin_session_row, 137, TEXT, service, false, 64),
	FIELD(admin_session_row, 138, TEXT, evidence, false, APP_REASON_MAX),
	FIELD(admin_session_row, 139, U64, until, false, 0),
	FIELD(admin_session_row, 140, BOOLEAN, resumed, false, 0),
};

static const struct field admin_reload_fields[] = {
	FIELD(admin_reload, 128, BOOLEAN, unused, false, 0),
};

static const struct field admin_result_fields[] = {
	FIELD(admin_result, 1, U32, error, true, 0),
	FIELD(admin_result, 129, TEXT, text, false, 64 * 1024),
	FIELD(admin_result, 130, BYTES, key, false, KEY_ID_SIZE),
};

static const struct field admin_id_add_fields[] = {
	FIELD(admin_id_add, 1, TEXT, name, true, APP_NAME_MAX),
	FIELD(admin_id_add, 2, TEXT, cert, false, PATH_LIMIT),
	FIELD(admin_id_add, 3, TEXT, key, false, PATH_LIMIT),
	FIELD(admin_id_add, 4, BOOLEAN, copy, false, 0),
};

static const struct field admin_id_list_fields[] = {
	FIELD(admin_id_list, 1, TEXT, after, false, APP_NAME_MAX),
	FIELD(admin_id_list, 2, TEXT, pattern, false, APP_NAME_MAX),
};

static const struct field admin_id_show_fields[] = {
	FIELD(admin_id_show, 1, TEXT, name, true, APP_NAME_MAX),
};

static const struct field admin_id_remove_fields[] = {
	FIELD(admin_id_remove, 1, TEXT, name, true, APP_NAME_MAX),
	FIELD(admin_id_remove, 2, BYTES, key, false, KEY_ID_SIZE),
};

static const struct field admin_id_generate_fields[] = {
	FIELD(admin_id_generate, 1, TEXT, name, true, APP_NAME_MAX),
	FIELD(admin_id_generate, 2, TEXT, type, false, 32),
	FIELD(admin_id_generate, 3, U32, bits, false, 16384),
	FIELD(admin_id_generate, 4, U32, days, false, 36500),
};

static const struct field admin_id_request_fields[] = {
	FIELD(admin_id_request, 1, TEXT, name, true, APP_NAME_MAX),
	FIELD(admin_id_request, 2, TEXT, type, false, 32),
	FIELD(admin_id_request, 3, U32, bits, false, 16384),
};

static const struct field admin_id_row_fields[] = {
	FIELD(admin_id_row, 1, TEXT, name, true, APP_NAME_MAX),
	FIELD(admin_id_row, 2, BYTES, key, true, KEY_ID_SIZE),
	FIELD(admin_id_row, 129, TEXT, type, false, 64),
	FIELD(admin_id_row, 130, TEXT, keyref, false, PATH_LIMIT),
	FIELD(admin_id_row, 131, TEXT, certref, false, PATH_LIMIT),
	FIELD(admin_id_row, 132, TEXT, subject, false, APP_REASON_MAX),
	FIELD(admin_id_row, 133, TEXT, issuer, false, APP_REASON_MAX),
	FIELD(admin_id_row, 134, LIST, names, false, NAMES_MAX),
	FIELD(admin_id_row, 135, U64, from, false, 0),
	FIELD(admin_id_row, 136, U64, until, false, 0),
	FIELD(admin_id_row, 137, TEXT, trouble, false, APP_REASON_MAX),
	FIELD(admin_id_row, 138, LIST, chain, false, ADMIN_CHAIN_MAX),
};

static const struct field admin_rows_fields[] = {
	FIELD(admin_rows, 1, U32, error, true, 0),
	FIELD(admin_rows, 2, TEXT, text, false, APP_REASON_MAX),
	FIELD(admin_rows, 3, LIST, rows, false, ROWS_MAX),
	FIELD(admin_rows, 4, BOOLEAN, more, false, 0),
	FIELD(admin_rows, 129, TEXT, next, false, APP_NAME_MAX),
};

static const struct field admin_acl_explain_fields[] = {
	FIELD(admin_acl_explain, 1, U32, uid, true, 0),
	FIELD(admin_acl_explain, 2, BYTES, gids, false, 65536 * 4),
	FIELD(admin_acl_explain, 3, TEXT, unit, false, 256),
	FIELD(admin_acl_explain, 4, BYTE, role, true, APP_ROLE_SERVER),
	FIELD(admin_acl_explain, 5, TEXT, identity, true, APP_NAME_MAX),
};

static const struct field admin_acl_ans_fields[] = {
	FIELD(admin_acl_ans, 1, BOOLEAN, allowed, true, 0),
	FIELD(admin_acl_ans, 2, U32, line, false, 0),
	FIELD(admin_acl_ans, 3, TEXT, rule, false, APP_REASON_MAX),
};

static const struct field admin_trust_pin_fields[] = {
	FIELD(admin_trust_pin, 1, TEXT, name, true, IDNA_INPUT_MAX),
	FIELD(admin_trust_pin, 2, BYTE, role, true, APP_ROLE_SERVER),
	FIELD(admin_trust_pin, 3, TEXT, key, true, 128),
};

static const struct field admin_trust_unpin_fields[] = {
	FIELD(admin_trust_unpin, 1, TEXT, name, true, IDNA_INPUT_MAX),
	FIELD(admin_trust_unpin, 2, TEXT, key, false, 128),
};

static const struct field admin_trust_list_fields[] = {
	FIELD(admin_trust_list, 1, U32, from, false, 0),
};

static const struct field admin_pin_row_fields[] = {
	FIELD(admin_pin_row, 1, TEXT, name, true, APP_NAME_MAX),
	FIELD(admin_pin_row, 2, BYTE, role, true, APP_ROLE_SERVER),
	FIELD(admin_pin_row, 3, BYTES, key, true, KEY_ID_SIZE),
	FIELD(admin_pin_row, 129, TEXT, origin, false, 32),
	FIELD(admin_pin_row, 130, TEXT, since, false, 32),
};

static const struct field admin_tlsa_lookup_fields[] = {
	FIELD(admin_tlsa_lookup, 1, TEXT, owner, true, DOMAIN_MAX),
	FIELD(admin_tlsa_lookup, 2, BOOLEAN, smimea, false, 0),
	FIELD(admin_tlsa_lookup, 3, TEXT, name, false, APP_NAME_MAX),
	FIELD(admin_tlsa_lookup, 4, LIST, chains, false, CHAIN_MAX),
	FIELD(admin_tlsa_lookup, 5, BYTES, raw_key, false, APP_TRACE_KEY_MAX),
	FIELD(admin_tlsa_lookup, 6, TEXT, host, false, DOMAIN_MAX),
};

static const struct field admin_tlsa_ans_fields[] = {
	FIELD(admin_tlsa_ans, 1, BYTE, state, true, 0),
	FIELD(admin_tlsa_ans, 129, TEXT, why, false, APP_REASON_MAX),
	FIELD(admin_tlsa_ans, 130, U32, ttl, false, 0),
	FIELD(admin_tlsa_ans, 131, LIST, records, false, ROWS_MAX),
	FIELD(admin_tlsa_ans, 132, TEXT, owner, false, DOMAIN_MAX),
};

static const struct field admin_tlsa_row_fields[] = {
	FIELD(admin_tlsa_row, 1, BYTES, rdata, true, 65535),
	FIELD(admin_tlsa_row, 129, TEXT, text, false, APP_REASON_MAX),
	FIELD(admin_tlsa_row, 130, TEXT, unusable, false, APP_REASON_MAX),
	FIELD(admin_tlsa_row, 131, BYTES, matches, false, 256),
	FIELD(admin_tlsa_row, 132, TEXT, why, false, APP_REASON_MAX),
	FIELD(admin_tlsa_row, 133, BOOLEAN, weaker, false, 0),
};

MESSAGE_SCHEMA(
    admin_tlsa_lookup_schema, ADMIN_TLSA_LOOKUP, admin_tlsa_lookup, 0, 0);
MESSAGE_SCHEMA(admin_tlsa_ans_schema, ADMIN_TLSA_ANS, admin_tlsa_ans, 0, 0);
MESSAGE_SCHEMA(admin_tlsa_row_schema, ADMIN_TLSA_ROW, admin_tlsa_row, 0, 0);

static const struct field admin_cache_list_fields[] = {
	FIELD(admin_cache_list, 1, TEXT, after, false, 2 * KEY_ID_SIZE),
	FIELD(admin_cache_list, 2, TEXT, pattern, false, APP_NAME_MAX),
};

static const struct field admin_cache_flush_fields[] = {
	FIELD(admin_cache_flush, 1, TEXT, after, false, 2 * KEY_ID_SIZE),
	FIELD(admin_cache_flush, 2, TEXT, pattern, false, APP_NAME_MAX),
};

static const struct field admin_cache_row_fields[] = {
	FIELD(admin_cache_row, 1, BYTES, key, false, KEY_ID_SIZE),
	FIELD(admin_cache_row, 2, TEXT, name, true, APP_NAME_MAX),
	FIELD(admin_cache_row, 3, BYTE, role, true, APP_ROLE_SERVER),
	FIELD(admin_cache_row, 4, U64, made, true, 0),
	FIELD(admin_cache_row, 5, U64, until, true, 0),
	FIELD(admin_cache_row, 6, U64, basis, true, 0),
	FIELD(admin_cache_row, 7, U32, error, true, 0),
	FIELD(admin_cache_row, 129, TEXT, reason, false, APP_REASON_MAX),
	FIELD(admin_cache_row, 130, U32, alert, false, 255),
	FIELD(admin_cache_row, 131, TEXT, method, false, 64),
	FIELD(admin_cache_row, 132, TEXT, evidence, false, APP_REASON_MAX),
	FIELD(admin_cache_row, 133, TEXT, local, false, APP_NAME_MAX),
	FIELD(admin_cache_row, 134, TEXT, service, false, 64),
	FIELD(admin_cache_row, 135, U32, port, false, 65535),
};

MESSAGE_SCHEMA(
    admin_cache_list_schema, ADMIN_CACHE_LIST, admin_cache_list, 0, 0);
MESSAGE_SCHEMA(
    admin_cache_flush_schema, ADMIN_CACHE_FLUSH, admin_cache_flush, 0, 0);
MESSAGE_SCHEMA(admin_cache_row_schema, ADMIN_CACHE_ROW, admin_cache_row, 0, 0);

static const struct field admin_staple_fields[] = {
	FIELD(admin_staple, 1, BYTES, chain, true, CHAIN_ID_SIZE),
};

static const struct field admin_staple_ans_fields[] = {
	FIELD(admin_staple_ans, 129, U64, until, false, 0),
	FIELD(admin_staple_ans, 130, BOOLEAN, is_revoked, false, 0),
	FIELD(admin_staple_ans, 131, U64, fetched, false, 0),
	FIELD(admin_staple_ans, 132, U64, next, false, 0),
	FIELD(admin_staple_ans, 133, TEXT, url, false, 1024),
	FIELD(admin_staple_ans, 134, TEXT, trouble, false, APP_REASON_MAX),
};

MESSAGE_SCHEMA(admin_staple_schema, ADMIN_STAPLE, admin_staple, 0, 0);
MESSAGE_SCHEMA(
    admin_staple_ans_schema, ADMIN_STAPLE_ANS, admin_staple_ans, 0, 0);
MESSAGE_SCHEMA(admin_trust_pin_schema, ADMIN_TRUST_PIN, admin_trust_pin, 0, 0);
MESSAGE_SCHEMA(
    admin_trust_unpin_schema, ADMIN_TRUST_UNPIN, admin_trust_unpin, 0, 0);
MESSAGE_SCHEMA(
    admin_trust_list_schema, ADMIN_TRUST_LIST, admin_trust_list, 0, 0);
MESSAGE_SCHEMA(admin_pin_row_schema, ADMIN_PIN_ROW, admin_pin_row, 0, 0);
MESSAGE_SCHEMA(admin_routed_schema, ADMIN_ROUTED, admin_routed, 1, 3);
MESSAGE_SCHEMA(admin_status_schema, ADMIN_STATUS, admin_status, 0, 0);
MESSAGE_SCHEMA(
    admin_status_ans_schema, ADMIN_STATUS_ANS, admin_status_ans, 0, 0);
MESSAGE_SCHEMA(admin_sessions_schema, ADMIN_SESSIONS, admin_sessions, 0, 0);
MESSAGE_SCHEMA(
    admin_session_row_schema, ADMIN_SESSION_ROW, admin_session_row, 0, 0);
MESSAGE_SCHEMA(admin_reload_schema, ADMIN_RELOAD, admin_reload, 0, 0);
MESSAGE_SCHEMA(admin_result_schema, ADMIN_RESULT, admin_result, 0, 0);
MESSAGE_SCHEMA(admin_id_add_schema, ADMIN_ID_ADD, admin_id_add, 1, 2);
MESSAGE_SCHEMA(admin_id_list_schema, ADMIN_ID_LIST, admin_id_list, 0, 0);
MESSAGE_SCHEMA(admin_id_show_schema, ADMIN_ID_SHOW, admin_id_show, 0, 0);
MESSAGE_SCHEMA(admin_id_remove_schema, ADMIN_ID_REMOVE, admin_id_remove, 0, 0);
MESSAGE_SCHEMA(
    admin_id_generate_schema, ADMIN_ID_GENERATE, admin_id_generate, 0, 0);
MESSAGE_SCHEMA(
    admin_id_request_schema, ADMIN_ID_REQUEST, admin_id_request, 0, 0);
MESSAGE_SCHEMA(admin_id_row_schema, ADMIN_ID_ROW, admin_id_row, 0, 0);
MESSAGE_SCHEMA(admin_rows_schema, ADMIN_ROWS, admin_rows, 0, 0);
MESSAGE_SCHEMA(
    admin_acl_explain_schema, ADMIN_ACL_EXPLAIN, admin_acl_explain, 0, 0);
MESSAGE_SCHEMA(admin_acl_ans_schema, ADMIN_ACL_ANS, admin_acl_ans, 0, 0);

enum role
admin_route(uint8_t type)
{
	switch (type) {
	case ADMIN_STATUS: /* front looks at its role field */
		return ROLE_FRONT;
	case ADMIN_SESSIONS:
		return ROLE_WORKER;
	case ADMIN_RELOAD:
		return ROLE_PARENT;
	case ADMIN_ID_ADD:
	case ADMIN_ID_LIST:
	case ADMIN_ID_SHOW:
	case ADMIN_ID_REMOVE:
	case ADMIN_ID_GENERATE:
	case ADMIN_ID_REQUEST:
	case ADMIN_ACL_EXPLAIN:
		return ROLE_KEEPER;
	case ADMIN_TRUST_PIN:
	case ADMIN_TRUST_UNPIN:
	case ADMIN_TRUST_LIST:
	case ADMIN_TLSA_LOOKUP:
	case ADMIN_CACHE_LIST:
	case ADMIN_CACHE_FLUSH:
	case ADMIN_STAPLE:
		return ROLE_VERIFIER;
	default:
		return ROLES;
	}
}
