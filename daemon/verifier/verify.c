/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * verify: a worker is believed nothing about who asks; that is in the grant.
 */
#include <errno.h>
#include <string.h>

#include "daemon/sys/log.h"
#include "daemon/sys/peers.h"
#include "daemon/verifier/authorize.h"
#include "daemon/verifier/dane.h"
#include "daemon/verifier/policy.h"
#include "daemon/verifier/verify.h"

struct trust verify_trust;

static struct verify_counters counters;
static struct verdict *waiting;

const struct verify_counters *
verify_counters(void)
{
	return &counters;
}

static void
send_answer(struct edge *edge, uint32_t request, const struct verify_ans *ans)
{
	if (edge_send(edge, &verify_ans_schema, request, ans, NULL, 0) != 0)
		log_warning("verdict-lost",
		    "worker=%u request=%u reason=\"%s\"", edge->index, request,
		    strerror(errno));
}

/* Says it to the worker and the log, and ends the verdict. */
static void
answer(struct verdict *v)
{
	const char *peer = v->peer_is_server ? "server" : "client";
	static uint8_t certs[APP_TRACE_CERTS_MAX];
	struct verify_ans ans;

	verdict_answer(v, &ans, certs);
	if (v->error == 0) {
		counters.accepted++;
		log_info("peer-verified",
		    "uid=%u peer=%s name=%s method=%s evidence=\"%s\"", v->uid,
		    peer, ans.name, ans.method, ans.evidence);
	} else {
		counters.refused++;
		log_notice("peer-refused",
		    "uid=%u peer=%s name=%s reason=\"%s\"", v->uid, peer,
		    verdict_name(v)->text, ans.reason);
	}
	if (v->edge != NULL)
		send_answer(v->edge, v->request, &ans);
	verdict_free(v);
}

static void
forget(struct verdict *v)
{
	for (struct verdict **at = &waiting; *at != NULL; at = &(*at)->later) {
		if (*at != v)
			continue;
		*at = v->later;
		v->later = NULL;
		counters.waiting--;
		return;
	}
}

/* First who the peer is, then whether it may: true when the verdict is in. */
static bool
advance(struct verdict *v)
{
	if (!v->authorizing && !policy_run(v))
		return false;
	v->authorizing = true;
	return authorize_run(v);
}

void
verify_continue(struct verdict *v)
{
	if (!advance(v))
		return;
	forget(v);
	answer(v);
}

void
verify_edge_down(struct edge *edge)
{
	/* What a method has under way goes on to its end; there is only
	 * nobody to be told. */
	for (struct verdict *v = waiting; v != NULL; v = v->later)
		if (v->edge == edge)
			v->edge = NULL;
}

static void
deny(struct edge *edge, uint32_t request, int error)
{
	struct verify_ans ans = {
		.error = EACCES,
		.alert = GNUTLS_A_INTERNAL_ERROR,
		.reason = error == ETIMEDOUT
			      ? "the time that the handshake had is over"
			      : "the request came without a good grant",
	};

	counters.denied++;
	log_warning("grant-refused", "worker=%u reason=\"%s\"", edge->index,
	    ans.reason);
	send_answer(edge, request, &ans);
}

/* The schema has limited its length; it is opened in a copy, because that
 * writes into it. */
static int
open_grant(struct edge *edge, struct blob grant, uint8_t sealed[GRANT_MAX + 1],
    struct grant *out)
{
	memcpy(sealed, grant.data, grant.len);
	errno = EACCES;
	if (role.grant_keys == NULL)
		return -1;
	return grant_open(role.grant_keys, sealed, grant.len, edge->index,
	    loop_now(role.loop), out);
}

/* Nobody learns anything of it, so what cannot be prepared is left alone. */
int
verify_prepare(struct edge *edge, struct packet *packet, void *msg)
{
	const struct verify_prepare *req = msg;
	uint8_t sealed[GRANT_MAX + 1];
	struct grant grant;

	(void)packet;
	if (open_grant(edge, req->grant, sealed, &grant) != 0) {
		counters.denied++;
		log_warning("grant-refused", "worker=%u reason=\"%s\"",
		    edge->index, "nothing is prepared without a good grant");
		return 0;
	}
	if (grant.role == APP_ROLE_CLIENT &&
	    peers_ask(role.config, req->remote_name, true, TRUST_DANE))
		dane_prepare(req->remote_name,
		    req->service != NULL ? req->service : "", req->port);
	return 0;
}

int
verify_request(struct edge *edge, struct packet *packet, void *msg)
{
	const struct verify_req *req = msg;
	uint8_t sealed[GRANT_MAX + 1];
	struct grant grant;
	struct verdict *v;

	counters.requests++;
	if (open_grant(edge, req->grant, sealed, &grant) != 0) {
		deny(edge, packet->header.request, errno);
		return 0;
	}
	trust_refresh(&verify_trust, loop_now(role.loop));
	v = verdict_new(&verify_trust, req, grant.role, grant.flags, grant.uid);
	if (v == NULL) {
		struct verify_ans ans = { .error = EIO,
			.alert = GNUTLS_A_INTERNAL_ERROR,
			.reason = "the verifier has no memory left" };

		send_answer(edge, packet->header.request, &ans);
		return 0;
	}
	v->edge = edge;
	v->resume = verify_continue;
	v->request = packet->header.request;
	policy_choose(v, role.config);
	if (advance(v)) {
		answer(v);
		return 0;
	}
	v->later = waiting;
	waiting = v;
	counters.waiting++;
	return 0;
}
