/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * receive: what the daemon says, and what that does to a request.  Nothing
 * here calls the application: that is left to tlspool_dispatch().
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ipc/app.h"
#include "lib/error.h"
#include "lib/pool.h"
#include "lib/trace.h"

enum {
	ERRNO_MAX = 4095, /* of Linux */
};

static int
malformed(void)
{
	return error_set(EPROTO, "the TLS Pool daemon was not understood: %s",
	    message_error());
}

/* The handshake that a message is about; NULL: that is over, or never was. */
static struct tlspool_request *
pending_of(struct tlspool *pool, const struct packet *p)
{
	struct tlspool_request *req;

	req = table_find(&pool->table, p->header.request);
	if (req == NULL || req->state != TLSPOOL_PENDING ||
	    req->out[OUT_START].queued)
		return NULL;
	return req;
}

static int
on_started(struct tlspool *pool, struct packet *p)
{
	struct tlspool_request *req = pending_of(pool, p);
	struct tlspool_session *session;

	if (req == NULL)
		return 0;
	session = session_new(p);
	if (session == NULL && errno == ENOMEM) {
		request_give_up(req, ENOMEM, "out of memory for the session");
		return 0;
	}
	if (session == NULL)
		return malformed();
	if (p->nfds != (req->early ? 0 : 1)) {
		session_free(session);
		return error_set(EPROTO,
		    "the TLS Pool daemon was not understood: STARTED with "
		    "%u descriptors",
		    p->nfds);
	}
	request_establish(req, session, packet_take_fd(p, 0));
	return 0;
}

static int
on_failed(struct tlspool *pool, struct packet *p)
{
	struct tlspool_request *req = pending_of(pool, p);
	struct failed msg;
	int error = EPROTO;

	if (packet_decode(&failed_schema, p, &msg) != 0)
		return malformed();
	if (req == NULL) {
		/* A worker that died right after STARTED: front, who tells
		 * us, could not know of that. */
		req = table_find(&pool->table, p->header.request);
		if (req != NULL)
			request_lost(req, ECONNRESET, ERROR_GONE);
		return 0;
	}
	if (msg.error > 0 && msg.error <= ERRNO_MAX)
		error = (int)msg.error;
	req->alert = (int)msg.alert - 1;
	request_fail(
	    req, error, msg.reason != NULL ? msg.reason : error_text(error));
	return 0;
}

static int
on_question(struct tlspool *pool, struct packet *p)
{
	struct tlspool_request *req = pending_of(pool, p);
	struct question msg;

	if (packet_decode(&question_schema, p, &msg) != 0)
		return malformed();
	if (req == NULL)
		return 0;
	if (req->asked || req->out[OUT_ANSWER].queued)
		return error_set(EPROTO,
		    "the TLS Pool daemon was not understood: a question "
		    "before the answer to the one before");
	req->asked_number = msg.question;
	if (msg.kind != APP_ASK_NAME ||
	    (req->name == NULL && req->question == NULL)) {
		/* Whatever it is, it was not asked for. */
		req->verdict = APP_REJECT;
		outgoing_add(&pool->outgoing, req, OUT_ANSWER);
		return 0;
	}
	req->asked_name = strdup(msg.name != NULL ? msg.name : "");
	if (req->asked_name == NULL) {
		request_give_up(req, ENOMEM, "out of memory for a question");
		return 0;
	}
	req->asked = true;
	request_due(req, DUE_QUESTION);
	return 0;
}

static int
on_trace(struct tlspool *pool, struct packet *p)
{
	struct tlspool_request *req = pending_of(pool, p);
	struct tlspool_trace *trace;

	if (req == NULL || !req->want_trace)
		return 0;
	trace = trace_new(p);
	if (trace == NULL && errno == ENOMEM) {
		request_give_up(req, ENOMEM, "out of memory for the trace");
		return 0;
	}
	if (trace == NULL)
		return malformed();
	trace_free(req->trace);
	req->trace = trace;
	return 0;
}

static int
on_closed(struct tlspool *pool, struct packet *p)
{
	struct tlspool_request *req;
	struct closed msg;

	if (packet_decode(&closed_schema, p, &msg) != 0)
		return malformed();
	req = table_find(&pool->table, p->header.request);
	if (req == NULL || req->state != TLSPOOL_ESTABLISHED)
		return 0;
	session_close(req->session, &msg);
	table_remove(&pool->table, req);
	request_due(req, DUE_CLOSED);
	return 0;
}

/* The daemon is alive, so it is its own clock that counts. */
static int
on_pong(struct tlspool *pool, struct packet *p)
{
	struct tlspool_request *req = pending_of(pool, p);
	struct pong msg;

	if (packet_decode(&pong_schema, p, &msg) != 0)
		return malformed();
	if (req == NULL || !req->pinged)
		return 0;
	req->pinged = false;
	(void)deadline_set(&pool->deadlines, req, clock_now() + DEADLINE_USUAL);
	return 0;
}

static const struct reaction {
	uint8_t type;
	int (*handle)(struct tlspool *, struct packet *);
} reactions[] = {
	{ APP_STARTED, on_started },
	{ APP_FAILED, on_failed },
	{ APP_QUESTION, on_question },
	{ APP_CLOSED, on_closed },
	{ APP_PONG, on_pong },
	{ APP_TRACE, on_trace },
};

/* A message of a type that is not known is one of a newer daemon. */
static int
react(struct tlspool *pool, struct packet *p)
{
	const size_t n = sizeof(reactions) / sizeof(reactions[0]);
	int rv = 0;

	for (size_t i = 0; i < n; i++)
		if (reactions[i].type == p->header.type)
			rv = reactions[i].handle(pool, p);
	packet_close_fds(p);
	return rv;
}

/* The kernel could not give us the descriptor of a message. */
static void
starve(struct tlspool *pool, const struct packet *p)
{
	struct tlspool_request *req = pending_of(pool, p);

	if (req != NULL)
		request_give_up(
		    req, EMFILE, "no descriptor is left for the plaintext");
}

int
receive_messages(struct tlspool *pool, unsigned int most)
{
	while (most-- > 0) {
		switch (channel_recv(pool->sock.fd, pool->packet, 0)) {
		case 1:
			if (react(pool, pool->packet) != 0)
				return -1;
			continue;
		case 0:
			return error_set(ECONNRESET, ERROR_GONE);
		default:
			break;
		}
		switch (errno) {
		case EAGAIN:
			return 0;
		case ECONNRESET:
			/* It died before it had read all that we sent; what
			 * it had said before that is still to be read. */
			pool->reset = true;
			continue;
		case EMFILE:
			starve(pool, pool->packet);
			continue;
		case EBADMSG:
			return malformed();
		default:
			return error_set(
			    ECONNRESET, ERROR_GONE ": %s", error_text(errno));
		}
	}
	return 0;
}
