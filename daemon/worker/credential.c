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
	    edge_send(keeper, schema, s->serial, msg, NULL, 0) == 0)
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

void
credential_ask(struct session *s)
{
	const struct start *start = &s->attempt->start;
	struct credential_req q = { .grant = s->attempt->grant };

	s->state = SESSION_CREDENTIAL;
	if (s->role == APP_ROLE_CLIENT) {
		q.name = start->local_name;
		q.remote = start->remote_name;
	} else {
		q.name = s->server_name;
		q.fallback = start->local_name;
		q.covered = start->local_name != NULL &&
			    (start->questions & APP_ASK_NAME) == 0;
	}
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
	};

	s->state = SESSION_SIGN;
	ask(s, &sign_req_schema, &q);
}

int
credential_answered(struct edge *e, struct packet *p, void *msg)
{
	const struct credential_ans *answer = msg;
	struct session *s = session_by_serial(p->header.request);
	struct credentials *c;

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
	s->attempt->credential = true;
	if (answer->credentials.len > 0) {
		if ((c = credentials_get(answer->credentials)) == NULL)
			return -1;
		s->credentials = c;
		if (answer->voucher.len > 0)
			credentials_vouched(c, answer->voucher);
		s->local_name =
		    strdup(answer->name != NULL ? answer->name : "");
		(void)gnutls_credentials_set(s->tls, GNUTLS_CRD_CERTIFICATE,
		    credentials_for(c, s->role));
	} else if (s->role == APP_ROLE_SERVER) {
		return -1;
	}
	if (s->role == APP_ROLE_CLIENT)
		session_hello(s);
	else if (ticket_enable(
		     s, answer->ticket_key, answer->ticket_previous) != 0)
		return -1;
	else
		session_continue(s);
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
