/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * resolver: libunbound in a thread of its own, and a bounded table of what is
 * being asked and what was answered.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <unbound.h>

#include "daemon/ipc/hash.h"
#include "daemon/sys/log.h"
#include "daemon/verifier/dns_context.h"
#include "daemon/verifier/resolver.h"
#include "daemon/verifier/share.h"

enum {
	MAX_QUESTIONS = 4096, /* in the table */
	MAX_UNDER_WAY = 1024,
	/* Of these, about names that strangers claim, who may have made them
	 * up to be slow; and below one domain. */
	MAX_STRANGERS = 512,
	MAX_OF_DOMAIN = 64,
	/* Seconds that an answer is kept at the least, so that one that was
	 * asked for when a handshake began is there when it ends … */
	LEAST_TTL = 2,
	/* … and at the most. */
	MOST_TTL = 24 * 60 * 60,
	KEY_SIZE = DOMAIN_SIZE + 8,
	RCODE_NOERROR = 0,
	RCODE_NXDOMAIN = 3,
	CLASS_IN = 1,
};

/* Of libunbound. */
struct context {
	struct ub_ctx *ctx; /* NULL: it is not open */
	struct loop_watch watch;
	bool forgets;	   /* what it is told, at once */
	char trouble[160]; /* why there is no ctx */
};

struct question {
	UT_hash_handle hh; /* in the order of asking */
	char key[KEY_SIZE];
	struct context *context;
	int id;		/* of libunbound */
	uint64_t asked; /* milliseconds, as loop_now() */
	bool under_way;
	struct share *share; /* under way for a stranger; or NULL */
	uint64_t stale;	     /* milliseconds, as loop_now() */
	struct loop_timer timer;
	struct waiter *waiters;
	struct resolver_answer answer;
	struct ub_result *result; /* answer.records point into it */
};

static struct {
	struct loop *loop;
	const struct config *config;
	struct context usual, anew;
	struct question *questions;
	size_t under_way, strangers;
	struct share *shares; /* of strangers */
	struct resolver_counters counters;
	bool speaks;		  /* there is an anchor */
	char anchor[DOMAIN_SIZE]; /* the name of its first key; "": the root */
} resolver = { .anew.forgets = true };

const char *
resolver_state_name(enum resolver_state state)
{
	static const char *const names[] = {
		[RESOLVER_SECURE] = "secure",
		[RESOLVER_ABSENT] = "securely absent",
		[RESOLVER_INSECURE] = "insecure",
		[RESOLVER_BOGUS] = "bogus",
		[RESOLVER_FAILED] = "not answered",
		[RESOLVER_TIMEOUT] = "not answered in time",
	};

	return names[state];
}

const char *
resolver_type_name(unsigned type)
{
	switch (type) {
	case DNS_TYPE_A:
		return "A";
	case DNS_TYPE_MX:
		return "MX";
	case DNS_TYPE_AAAA:
		return "AAAA";
	case DNS_TYPE_SRV:
		return "SRV";
	case DNS_TYPE_DNSKEY:
		return "DNSKEY";
	case DNS_TYPE_TLSA:
		return "TLSA";
	case DNS_TYPE_SMIMEA:
		return "SMIMEA";
	default:
		return "?";
	}
}

const struct resolver_counters *
resolver_counters(void)
{
	return &resolver.counters;
}

void
resolver_init(struct loop *loop, const struct config *config)
{
	bool kept;

	resolver.loop = loop;
	resolver.config = config;
	resolver.speaks = dns_context_anchor(config, &kept) != NULL;
}

bool
resolver_speaks(void)
{
	return resolver.speaks;
}

static void
process(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	(void)ub_process(container_of(watch, struct context, watch)->ctx);
}

/* Begins at the first question, which is behind the sandbox: so is the
 * thread. */
static int
open_context(struct context *context)
{
	int r;
	struct ub_ctx *ctx = dns_context_open(
	    resolver.config, context->forgets, resolver.anchor, &r);

	if (ctx == NULL)
		goto err;
	context->watch.fd = ub_fd(ctx);
	context->watch.ready = process;
	r = UB_SYNTAX;
	if (loop_watch(resolver.loop, &context->watch, EPOLLIN) != 0)
		goto err;
	context->ctx = ctx;
	context->trouble[0] = '\0';
	return 0;
err:
	if (context->trouble[0] == '\0') {
		snprintf(context->trouble, sizeof(context->trouble),
		    "the resolver does not start: %s", ub_strerror(r));
		log_error("resolver-failed", "reason=\"%s\"", ub_strerror(r));
	}
	if (ctx != NULL)
		ub_ctx_delete(ctx);
	return -1;
}

