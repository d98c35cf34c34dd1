/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * authorize: the last word on a peer that the policy has said yes to.  The
 * plugin has one question at a time, so that who makes it crash or hang loses
 * no verdict but his own.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <tlspool/authorize.h>

#include "daemon/ipc/authorize.h"
#include "daemon/sys/log.h"
#include "daemon/verifier/authorize.h"
#include "daemon/verifier/verify.h"

/* The questions for the plugin, in order; the first one may be asked. */
static struct verdict *first, **last = &first;
static size_t nwaiting;
static bool ready; /* the plugin can be asked */
static bool asked; /* it has been asked the first one */
static uint32_t number;
static struct loop_timer limit;

/*
 * The rules.
 */

static void
ask_rules(struct verdict *v)
{
	const struct trust *trust = v->trust;
	const struct rules_question question = {
		.local = v->local,
		.server = !v->peer_is_server,
		.remote = verdict_name(v)->text,
	};
	struct rules_verdict says;

	if (trust->rules_file.path == NULL) {
		verdict_step(v, "authorization: there are no rules: who is "
				"known may");
		return;
	}
	if (trust->rules == NULL) {
		verdict_refuse(v, EPERM, GNUTLS_A_INTERNAL_ERROR,
		    "the rules of authorization cannot be read: %s",
		    trust->rules_file.trouble);
		verdict_step(v, "authorization: says no: %s", v->reason);
		return;
	}
	rules_decide(trust->rules, &question, &says);
	if (says.allow) {
		verdict_step(v,
		    "authorization: line %u of the rules allows it: "
		    "%s",
		    says.line, says.text);
		return;
	}
	if (says.line == 0)
		verdict_refuse(v, EPERM, GNUTLS_A_ACCESS_DENIED,
		    "no rule of authorization allows %s as %s of %s",
		    question.remote, v->peer_is_server ? "server" : "client",
		    v->local[0] != '\0' ? v->local : "nobody");
	else
		verdict_refuse(v, EPERM, GNUTLS_A_ACCESS_DENIED,
		    "line %u of the rules of authorization denies %s: %s",
		    says.line, question.remote, says.text);
	verdict_step(v, "authorization: says no: %s", v->reason);
}

/*
 * The plugin.
 */

static void
deny(struct verdict *v, unsigned alert, const char *reason)
{
	verdict_refuse(v, EPERM, alert,
	    "the plugin of authorization denies %s%s%s", verdict_name(v)->text,
	    reason[0] != '\0' ? ": " : "", reason);
	verdict_step(v, "authorization: says no: %s", v->reason);
}

static void
send_question(struct edge *edge, const struct verdict *v)
{
	const struct authorize_req req = {
		.role = v->peer_is_server ? APP_ROLE_CLIENT : APP_ROLE_SERVER,
		.local = v->local[0] != '\0' ? v->local : NULL,
		.remote = verdict_name(v)->text,
		.method = v->method,
		.evidence = v->evidence,
		.service = v->service[0] != '\0' ? v->service : NULL,
		.port = v->port,
		.uid = v->uid,
	};

	/* An answer that never comes is dealt with when its time is over. */
	if (edge_send(edge, &authorize_req_schema, ++number, &req, NULL, 0) !=
	    0)
		log_warning(
		    "authorization-unasked", "reason=\"%s\"", strerror(errno));
}

/*
 * Asks the first one, if it can be; denies nobody itself.  A question that
 * is asked has the time of the plugin; one that cannot be asked waits for no
 * longer than its handshake.
 */
static void
ask_first(void)
{
	struct edge *edge = role_edge(ROLE_AUTHORIZER, 0);
	uint64_t now = loop_now(role.loop);

	if (first == NULL) {
		loop_timer_cancel(role.loop, &limit);
		return;
	}
	if (asked)
		return;
	if (!ready || edge == NULL) {
		(void)loop_timer_set(role.loop, &limit, first->patience);
		return;
	}
	asked = true;
	(void)loop_timer_set(
	    role.loop, &limit, now + role.config->plugin_timeout);
	send_question(edge, first);
}

