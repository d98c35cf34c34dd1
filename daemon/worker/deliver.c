/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * deliver: what the worker says to the application.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/worker/connection.h"
#include "daemon/worker/deliver.h"

enum { PLAINTEXT_BUFFER = 256 * 1024 }; /* bytes */

int
deliver_question(struct session *s, uint32_t kind, const char *name)
{
	struct question q = {
		.question = ++s->attempt->questions,
		.kind = kind,
		.name = name,
	};

	return connection_send(
	    s->connection, &question_schema, s->request, &q, -1);
}

/*
 * A turn of the relay fits in there, twice in most places: the kernel doubles
 * what it is asked for, and grants no more than twice net.core.wmem_max.
 */
static void
widen(int fd)
{
	int size = PLAINTEXT_BUFFER;

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

int
deliver_started(struct session *s)
{
	gnutls_datum_t alpn = { NULL, 0 };
	struct started msg = {
		.peer_name = s->peer_name != NULL ? s->peer_name : "",
		.method = s->method != NULL ? s->method : "none",
		.evidence = s->evidence,
		.until = s->until,
		.local_name = s->local_name,
		.server_name = s->server_name,
		.version = s->version,
		.cipher = s->cipher,
		.session = s->id,
		.resumed = s->resumed,
	};
	int pair[2] = { -1, -1 };

	if (gnutls_alpn_get_selected_protocol(s->tls, &alpn) == 0)
		msg.alpn = (struct blob){ alpn.data, alpn.size };
	if (s->plaintext == -1) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) !=
		    0)
			return -1;
		s->plaintext = pair[0];
		s->made_by_us = true;
		widen(pair[1]);
	}
	widen(s->plaintext);
	if (connection_send(
		s->connection, &started_schema, s->request, &msg, pair[1]) == 0)
		return 0;
	errno = EPIPE;
	return -1;
}

/* As much of a chain as there is room for, in list, which has
 * APP_TRACE_CHAIN_MAX bytes; or a raw key. */
static void
put_shown(const struct session *s, uint8_t *list, struct trace *msg)
{
	struct wire_writer w = { .data = list, .size = APP_TRACE_CHAIN_MAX };
	const gnutls_datum_t *chain;
	unsigned n = 0;

	chain = gnutls_certificate_get_peers(s->tls, &n);
	if (gnutls_certificate_type_get2(s->tls, GNUTLS_CTYPE_PEERS) ==
	    GNUTLS_CRT_RAWPK) {
		if (n == 1 && chain[0].size <= APP_TRACE_KEY_MAX)
			msg->raw_key =
			    (struct blob){ chain[0].data, chain[0].size };
		return;
	}
	for (unsigned i = 0; chain != NULL && i < n; i++) {
		if (w.len + 4 + chain[i].size > w.size)
			break;
		wire_put_string(&w, chain[i].data, chain[i].size);
	}
	msg->chain = (struct blob){ w.data, w.len };
}

int
deliver_trace(struct session *s, const struct verify_ans *answer)
{
	static uint8_t list[APP_TRACE_CHAIN_MAX];
	struct trace msg = {
		.error = answer->error,
		.reason = answer->reason,
		.name = answer->name,
		.method = answer->method,
		.evidence = answer->evidence,
		.until = answer->until,
		.certs = answer->certs,
		.steps = answer->steps,
	};

	if ((s->events & APP_EVENT_TRACE) == 0)
		return 0;
	put_shown(s, list, &msg);
	return connection_send(
	    s->connection, &trace_schema, s->request, &msg, -1);
}

void
deliver_failed(struct session *s, int error, int alert, const char *reason)
{
	struct failed msg = {
		.error = (uint32_t)error,
		.reason = reason,
		.alert = alert < 0 ? 0 : (uint32_t)alert + 1,
	};

	(void)connection_send(
	    s->connection, &failed_schema, s->request, &msg, -1);
}

void
deliver_closed(struct session *s, enum app_close reason, const char *text)
{
	struct closed msg = {
		.reason = (uint8_t)reason,
		.text = text,
		.received = atomic_load(&s->received),
		.sent = atomic_load(&s->sent),
	};

	if (s->events & APP_EVENT_CLOSED)
		(void)connection_send(
		    s->connection, &closed_schema, s->request, &msg, -1);
}