static void
give_share(struct question *q)
{
	resolver.strangers -= q->share != NULL;
	share_give(&resolver.shares, q->share);
	q->share = NULL;
}

static void
question_free(struct question *q)
{
	HASH_DEL(resolver.questions, q);
	give_share(q);
	loop_timer_cancel(resolver.loop, &q->timer);
	ub_resolve_free(q->result);
	free(q);
}

/* Lets everybody know; they ask again, and find the answer. */
static void
finish(struct question *q)
{
	struct waiter *list = q->waiters, *w;
	uint32_t ttl = q->answer.ttl;

	loop_timer_cancel(resolver.loop, &q->timer);
	q->under_way = false;
	resolver.under_way--;
	give_share(q);
	if (ttl < LEAST_TTL)
		ttl = LEAST_TTL;
	q->stale = loop_now(resolver.loop) + ttl * UINT64_C(1000);
	q->answer.until = time(NULL) + (time_t)q->answer.ttl;
	/* A call may free any of them, which then leave this list. */
	q->waiters = NULL;
	if (list != NULL)
		list->prev = &list;
	while ((w = list) != NULL) {
		waiter_leave(w);
		w->answered(w);
	}
}

void
resolver_take_records(struct resolver_answer *a, const struct ub_result *r)
{
	for (size_t i = 0; r->data[i] != NULL && i < RESOLVER_MAX_RECORDS; i++)
		if (r->len[i] >= 0)
			a->records[a->nrecords++] =
			    (struct blob){ (const uint8_t *)r->data[i],
				    (size_t)r->len[i] };
}

/* Where the name leads to may be no host name, as one with a NUL, or with an
 * underscore, which records of services have. */
static void
take_canonical(struct resolver_answer *a, const struct ub_result *r)
{
	size_t len = strlen(r->qname);

	if (len > 0 && r->qname[len - 1] == '.')
		len--;
	if (r->canonname == NULL ||
	    (strncasecmp(r->canonname, r->qname, len) == 0 &&
		strcmp(r->canonname + len, ".") == 0))
		return;
	a->alias = true;
	if (domain_normal(r->canonname, a->canonical) != 0)
		a->canonical[0] = '\0';
}

/* Nothing is believed because of an address. */
static bool
is_address(int type)
{
	return type == DNS_TYPE_A || type == DNS_TYPE_AAAA;
}

void
resolver_classify(
    struct resolver_answer *a, int error, const struct ub_result *r)
{
	a->state = RESOLVER_FAILED;
	if (error != 0 || r == NULL) {
		snprintf(a->why, sizeof(a->why), "%s", ub_strerror(error));
		return;
	}
	if (r->bogus) {
		a->state = RESOLVER_BOGUS;
		snprintf(a->why, sizeof(a->why), "%s",
		    r->why_bogus != NULL ? r->why_bogus : "no reason is known");
		return;
	}
	if (r->rcode != RCODE_NOERROR && r->rcode != RCODE_NXDOMAIN) {
		snprintf(a->why, sizeof(a->why), "rcode %d", r->rcode);
		return;
	}
	a->ttl = r->ttl < 0	     ? 0
		 : r->ttl > MOST_TTL ? MOST_TTL
				     : (uint32_t)r->ttl;
	take_canonical(a, r);
	if (!r->secure) {
		a->state = RESOLVER_INSECURE;
		if (r->havedata && is_address(r->qtype))
			resolver_take_records(a, r);
	} else if (!r->havedata) {
		a->state = RESOLVER_ABSENT;
	} else {
		a->state = RESOLVER_SECURE;
		resolver_take_records(a, r);
	}
}

static void
answered(void *arg, int error, struct ub_result *result)
{
	struct question *q = arg;

	q->result = result;
	resolver_classify(&q->answer, error, result);
	finish(q);
}

static void
too_late(struct loop_timer *timer)
{
	struct question *q = container_of(timer, struct question, timer);

	(void)ub_cancel(q->context->ctx, q->id);
	q->answer.state = RESOLVER_TIMEOUT;
	snprintf(q->answer.why, sizeof(q->answer.why), "no answer within %u ms",
	    resolver.config->dns_timeout);
	finish(q);
}

