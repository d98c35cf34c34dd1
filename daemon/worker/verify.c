/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * verify: asks the verifier who the peer is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include "daemon/ipc/credential.h"
#include "daemon/ipc/verify.h"
#include "daemon/sys/shown.h"
#include "daemon/worker/deliver.h"
#include "daemon/worker/verify.h"
#include "daemon/worker/sessions.h"

/*
 * The port that the application names, or else the one that its socket is
 * connected to: TLSA records stand at a port.
 */
uint32_t
verify_port(const struct session *s)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (s->attempt->start.port != 0 || s->role != APP_ROLE_CLIENT)
		return s->attempt->start.port;
	if (getpeername(s->watch.fd, (struct sockaddr *)&ss, &len) != 0)
		return 0;
	if (ss.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&ss)->sin_port);
	if (ss.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&ss)->sin6_port);
	return 0;
}

static void
send_request(struct session *s, struct edge *verifier, struct verify_req *q)
{
	const struct start *start = &s->attempt->start;

	q->grant = s->attempt->grant;
	q->remote_name = s->role == APP_ROLE_CLIENT ? start->remote_name : NULL;
	q->local_name = s->local_name;
	q->service = start->service;
	q->port = verify_port(s);
	q->trace = (s->events & APP_EVENT_TRACE) != 0;
	if (edge_send(verifier, &verify_req_schema, s->attempt->serial, q, NULL,
		0) == 0)
		return;
	if (errno == EPIPE || errno == ECONNRESET)
		s->attempt->ask = true;
	else
		session_fail(s, EAGAIN, GNUTLS_A_INTERNAL_ERROR,
		    "the verifier is too busy to answer: %s", strerror(errno));
}

void
verify_prepare(const struct session *s)
{
	struct edge *verifier = role_edge(ROLE_VERIFIER, 0);
	const struct start *start = &s->attempt->start;
	struct verify_prepare msg = {
		.grant = s->attempt->grant,
		.remote_name = start->remote_name,
		.service = start->service,
		.port = verify_port(s),
	};

	if (verifier == NULL || s->role != APP_ROLE_CLIENT ||
	    start->remote_name == NULL || msg.port == 0)
		return;
	/* Where it cannot be sent, it only takes longer. */
	(void)edge_send(verifier, &verify_prepare_schema, 0, &msg, NULL, 0);
}

void
verify_ask(struct session *s)
{
	struct edge *verifier = role_edge(ROLE_VERIFIER, 0);
	struct verify_req q = { .port = 0 };
	uint8_t *buf;

	s->state = SESSION_VERIFY;
	s->attempt->ask = verifier == NULL;
	if (verifier == NULL)
		return;
	if ((buf = malloc(SHOWN_MAX)) == NULL) {
		session_fail(
		    s, ENOMEM, GNUTLS_A_INTERNAL_ERROR, "out of memory");
		return;
	}
	if (s->role == APP_ROLE_SERVER || !s->resumed)
		s->raw_key = gnutls_certificate_type_get2(s->tls,
				 GNUTLS_CTYPE_PEERS) == GNUTLS_CRT_RAWPK;
	if (shown_take(s->tls, s->raw_key, buf, &q))
		send_request(s, verifier, &q);
	else
		session_fail(s, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE,
		    "the peer's certificates are longer than %d bytes, or its "
		    "raw public key than %d",
		    CHAIN_MAX, RAW_KEY_MAX);
	free(buf);
}

static char *
copy(const char *text)
{
	return strdup(text != NULL ? text : "");
}

int
verify_answered(struct edge *e, struct packet *p, void *msg)
{
	const struct verify_ans *answer = msg;
	struct session *s = session_by_serial(p->header.request);
	struct attempt *a;

	(void)e;
	if (s == NULL || s->state != SESSION_VERIFY)
		return 0; /* it has been given up meanwhile */
	if (deliver_trace(s, answer) != 0) {
		session_fail(s, ENOBUFS, GNUTLS_A_INTERNAL_ERROR,
		    "the trace cannot be told: the application does not read");
		return 0;
	}
	a = s->attempt;
	a->verdict = true;
	a->verify_error = answer->error;
	a->verify_alert = answer->alert;
	if (answer->error != 0) {
		a->error = (int)answer->error;
		a->reason = copy(answer->reason);
	} else {
		s->peer_name = copy(answer->name);
		s->method = copy(answer->method);
		s->evidence = copy(answer->evidence);
		s->until = answer->until;
		if (s->peer_name == NULL || s->method == NULL)
			a->verify_error = ENOMEM;
	}
	session_continue(s);
	return 0;
}
