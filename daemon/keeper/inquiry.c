/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * inquiry: the name that is asked for, the ACL, the identity, its files.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/ipc/app.h"
#include "daemon/keeper/inquiry.h"
#include "daemon/keeper/keeper.h"
#include "daemon/sys/log.h"

void
inquiry_clear(struct inquiry *q)
{
	for (size_t i = 0; i < q->n; i++)
		credential_release(q->credentials[i]);
	q->n = 0;
	q->name[0] = '\0';
}

/* What the ACL says, logged where it is no. */
static int
ask_acl(struct inquiry *q, const char *name)
{
	const struct grant *g = &q->p->grant;
	struct acl_verdict v;

	acl_decide(keeper.acl, &q->p->caller, g->role, name, &v);
	if (v.allowed)
		return 0;
	log_notice("acl-denied",
	    "uid=%u unit=%s role=%s identity=%s line=%u rule=\"%s\"", g->uid,
	    g->unit != NULL ? g->unit : "-",
	    g->role == APP_ROLE_SERVER ? "server" : "client", name, v.line,
	    v.rule);
	if (v.line == 0)
		return trouble(&q->trouble, EACCES, "uid %u may not be %s: %s",
		    g->uid, name, v.rule);
	return trouble(&q->trouble, EACCES,
	    "uid %u may not be %s: line %u of the ACL says \"%s\"", g->uid,
	    name, v.line, v.rule);
}

/* Exactly that name, or else *.parent. */
static int
find_identity(struct inquiry *q, const char *name, struct identity *identity)
{
	char wide[NAME_SIZE];
	const char *dot = strchr(name, '.');

	if (store_find(keeper.store, name, identity, &q->trouble) == 0)
		return 0;
	if (q->trouble.error != ENOKEY || dot == NULL ||
	    strchr(name, '@') != NULL || strncmp(name, "*.", 2) == 0)
		return -1;
	snprintf(wide, sizeof(wide), "*%s", dot);
	if (store_find(keeper.store, wide, identity, &q->trouble) == 0)
		return 0;
	if (q->trouble.error == ENOKEY)
		trouble(&q->trouble, ENOKEY, "there is no identity %s", name);
	return -1;
}

/* What the worker may have been told of, before a file changed just now. */
static void
load_before(struct inquiry *q, const struct reference *ref, uint64_t now)
{
	struct credential *c;

	if (q->n == IDENTITY_CREDENTIALS)
		return;
	c = loaded_before(keeper.loaded, ref->key, ref->cert, now);
	if (c != NULL)
		q->credentials[q->n++] = c;
}

/* Loads what can be used now; trouble is that of the last that cannot. */
static int
load(struct inquiry *q, const struct identity *identity)
{
	uint64_t now = loop_now(role.loop), until;
	time_t clock = time(NULL);
	struct credential *c;
	struct trouble t;

	trouble(&q->trouble, ENOKEY, "%s has no credentials", identity->name);
	q->until = UINT64_MAX;
	for (size_t i = 0; i < identity->n; i++) {
		const struct reference *ref = &identity->rows[i];

		c = loaded_get(keeper.loaded, ref->key, ref->cert, now, &t);
		until = loaded_until(keeper.loaded, ref->key, ref->cert);
		q->until = until < q->until ? until : q->until;
		if (c != NULL && chain_check_time(c->chain, clock, &t) == 0) {
			q->credentials[q->n++] = c;
			continue;
		}
		credential_release(c);
		log_warning("credential-unusable", "identity=%s error=\"%s\"",
		    identity->name, t.text);
		/* "Expired" is the more useful of two kinds of trouble. */
		if (q->trouble.error != EKEYEXPIRED)
			trouble(&q->trouble,
			    t.error == EKEYEXPIRED ? EKEYEXPIRED : EIO, "%s",
			    t.text);
	}
	for (size_t i = 0; q->late && i < identity->n; i++)
		load_before(q, &identity->rows[i], now);
	return q->n > 0 ? 0 : -1;
}