/* Makes room: the oldest that nobody waits for. */
static bool
have_room(void)
{
	struct question *q, *next;

	if (resolver.under_way >= MAX_UNDER_WAY)
		return false;
	if (HASH_COUNT(resolver.questions) < MAX_QUESTIONS)
		return true;
	HASH_ITER(hh, resolver.questions, q, next)
	{
		if (q->under_way)
			continue;
		question_free(q);
		return true;
	}
	return false;
}

static struct question *
find(const char *key, uint64_t since)
{
	struct question *q = NULL;

	HASH_FIND_STR(resolver.questions, key, q);
	if (q == NULL || q->under_way ||
	    (q->stale > loop_now(resolver.loop) && q->asked >= since))
		return q;
	question_free(q);
	return NULL;
}

/* Sends a question; NULL where it cannot even be asked. */
static struct question *
ask(struct context *context, const char *key, const char *name, unsigned type,
    bool stranger)
{
	struct question *q = NULL;

	if ((context->ctx == NULL && open_context(context) != 0) ||
	    !have_room() || (stranger && resolver.strangers >= MAX_STRANGERS) ||
	    (q = calloc(1, sizeof(*q))) == NULL)
		return NULL;
	if (stranger) {
		q->share = share_take(&resolver.shares, name, MAX_OF_DOMAIN);
		if (q->share == NULL) {
			free(q);
			return NULL;
		}
		resolver.strangers++;
	}
	snprintf(q->key, sizeof(q->key), "%s", key);
	q->timer.expired = too_late;
	q->context = context;
	q->asked = loop_now(resolver.loop);
	HASH_ADD_STR(resolver.questions, key, q);
	if (loop_timer_set(resolver.loop, &q->timer,
		loop_now(resolver.loop) + resolver.config->dns_timeout) != 0 ||
	    ub_resolve_async(context->ctx, name, (int)type, CLASS_IN, q,
		answered, &q->id) != 0) {
		question_free(q);
		return NULL;
	}
	q->under_way = true;
	resolver.under_way++;
	resolver.counters.asked++;
	return q;
}

static const struct resolver_answer *
fail(const char *why)
{
	static struct resolver_answer failed = { .state = RESOLVER_FAILED };

	failed.until = time(NULL);
	snprintf(failed.why, sizeof(failed.why), "%s", why);
	return &failed;
}

/*
 * "Nothing is signed" is what is said of everything, too, when the last key
 * of the trust anchor is revoked (RFC 5011, section 5).  Here that would mean
 * that DANE falls silent and weaker methods are asked: so it is believed only
 * as long as the name of the anchor is signed itself.
 */
static const struct resolver_answer *
believe_insecure(const char *key, uint64_t since, struct waiter *waiter)
{
	const struct resolver_answer *anchor =
	    resolver_ask(resolver.anchor, DNS_TYPE_DNSKEY, since, waiter);
	struct question *q;

	if (anchor == NULL)
		return NULL;
	if (anchor->state != RESOLVER_SECURE)
		return fail("no key of the DNSSEC trust anchor is good");
	/* That question may have taken the place of the other. */
	q = find(key, since);
	return q == NULL ? fail("too many questions") : &q->answer;
}

/*
 * A question under way that was sent before `since` is asked once more when it
 * is answered: whoever waits for it comes again, and finds it too old.
 */
const struct resolver_answer *
resolver_ask(
    const char *name, unsigned type, uint64_t since, struct waiter *waiter)
{
	struct context *context = since > 0 ? &resolver.anew : &resolver.usual;
	char key[KEY_SIZE], absolute[DOMAIN_SIZE + 1];
	struct question *q;

	snprintf(absolute, sizeof(absolute), "%s.", name);
	domain_lower(absolute, strlen(absolute), absolute);
	/* They are kept apart: nobody can make the others wait. */
	snprintf(key, sizeof(key), "%s%u%s", absolute, type,
	    context->forgets ? "+" : "");
	if ((q = find(key, since)) != NULL && !q->under_way)
		resolver.counters.known++;
	if (q == NULL && (q = ask(context, key, absolute, type,
			      waiter != NULL && waiter->stranger)) == NULL)
		return fail(context->trouble[0] != '\0' ? context->trouble
							: "too many questions");
	if (q->under_way) {
		if (waiter != NULL && waiter->prev == NULL)
			waiter_join(&q->waiters, waiter);
		return NULL;
	}
	/* Where no anchor is configured, nothing was ever to be signed. */
	if (q->answer.state == RESOLVER_INSECURE && type != DNS_TYPE_DNSKEY &&
	    resolver_speaks())
		return believe_insecure(key, since, waiter);
	return &q->answer;
}