/* Takes the first one out; the next one can be asked. */
static struct verdict *
take_first(void)
{
	struct verdict *v = first;

	first = v->behind;
	if (first == NULL)
		last = &first;
	v->behind = NULL;
	v->authorization = AUTHORIZATION_ANSWERED;
	asked = false;
	nwaiting--;
	return v;
}

static void
fail_first(const char *reason)
{
	struct verdict *v = take_first();

	log_error("authorization-failed", "name=%s reason=\"%s\"",
	    verdict_name(v)->text, reason);
	deny(v, GNUTLS_A_INTERNAL_ERROR, reason);
	verify_continue(v);
}

static void
limit_over(struct loop_timer *timer)
{
	struct edge *edge = role_edge(ROLE_AUTHORIZER, 0);
	uint64_t now = loop_now(role.loop);

	if (first != NULL && asked) {
		/* Whoever it is now must not answer the next question. */
		ready = false;
		fail_first("it did not answer in time");
		if (edge != NULL)
			edge_fault(edge, "the plugin did not answer in time");
	}
	while (first != NULL && !asked && first->patience <= now)
		fail_first("it could not be asked in time");
	ask_first();
}

void
authorize_edge_down(struct edge *edge)
{
	ready = false;
	if (first != NULL && asked)
		fail_first("it ended without an answer");
	ask_first();
}

int
authorize_ready(struct edge *edge, struct packet *packet, void *msg)
{
	ready = true;
	ask_first();
	return 0;
}

/* An "allow" holds for no longer than the plugin says. */
static void
take_lifetime(struct verdict *v, uint32_t lifetime)
{
	uint64_t end = (uint64_t)v->now + lifetime;

	if (lifetime != 0 && (v->until == 0 || end < v->until))
		v->until = end;
}

int
authorize_answered(struct edge *edge, struct packet *packet, void *msg)
{
	const struct authorize_ans *ans = msg;
	struct verdict *v;

	if (first == NULL || !asked || packet->header.request != number)
		return -1;
	v = take_first();
	switch (ans->verdict) {
	case TLSPOOL_AUTHORIZE_ALLOW:
		verdict_step(v, "authorization: the plugin allows it");
		take_lifetime(v, ans->lifetime);
		break;
	case TLSPOOL_AUTHORIZE_DEFER:
		verdict_step(
		    v, "authorization: the plugin defers to the rules");
		ask_rules(v);
		break;
	default:
		deny(v, GNUTLS_A_ACCESS_DENIED, ans->reason);
		break;
	}
	ask_first();
	verify_continue(v);
	return 0;
}

/* Puts a verdict behind the others; false where that cannot be. */
static bool
enqueue(struct verdict *v)
{
	v->patience = loop_now(role.loop) + role.config->handshake_timeout;
	if (first == NULL) {
		limit.expired = limit_over;
		if (loop_timer_set(role.loop, &limit, v->patience) != 0)
			return false;
	}
	v->behind = NULL;
	*last = v;
	last = &v->behind;
	nwaiting++;
	v->authorization = AUTHORIZATION_WAITS;
	return true;
}

bool
authorize_run(struct verdict *v)
{
	if (v->error != 0 || (v->flags & APP_SKIP_AUTHORIZATION) != 0 ||
	    v->authorization == AUTHORIZATION_ANSWERED)
		return true;
	if (v->authorization == AUTHORIZATION_WAITS)
		return false;
	if (role.config->plugin == NULL) {
		ask_rules(v);
		return true;
	}
	if (!enqueue(v)) {
		deny(
		    v, GNUTLS_A_INTERNAL_ERROR, "there is no memory to ask it");
		return true;
	}
	ask_first();
	return false;
}