/* May the caller be this name?  Then q is filled in. */
static int
try(struct inquiry *q, const char *wanted)
{
	const char *why, *only = q->p->grant.name;
	struct identity identity;
	char name[NAME_SIZE], granted[NAME_SIZE];
	int rv;

	inquiry_clear(q);
	if (name_identity(wanted, name, &why) != 0)
		return trouble(
		    &q->trouble, ENOKEY, "a name was asked for that %s", why);
	if (only != NULL) {
		name_lower(only, granted, sizeof(granted));
		if (strcmp(granted, name) != 0)
			return trouble(&q->trouble, EACCES,
			    "the application asked for %s, not for %s", granted,
			    name);
	}
	if (ask_acl(q, name) != 0 || find_identity(q, name, &identity) != 0)
		return -1;
	if ((rv = load(q, &identity)) == 0)
		memcpy(q->name, name, sizeof(name));
	identity_clear(&identity);
	return rv;
}

/* Leaves the credentials whose certificate covers the name. */
static void
keep_covering(struct inquiry *q, const char *name)
{
	size_t n = q->n;

	q->n = 0;
	for (size_t i = 0; i < n; i++) {
		if (chain_covers(q->credentials[i]->chain, name))
			q->credentials[q->n++] = q->credentials[i];
		else
			credential_release(q->credentials[i]);
	}
}

/*
 * The identity is settled, and the SNI must be it or be covered: then those
 * credentials that cover it are the answer.
 */
static int
try_covered(struct inquiry *q, const char *identity, const char *sni)
{
	char name[NAME_SIZE];
	size_t kept = 0;
	bool same;

	if (try(q, identity) != 0)
		return -1;
	if (sni == NULL)
		return 0;
	name_lower(sni, name, sizeof(name));
	same = strcmp(name, q->name) == 0;
	for (size_t i = 0; i < q->n; i++)
		if (chain_covers(q->credentials[i]->chain, name))
			kept++;
	if (kept == 0 && !same) {
		trouble(&q->trouble, EACCES,
		    "no certificate of %s covers the name %s", q->name, name);
		inquiry_clear(q);
		return -1;
	}
	if (kept > 0)
		keep_covering(q, name);
	return 0;
}

/* A client that named nobody: what the table lists, or no identity at all. */
static int
disclose(struct inquiry *q)
{
	const char *identity;
	struct acl_verdict v;
	size_t at = 0;

	while ((identity = disclosure_next(keeper.disclosure, &q->p->caller,
		    q->req->remote, &at)) != NULL) {
		acl_decide(
		    keeper.acl, &q->p->caller, q->p->grant.role, identity, &v);
		if (v.allowed)
			return try(q, identity);
	}
	return 0;
}

static int
decide(struct inquiry *q)
{
	const struct credential_req *req = q->req;

	if (req->covered && req->fallback != NULL)
		return try_covered(q, req->fallback, req->name);
	if (req->name != NULL) {
		if (try(q, req->name) == 0)
			return 0;
		if (req->fallback == NULL ||
		    (q->trouble.error != ENOKEY && q->trouble.error != EACCES))
			return -1;
	}
	if (req->fallback != NULL)
		return try(q, req->fallback);
	if (q->p->grant.role == APP_ROLE_CLIENT && q->p->grant.disclose)
		return disclose(q);
	return trouble(&q->trouble, ENOKEY,
	    q->p->grant.role == APP_ROLE_CLIENT
		? "no identity was named"
		: "neither the application nor its peer named an identity");
}

/* Writes down what the grant may be used for from now on. */
static int
record(struct inquiry *q)
{
	struct use *use = grants_begin(keeper.grants, q->p);

	if (use == NULL)
		return trouble(&q->trouble, EIO, "out of memory");
	grants_allow(use, q->credentials, q->n);
	return 0;
}

int
inquiry_decide(struct inquiry *q)
{
	return decide(q) == 0 ? record(q) : -1;
}
