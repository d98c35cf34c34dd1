/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * schemas: the list.  A new message is added here, and with that is tested
 * and fuzzed.
 */
#include "daemon/ipc/admin.h"
#include "daemon/ipc/app.h"
#include "daemon/ipc/authorize.h"
#include "daemon/ipc/control.h"
#include "daemon/ipc/credential.h"
#include "daemon/ipc/dispatch.h"
#include "daemon/ipc/verify.h"
#include "test/unit/schemas.h"

const struct message_schema *const all_schemas[] = {
	&start_schema,
	&answer_schema,
	&cancel_schema,
	&ping_schema,
	&started_schema,
	&failed_schema,
	&question_schema,
	&closed_schema,
	&pong_schema,
	&trace_schema,
	&trace_cert_schema,

	&dispatch_connection_schema,
	&dispatch_disconnect_schema,
	&dispatch_start_schema,
	&dispatch_answer_schema,
	&dispatch_cancel_schema,
	&dispatch_progress_schema,

	&credential_req_schema,
	&credential_ans_schema,
	&credential_row_schema,
	&credential_forget_schema,
	&sign_req_schema,
	&sign_ans_schema,

	&verify_req_schema,
	&verify_ans_schema,
	&verify_prepare_schema,
	&staple_req_schema,
	&staple_ans_schema,

	&authorize_req_schema,
	&authorize_ans_schema,
	&authorize_ready_schema,

	&control_configure_schema,
	&control_grant_key_schema,
	&control_edge_schema,
	&control_listener_schema,
	&control_begin_schema,
	&control_drain_schema,
	&control_stop_schema,
	&control_alive_schema,
	&control_ready_schema,
	&control_log_schema,
	&control_fault_schema,
	&control_drained_schema,

	&admin_routed_schema,
	&admin_status_schema,
	&admin_status_ans_schema,
	&admin_sessions_schema,
	&admin_session_row_schema,
	&admin_reload_schema,
	&admin_result_schema,
	&admin_id_add_schema,
	&admin_id_list_schema,
	&admin_trust_pin_schema,
	&admin_trust_unpin_schema,
	&admin_trust_list_schema,
	&admin_pin_row_schema,
	&admin_tlsa_lookup_schema,
	&admin_tlsa_ans_schema,
	&admin_tlsa_row_schema,
	&admin_cache_list_schema,
	&admin_cache_flush_schema,
	&admin_cache_row_schema,
	&admin_staple_schema,
	&admin_staple_ans_schema,
	&admin_id_show_schema,
	&admin_id_remove_schema,
	&admin_id_generate_schema,
	&admin_id_request_schema,
	&admin_id_row_schema,
	&admin_rows_schema,
	&admin_acl_explain_schema,
	&admin_acl_ans_schema,
	NULL,
};
