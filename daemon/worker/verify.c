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

#include <gnutls/ocsp.h>

#include "daemon/ipc/credential.h"
#include "daemon/ipc/verify.h"
#include "daemon/worker/deliver.h"
#include "daemon/worker/verify.h"
#include "daemon/worker/sessions.h"

enum { SHOWN_MAX = CHAIN_MAX + STAPLED_MAX };

/* The chain as a list; its length, or 0 where it is too long. */
static size_t
list_chain(gnutls_session_t tls, uint8_t *buf, size_t size)
{
	struct wire_writer w = { .data = buf, .size = size };
	const gnutls_datum_t *chain;
	unsigned n = 0;

	chain = gnutls_certificate_get_peers(tls, &n);
	for (unsigned i = 0; chain != NULL && i < n; i++)
		wire_put_string(&w, chain[i].data, chain[i].size);
	return w.full ? 0 : w.len;
}

/* A SubjectPublicKeyInfo in the place of a chain; its length, or 0. */
static size_t
raw_key(gnutls_session_t tls, uint8_t *buf, size_t size)
{
	unsigned n = 0;
	const gnutls_datum_t *key = gnutls_certificate_get_peers(tls, &n);

	if (key == NULL || n != 1 || key->size > size)
		return 0;
	memcpy(buf, key->data, key->size);
	return key->size;
}

/*
 * The answers of OCSP that came with the chain, as a list, as many as it has
 * room for: those of the leaf come first.  Where one is left out it is as if
 * the peer had not sent it.
 */
static size_t
list_ocsp(gnutls_session_t tls, uint8_t *buf, size_t size)
{
	struct wire_writer w = { .data = buf, .size = size };
	gnutls_datum_t answer;
	unsigned n = 0;

	(void)gnutls_certificate_get_peers(tls, &n);
	for (unsigned i = 0; i < n; i++)
		if (gnutls_ocsp_status_request_get2(tls, i, &answer) == 0 &&
		    answer.size > 0 && w.len + 4 + answer.size <= w.size)
			wire_put_string(&w, answer.data, answer.size);
	return w.len;
}

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
	if (edge_send(verifier, &verify_req_schema, s->serial, q, NULL, 0) == 0)
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

/* What the peer showed, in buf; false: it is longer than there is room for. */
static bool
take_shown(struct session *s, uint8_t buf[SHOWN_MAX], struct verify_req *q)
{
	uint8_t *ocsp = buf + CHAIN_MAX;
	size_t len;

	if (gnutls_certificate_type_get2(s->tls, GNUTLS_CTYPE_PEERS) ==
	    GNUTLS_CRT_RAWPK) {
		len = raw_key(s->tls, buf, RAW_KEY_MAX);
		q->raw_key = (struct blob){ buf, len };
	} else {
		len = list_chain(s->tls, buf, CHAIN_MAX);
		q->chain = (struct blob){ buf, len };
		q->ocsp =
		    (struct blob){ ocsp, list_ocsp(s->tls, ocsp, STAPLED_MAX) };
	}
	return len > 0;
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
	if (take_shown(s, buf, &q))
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
