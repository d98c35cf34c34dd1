/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * outgoing: from a request to the messages that the daemon gets.
 */
#include <unistd.h>

#include "daemon/ipc/app.h"
#include "daemon/ipc/channel.h"
#include "lib/outgoing.h"
#include "lib/request.h"

void
outgoing_add(struct outgoing_queue *q, struct tlspool_request *req,
    enum outgoing_kind kind)
{
	struct outgoing *out = &req->out[kind];

	if (out->queued)
		return;
	out->request = req;
	out->kind = kind;
	out->queued = true;
	request_ref(req);
	TAILQ_INSERT_TAIL(q, out, entry);
}

void
outgoing_remove(struct outgoing_queue *q, struct tlspool_request *req,
    enum outgoing_kind kind)
{
	struct outgoing *out = &req->out[kind];

	if (!out->queued)
		return;
	out->queued = false;
	TAILQ_REMOVE(q, out, entry);
	request_unref(req);
}

static int
send_start(int sock, const struct tlspool_request *req)
{
	struct start msg = {
		.role = req->role,
		.transport = req->transport,
		.flags = req->flags,
		.local_name = req->local_name,
		.remote_name = req->remote_name,
		.service = req->service,
		.port = req->port,
		.alpn = { req->alpn, req->alpn_len },
		.min_version = req->min_version,
		.max_version = req->max_version,
		.verify = req->verify,
		.timeout = req->deadline,
		.prefix = { req->prefix, req->prefix_len },
		.early = req->early,
	};
	int fds[2] = { req->cipher, req->theirs };

	if (req->name != NULL || req->question != NULL)
		msg.questions = APP_ASK_NAME;
	if (!req->forget)
		msg.events |= APP_EVENT_CLOSED;
	if (req->want_trace)
		msg.events |= APP_EVENT_TRACE;
	return message_send(
	    sock, &start_schema, req->id, &msg, fds, req->early ? 2 : 1, 0);
}

int
outgoing_send(int sock, const struct outgoing *out)
{
	const struct tlspool_request *req = out->request;
	struct answer answer = {
		.question = req->asked_number,
		.verdict = req->verdict,
	};
	struct cancel cancel = { false };
	struct ping ping = { false };

	switch (out->kind) {
	case OUT_START:
		return send_start(sock, req);
	case OUT_ANSWER:
		return message_send(
		    sock, &answer_schema, req->id, &answer, NULL, 0, 0);
	case OUT_PING:
		return message_send(
		    sock, &ping_schema, req->id, &ping, NULL, 0, 0);
	default:
		return message_send(
		    sock, &cancel_schema, req->id, &cancel, NULL, 0, 0);
	}
}
