/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * admin: what a worker tells tlspool-cli about itself and its sessions.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ipc/admin.h"
#include "daemon/worker/admin.h"
#include "daemon/worker/deliver.h"
#include "daemon/worker/linger.h"
#include "daemon/worker/post.h"
#include "daemon/worker/relay.h"
#include "daemon/worker/session.h"
#include "daemon/worker/sessions.h"

enum { PAGE = 64 * 1024 }; /* bytes of rows in an answer */

struct worker_counters worker_counters;

static void
put_counter(struct wire_writer *w, const char *name, uint64_t value)
{
	char text[64];
	int len;

	len = snprintf(
	    text, sizeof(text), "%s=%llu", name, (unsigned long long)value);
	wire_put_string(w, text, (size_t)len);
}

static void
answer_status(int connection, uint32_t request)
{
	uint8_t list[512];
	struct wire_writer w = { .data = list, .size = sizeof(list) };
	struct admin_status_ans answer = { .role = ROLE_WORKER,
		.index = role.index };

	put_counter(&w, "sessions", sessions_count());
	put_counter(&w, "started", worker_counters.started);
	put_counter(&w, "established", worker_counters.established);
	put_counter(&w, "resumed", worker_counters.resumed);
	put_counter(&w, "failed", worker_counters.failed);
	put_counter(&w, "lingering", linger_count());
	answer.counters = (struct blob){ list, w.len };
	admin_status_fill(&answer);
	admin_answer(connection, &admin_status_ans_schema, request, &answer);
}

static const char *
state_name(const struct session *s)
{
	if (s->state != SESSION_RELAY)
		return "handshake";
	return relay_closing(s) ? "closing" : "established";
}

static void
put_row(struct wire_writer *w, const struct session *s)
{
	uint8_t row[4096];
	struct admin_session_row r = {
		.session = s->id,
		.uid = s->uid,
		.role = s->role,
		.state = state_name(s),
		.local_name = s->local_name,
		.peer_name = s->peer_name,
		.method = s->method,
		.evidence = s->evidence,
		.until = s->until,
		.since = (uint64_t)s->since,
		.received = atomic_load(&s->received),
		.sent = atomic_load(&s->sent),
		.service = s->service,
		.version = s->version,
		.cipher = s->cipher,
		.resumed = s->resumed,
	};
	int len;

	len =
	    message_encode(&admin_session_row_schema, 0, &r, row, sizeof(row));
	if (len > 0)
		wire_put_string(w, row, (size_t)len);
}

static int
compare_ids(const void *a, const void *b)
{
	const struct session *const *x = a, *const *y = b;

	return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

static void
answer_sessions(int connection, uint32_t request, uint64_t after)
{
	struct admin_rows answer = { .error = 0 };
	struct wire_writer w = { .data = malloc(PAGE), .size = PAGE };
	struct session **sorted;
	size_t n, i;

	sorted = sessions_list(after, &n);
	if (w.data == NULL || sorted == NULL) {
		answer.error = ENOMEM;
		n = 0;
	}
	if (n > 0)
		qsort(sorted, n, sizeof(struct session *), compare_ids);
	for (i = 0; i < n && PAGE - w.len > 4096 + 4; i++)
		put_row(&w, sorted[i]);
	answer.more = i < n;
	answer.rows = (struct blob){ w.data, w.len };
	admin_answer(connection, &admin_rows_schema, request, &answer);
	free(sorted);
	free(w.data);
}

int
admin_requested(struct edge *e, struct packet *p, void *msg)
{
	const struct admin_routed *routed = msg;
	int connection = packet_take_fd(p, 0);
	struct admin_result refused = { .error = EOPNOTSUPP,
		.text = "no request for a worker" };
	struct message_header h;
	struct admin_sessions q;
	uint8_t copy[256];

	(void)e;
	post_collect(NULL); /* what is over is not to be counted */
	if (message_peek(routed->message.data, routed->message.len, &h) != 0)
		return -1;
	if (h.type == ADMIN_STATUS) {
		answer_status(connection, h.request);
		return 0;
	}
	if (h.type == ADMIN_SESSIONS && routed->message.len < sizeof(copy)) {
		memcpy(copy, routed->message.data, routed->message.len);
		if (message_decode(&admin_sessions_schema, copy,
			routed->message.len, &q) == 0) {
			answer_sessions(connection, h.request, q.after);
			return 0;
		}
	}
	admin_answer(connection, &admin_result_schema, h.request, &refused);
	return 0;
}
