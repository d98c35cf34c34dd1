/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * credential: what the keeper lets a session show and sign: the questions,
 * and the signature in the middle of a handshake.
 */
#include <errno.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

#include "daemon/sys/log.h"
#include "daemon/worker/answers.h"
#include "daemon/worker/credential.h"
#include "daemon/worker/credentials.h"
#include "daemon/worker/handshake.h"
#include "daemon/worker/sessions.h"
#include "daemon/worker/ticket.h"

/* Whose handshake is running; GnuTLS does not say whom a key signs for. */
static struct session *signs_for;

void
credential_signs_for(struct session *s)
{
	signs_for = s;
}

/* An edge that is not there now comes back: the request is made again then. */
static void
ask(struct session *s, const struct message_schema *schema, const void *msg)
{
	struct edge *keeper = role_edge(ROLE_KEEPER, 0);

	s->attempt->ask = false;
	if (keeper != NULL &&
	    edge_send(keeper, schema, s->attempt->serial, msg, NULL, 0) == 0)
		return;
	if (keeper == NULL || errno == EPIPE || errno == ECONNRESET) {
		s->attempt->ask = true;
		return;
	}
	session_fail(s, EAGAIN, GNUTLS_A_INTERNAL_ERROR,
	    "the keeper is too busy to answer: %s", strerror(errno));
}

bool
credential_wanted(const struct session *s)
{
	if (s->flags & APP_NO_LOCAL_CERT)
		return false;
	return s->attempt->start.local_name != NULL ||
	       role.disclosure.text != NULL;
}

/* What there is to ask of the keeper. */
static struct credential_req
question(const struct session *s)
{
	const struct start *start = &s->attempt->start;
	struct credential_req q = { .grant = s->attempt->grant };

	if (s->role == APP_ROLE_CLIENT) {
		q.name = start->local_name;
		q.remote = start->remote_name;
	} else {
		q.name = s->server_name;
		q.fallback = start->local_name;
		q.covered = start->local_name != NULL &&
			    (start->questions & APP_ASK_NAME) == 0;
	}
	return q;
}

/* The session of a server is this identity. */
static int
be(struct session *s, struct credentials *c, const char *name,
    const struct blob keys[2])
{
	s->credentials = c;
	s->local_name = strdup(name);
	(void)gnutls_credentials_set(
	    s->tls, GNUTLS_CRD_CERTIFICATE, credentials_for(c, s->role));
	return s->role == APP_ROLE_SERVER ? ticket_enable(s, keys[0], keys[1])
					  : 0;
}

/* Has the keeper answered just that, a moment ago? */
static bool
is_kept(struct session *s, const struct credential_req *q)
{
	const struct answer_kept *kept;

	if (s->role != APP_ROLE_SERVER ||
	    (kept = answers_find(q, loop_now(role.loop))) == NULL)
		return false;
	s->attempt->kept = s->attempt->credential = true;
	(void)be(s, credentials_hold(kept->credentials), kept->name,
	    kept->ticket_keys);
	return true;
}

void
credential_ask(struct session *s)
{
	struct credential_req q = question(s);

	if (is_kept(s, &q)) {
		session_continue(s);
		return;
	}
	s->state = SESSION_CREDENTIAL;
	s->attempt->forgotten = answers_forgotten();
	ask(s, &credential_req_schema, &q);
}

void
credential_ask_signature(struct session *s)
{
	const struct attempt *a = s->attempt;
	struct sign_req q = {
		.grant = a->grant,
		.key = a->sign_key,
		.algorithm = a->sign_algorithm,
		.digest = a->sign_digest,
		.asks = a->kept,
	};
	struct credential_req asked;

	if (a->kept) {
		asked = question(s);
		q.name = asked.name;
		q.fallback = asked.fallback;
		q.covered = asked.covered;
	}
	s->state = SESSION_SIGN;
	ask(s, &sign_req_schema, &q);
}

/* Who the keeper says the session is; -1: that is no answer. */
static int
take(struct session *s, const struct credential_ans *answer)
{
	const struct blob keys[2] = { answer->ticket_key,
		answer->ticket_previous };
	const char *name = answer->name != NULL ? answer->name : "";
	struct credentials *c = credentials_get(answer->credentials);
	struct credential_req q;

	if (c == NULL)
		return -1;
	if (answer->voucher.len > 0)
		credentials_vouched(c, answer->voucher);
	if (be(s, c, name, keys) != 0)
		return -1;
	if (answer->keep > 0 && s->attempt->forgotten == answers_forgotten()) {
		q = question(s);
		answers_keep(
		    &q, c, name, keys, loop_now(role.loop) + answer->keep);
	}
	return 0;
}

int
credential_answered(struct edge *e, struct packet *p, void *msg)
{
	const struct credential_ans *answer = msg;
	struct session *s = session_by_serial(p->header.request);

	(void)e;
	if (s == NULL || s->state != SESSION_CREDENTIAL)
		return 0; /* it has been given up meanwhile */
	if (answer->error != 0) {
		session_fail(s, (int)answer->error,
		    s->role == APP_ROLE_SERVER ? GNUTLS_A_UNRECOGNIZED_NAME
					       : -1,
		    "%s", answer->reason != NULL ? answer->reason : "refused");
		return 0;
	}
	if (answer->credentials.len > 0) {
		if (take(s, answer) != 0)
			return -1;
	} else if (s->role == APP_ROLE_SERVER) {
		return -1;
	}
	s->attempt->credential = true;
	if (s->role == APP_ROLE_CLIENT)
		session_hello(s);
	else
		session_continue(s);
	return 0;
}

int
credential_forgotten(struct edge *e, struct packet *p, void *msg)
{
	(void)e;
	(void)p;
	(void)msg;
	answers_forget();
	return 0;
}

int
credential_signed(struct edge *e, struct packet *p, void *msg)
{
	const struct sign_ans *answer = msg;
	struct session *s = session_by_serial(p->header.request);
	struct attempt *a;

	(void)e;
	if (s == NULL || s->state != SESSION_SIGN)
		return 0;
	a = s->attempt;
	if (answer->error != 0) {
		a->error = (int)answer->error;
		a->reason = strdup(
		    answer->reason != NULL ? answer->reason : "not signed");
		a->signature_failed = true;
	} else {
		a->signature = gnutls_malloc(answer->signature.len + 1);
		a->signature_failed = a->signature == NULL;
		if (a->signature != NULL)
			memcpy(a->signature, answer->signature.data,
			    answer->signature.len);
		a->signature_len = answer->signature.len;
	}
	session_continue(s);
	return 0;
}

/* In the fiber of a handshake: leaves it until the keeper has answered. */
int
credentials_sign(struct blob key, gnutls_sign_algorithm_t algorithm,
    const gnutls_datum_t *digest, gnutls_datum_t *signature)
{
	struct session *s = signs_for;
	struct attempt *a = s->attempt;

	a->sign_key = key;
	a->sign_algorithm = (uint32_t)algorithm;
	a->sign_digest = (struct blob){ digest->data, digest->size };
	if (handshake_pause(s) != 0 || a->signature_failed)
		return GNUTLS_E_PK_SIGN_FAILED;
	signature->data = a->signature;
	signature->size = (unsigned)a->signature_len;
	a->signature = NULL;
	return 0;
}
