/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * sign: answers SIGN: a signature for a handshake, under a grant, in a thread.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/keeper/algorithm.h"
#include "daemon/keeper/inquiry.h"
#include "daemon/keeper/keeper.h"
#include "daemon/sys/log.h"

struct signing {
	struct job job;
	struct credential *credential;
	uint32_t algorithm;
	struct blob digest; /* its own copy */
	uint64_t session;
	uint64_t until; /* of the grant */
	/* where the answer goes, if that worker is still there */
	uint32_t worker;
	uint64_t edge;
	uint32_t request;
	struct signature signature;
	struct trouble trouble; /* error 0: it was made */
};

static void
refuse(struct edge *edge, uint32_t request, const struct trouble *t)
{
	struct sign_ans ans = { .error = (uint32_t)t->error,
		.reason = t->text };

	if (edge_send(edge, &sign_ans_schema, request, &ans, NULL, 0) != 0)
		log_warning("sign-unanswered", "worker=%u error=\"%s\"",
		    edge->index, strerror(errno));
}

static void
signing_free(struct signing *s)
{
	free((void *)(uintptr_t)s->digest.data);
	credential_release(s->credential);
	free(s);
}

static void
signing_run(struct job *job)
{
	struct signing *s = container_of(job, struct signing, job);

	/* Where more is asked of a slow key than it can do, those who have
	 * given up must not take the time of those who wait. */
	if (loop_clock() > s->until)
		trouble(&s->trouble, ETIMEDOUT,
		    "the time of the grant was over before its turn came");
	else if (algorithm_sign(s->credential->key, s->algorithm, s->digest,
		     &s->signature, &s->trouble) == 0)
		s->trouble.error = 0;
}

static void
signing_done(struct job *job)
{
	struct signing *s = container_of(job, struct signing, job);
	struct edge *edge = role_edge(ROLE_WORKER, s->worker);
	struct sign_ans ans = { .error = (uint32_t)s->trouble.error };

	if (ans.error != 0) {
		log_warning("sign-failed", "session=%llu error=\"%s\"",
		    (unsigned long long)s->session, s->trouble.text);
		ans.reason = s->trouble.text;
	} else {
		keeper.signatures++;
		ans.signature =
		    (struct blob){ s->signature.data, s->signature.len };
	}
	/* A worker that took the place of the one that asked gets nothing. */
	if (edge != NULL && keeper_edge_number(s->worker) == s->edge &&
	    edge_send(edge, &sign_ans_schema, s->request, &ans, NULL, 0) != 0)
		log_warning("sign-unanswered", "worker=%u error=\"%s\"",
		    s->worker, strerror(errno));
	signing_free(s);
}

static int
begin(struct edge *edge, uint32_t request, const struct sign_req *req,
    const struct presented *p, struct credential *c, struct trouble *t)
{
	struct signing *s;
	uint8_t *copy;

	if ((s = calloc(1, sizeof(*s))) == NULL ||
	    (copy = malloc(req->digest.len + 1)) == NULL) {
		free(s);
		return trouble(t, EIO, "out of memory");
	}
	memcpy(copy, req->digest.data, req->digest.len);
	s->digest = (struct blob){ copy, req->digest.len };
	s->credential = credential_hold(c);
	s->algorithm = req->algorithm;
	s->session = p->grant.session;
	s->until = p->grant.until;
	s->worker = edge->index;
	s->edge = keeper_edge_number(edge->index);
	s->request = request;
	trouble(&s->trouble, EIO, "the keeper is ending");
	s->job.uid = p->grant.uid;
	memcpy(s->job.key, c->key->id, KEY_ID_SIZE);
	s->job.quick = c->key->quick;
	s->job.run = signing_run;
	s->job.done = signing_done;
	if (jobs_submit(
		c->key->slow ? keeper.slow_jobs : keeper.jobs, &s->job) != 0) {
		signing_free(s);
		return trouble(t, EIO, "there can be no thread to sign");
	}
	return 0;
}

/* What the grant is used for: since an answer to CREDENTIAL, or because that
 * is asked now. */
static struct use *
use_of(const struct sign_req *req, struct presented *p, struct trouble *t)
{
	const struct credential_req asked = {
		.name = req->name,
		.fallback = req->fallback,
		.covered = req->covered,
	};
	struct inquiry q = { .req = &asked, .p = p, .late = true };
	struct use *use = grants_find(keeper.grants, p);

	if (use != NULL)
		return use;
	trouble(&q.trouble, EACCES, "the grant has no credential");
	if (req->asks && inquiry_decide(&q) == 0)
		use = grants_find(keeper.grants, p);
	*t = q.trouble;
	inquiry_clear(&q);
	return use;
}

/* Everything that a request must pass before a key is touched. */
static int
check(struct edge *edge, const struct sign_req *req, struct presented *p,
    struct use **use, struct credential **c, struct trouble *t)
{
	if (grants_present(role.grant_keys, req->grant, edge->index,
		loop_now(role.loop), p, t) != 0)
		return -1;
	if ((*use = use_of(req, p, t)) == NULL)
		return -1;
	if ((*use)->signatures == 0)
		return trouble(
		    t, EACCES, "the grant has been used as often as it says");
	if (req->key.len != KEY_ID_SIZE ||
	    (*c = grants_key(*use, req->key.data)) == NULL)
		return trouble(
		    t, EACCES, "the key is none that the grant was given");
	return algorithm_check(
	    (*c)->key, req->algorithm, req->digest, p->grant.role, t);
}

int
answer_sign(struct edge *edge, struct packet *packet, void *msg)
{
	const struct sign_req *req = msg;
	struct credential *c = NULL;
	struct use *use = NULL;
	struct presented p;
	struct trouble t;

	p.grant.session = 0;
	if (check(edge, req, &p, &use, &c, &t) != 0 ||
	    begin(edge, packet->header.request, req, &p, c, &t) != 0) {
		keeper.denials++;
		log_warning("sign-denied",
		    "worker=%u session=%llu reason=\"%s\"", edge->index,
		    (unsigned long long)p.grant.session, t.text);
		refuse(edge, packet->header.request, &t);
		return 0;
	}
	/* Counted before it is made: what fails is not given back. */
	use->signatures--;
	return 0;
}
