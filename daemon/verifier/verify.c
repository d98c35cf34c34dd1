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
#include "daemon/verifier/leader.h"
#include "daemon/verifier/ldap.h"
#include "daemon/verifier/policy.h"
#include "daemon/verifier/recall.h"
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

/* One answer, for the log as well as for a worker, which may have gone. */
struct report {
	struct edge *edge;
	uint32_t request, uid;
	bool peer_is_server;
	const char *name; /* of the peer, also where it is refused */
};

static void
report(const struct report *r, const struct verify_ans *ans)
{
	const char *peer = r->peer_is_server ? "server" : "client";

	if (ans->error == 0) {
		counters.accepted++;
		log_info("peer-verified",
		    "uid=%u peer=%s name=%s method=%s evidence=\"%s\"", r->uid,
		    peer, ans->name, ans->method, ans->evidence);
	} else {
		counters.refused++;
		log_notice("peer-refused",
		    "uid=%u peer=%s name=%s reason=\"%s\"", r->uid, peer,
		    r->name, ans->reason);
	}
	if (r->edge != NULL)
		send_answer(r->edge, r->request, ans);
}

/* Says it to the worker and the log, and ends the verdict. */
static void
answer(struct verdict *v)
{
	static uint8_t certs[APP_TRACE_CERTS_MAX];
	const struct report r = { v->edge, v->request, v->uid,
		v->peer_is_server, verdict_name(v)->text };
	struct verify_ans ans;

	verdict_answer(v, &ans, certs);
	report(&r, &ans);
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

/* The verdict is in, and so is that of those who wait for it. */
static void
finish(struct verdict *v)
{
	struct verdict *f = leader_end(v), *next;

	/* An end of 0 is none. */
	if (v->error == 0 && v->bound != UINT64_MAX &&
	    (v->until == 0 || v->bound < v->until))
		v->until = v->bound;
	recall_keep(v);
	answer(v);
	for (; f != NULL; f = next) {
		next = f->following;
		forget(f);
		answer(f);
	}
}

void
verify_continue(struct verdict *v)
{
	if (!advance(v))
		return;
	forget(v);
	finish(v);
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
	/* Who wants nothing that was known before asks when it is needed. */
	if (grant.role != APP_ROLE_CLIENT ||
	    (grant.flags & APP_NO_CACHE_READ) != 0)
		return 0;
	if (peers_ask(role.config, req->remote_name, true, TRUST_LDAP))
		ldap_prepare(req->remote_name);
	if (peers_ask(role.config, req->remote_name, true, TRUST_DANE))
		dane_prepare(req->remote_name,
		    req->service != NULL ? req->service : "", req->port);
	return 0;
}

/* The same answer as the verdict had that is remembered. */
static void
repeat(const struct cache_hit *hit, struct edge *edge, uint32_t request,
    const struct grant *grant)
{
	const struct admin_cache_row *row = &hit->row;
	const struct report r = { edge, request, grant->uid,
		row->role == APP_ROLE_SERVER, row->name };
	const struct verify_ans ans = {
		.error = row->error,
		.reason = row->reason,
		.alert = row->alert,
		.name = row->error == 0 ? row->name : NULL,
		.method = row->method,
		.evidence = row->evidence,
		.until = row->error == 0 ? row->until : 0,
	};

	report(&r, &ans);
}

static void
no_memory(struct edge *edge, uint32_t request)
{
	const struct verify_ans ans = { .error = EIO,
		.alert = GNUTLS_A_INTERNAL_ERROR,
		.reason = "the verifier has no memory left" };

	send_answer(edge, request, &ans);
}

static void
await(struct verdict *v)
{
	v->later = waiting;
	waiting = v;
	counters.waiting++;
}

int
verify_request(struct edge *edge, struct packet *packet, void *msg)
{
	const struct verify_req *req = msg;
	uint32_t request = packet->header.request;
	uint8_t sealed[GRANT_MAX + 1], key[DIGEST_SIZE];
	const struct cache_hit *hit;
	struct grant grant;
	struct verdict *v;
	bool keyed;

	counters.requests++;
	if (open_grant(edge, req->grant, sealed, &grant) != 0) {
		deny(edge, request, errno);
		return 0;
	}
	trust_refresh(&verify_trust, loop_now(role.loop));
	keyed = recall_key(key, req, &grant);
	if (keyed && (hit = recall_find(key, req, &grant)) != NULL) {
		repeat(hit, edge, request, &grant);
		return 0;
	}
	v = verdict_new(&verify_trust, req, grant.role, grant.flags, grant.uid);
	if (v == NULL) {
		no_memory(edge, request);
		return 0;
	}
	v->edge = edge;
	v->resume = verify_continue;
	v->request = request;
	v->keyed = keyed;
	memcpy(v->key, key, sizeof(v->key));
	v->generation = recall_generation();
	if ((grant.flags & APP_NO_CACHE_READ) != 0)
		v->since = loop_now(role.loop);
	policy_choose(v, role.config);
	if (leader_join(v)) {
		await(v);
	} else if (advance(v)) {
		finish(v);
	} else {
		leader_begin(v);
		await(v);
	}
	return 0;
}
