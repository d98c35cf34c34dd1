/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * credential: answers CREDENTIAL: may this caller be this name, and with what?
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/keeper/keeper.h"
#include "daemon/sys/log.h"

/* What is asked, and the answer as far as it has been found. */
struct inquiry {
	const struct credential_req *req;
	struct presented p;
	char name[NAME_SIZE]; /* who the caller may be; "": nobody */
	size_t n;
	struct credential *credentials[IDENTITY_CREDENTIALS];
	struct trouble trouble;
};

enum {
	ANSWER_ROOM = MESSAGE_MAX - 4096, /* bytes for credentials */
};

static void
forget(struct inquiry *q)
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
	const struct grant *g = &q->p.grant;
	struct acl_verdict v;

	acl_decide(keeper.acl, &q->p.caller, g->role, name, &v);
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

/* Loads what can be used now; trouble is that of the last that cannot. */
static int
load(struct inquiry *q, const struct identity *identity)
{
	uint64_t now = loop_now(role.loop);
	time_t clock = time(NULL);
	struct credential *c;
	struct trouble t;

	trouble(&q->trouble, ENOKEY, "%s has no credentials", identity->name);
	for (size_t i = 0; i < identity->n; i++) {
		c = loaded_get(keeper.loaded, identity->rows[i].key,
		    identity->rows[i].cert, now, &t);
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
	return q->n > 0 ? 0 : -1;
}

/* May the caller be this name?  Then q is filled in. */
static int
try(struct inquiry *q, const char *wanted)
{
	const char *why, *only = q->p.grant.name;
	struct identity identity;
	char name[NAME_SIZE], granted[NAME_SIZE];
	int rv;

	forget(q);
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
		forget(q);
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

	while ((identity = disclosure_next(keeper.disclosure, &q->p.caller,
		    q->req->remote, &at)) != NULL) {
		acl_decide(
		    keeper.acl, &q->p.caller, q->p.grant.role, identity, &v);
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
	if (q->p.grant.role == APP_ROLE_CLIENT && q->p.grant.disclose)
		return disclose(q);
	return trouble(&q->trouble, ENOKEY,
	    q->p.grant.role == APP_ROLE_CLIENT
		? "no identity was named"
		: "neither the application nor its peer named an identity");
}

/* The rows of the answer; those that find no room are left out. */
static struct blob
encode_rows(struct inquiry *q, uint8_t *space)
{
	struct wire_writer w = { .data = space, .size = ANSWER_ROOM };
	static uint8_t row[MESSAGE_MAX];
	size_t sent = 0;
	int len;

	for (size_t i = 0; i < q->n; i++) {
		const struct chain *c = q->credentials[i]->chain;
		struct credential_row msg = { .key = { c->id, KEY_ID_SIZE },
			.pk = c->pk,
			.bits = c->bits,
			.chain = c->der };

		len = message_encode(
		    &credential_row_schema, 0, &msg, row, sizeof(row));
		if (len == -1 || w.len + 4 + (size_t)len > w.size) {
			log_warning(
			    "credential-too-large", "identity=%s", q->name);
			credential_release(q->credentials[i]);
			continue;
		}
		wire_put_string(&w, row, (size_t)len);
		q->credentials[sent++] = q->credentials[i];
	}
	q->n = sent;
	return (struct blob){ w.data, w.len };
}

/* States that they are ours, where there is somebody to be asked about one of
 * them; none where that fails, which is no trouble. */
static struct blob
vouch(const struct inquiry *q, uint8_t space[VOUCHER_MAX])
{
	uint8_t ids[VOUCHER_CHAINS * CHAIN_ID_SIZE];
	struct voucher v = { .chains = { ids, 0 },
		.until = loop_now(role.loop) + VOUCHER_LIFE };
	bool responder = false;
	int len = -1;

	if (q->p.grant.role != APP_ROLE_SERVER || role.grant_keys == NULL)
		return (struct blob){ NULL, 0 };
	for (size_t i = 0; i < q->n && i < VOUCHER_CHAINS; i++) {
		const struct chain *c = q->credentials[i]->chain;

		responder = responder || c->responder;
		memcpy(ids + v.chains.len, c->whole, CHAIN_ID_SIZE);
		v.chains.len += CHAIN_ID_SIZE;
	}
	if (responder)
		len = voucher_seal(role.grant_keys, &v, space);
	return len == -1 ? (struct blob){ NULL, 0 }
			 : (struct blob){ space, (size_t)len };
}

/* Writes down what the grant may be used for from now on. */
static int
record(struct inquiry *q)
{
	struct use *use = grants_begin(keeper.grants, &q->p);

	if (use == NULL)
		return trouble(&q->trouble, EIO, "out of memory");
	grants_allow(use, q->credentials, q->n);
	return 0;
}

/* A name of the peer's choosing, as far as the log can show it: it must not
 * look like other fields of the line. */
static const char *
shown(const char *name, char *space)
{
	const char *why;

	if (name == NULL)
		return "-";
	return name_identity(name, space, &why) == 0 ? space : "invalid";
}

static void
log_denial(const struct edge *edge, const struct inquiry *q)
{
	char name[NAME_SIZE], fallback[NAME_SIZE];

	log_notice("credential-denied",
	    "worker=%u session=%llu name=%s fallback=%s reason=\"%s\"",
	    edge->index, (unsigned long long)q->p.grant.session,
	    shown(q->req->name, name), shown(q->req->fallback, fallback),
	    q->trouble.text);
}

/* A session that asked for no verdict of before is not resumed either, and one
 * that leaves none behind leaves no ticket. */
static void
put_tickets(struct inquiry *q, struct credential_ans *ans,
    uint8_t keys[2][TICKET_KEY_SIZE])
{
	const struct grant *g = &q->p.grant;
	const struct ticket_use use = {
		.uid = g->uid,
		.unit = g->unit,
		.flags = g->flags,
		.identity = q->name,
		.sni = q->req->name,
		.credentials = q->credentials,
		.n = q->n,
	};
	size_t n;

	if (g->role != APP_ROLE_SERVER || !role.config->tickets ||
	    (g->flags & (APP_NO_CACHE_READ | APP_NO_CACHE_WRITE)) != 0)
		return;
	tickets_turn(
	    keeper.tickets, loop_now(role.loop), role.config->ticket_lifetime);
	n = tickets_derive(keeper.tickets, &use, keys);
	if (n > 0)
		ans->ticket_key = (struct blob){ keys[0], TICKET_KEY_SIZE };
	if (n > 1)
		ans->ticket_previous =
		    (struct blob){ keys[1], TICKET_KEY_SIZE };
}

int
answer_credential(struct edge *edge, struct packet *packet, void *msg)
{
	static uint8_t space[ANSWER_ROOM];
	uint8_t keys[2][TICKET_KEY_SIZE];
	uint8_t voucher[VOUCHER_MAX];
	struct credential_ans ans = { 0 };
	struct inquiry q = { .req = msg };

	if (grants_present(role.grant_keys, q.req->grant, edge->index,
		loop_now(role.loop), &q.p, &q.trouble) != 0 ||
	    decide(&q) != 0 || record(&q) != 0) {
		keeper.denials++;
		ans.error = (uint32_t)q.trouble.error;
		ans.reason = q.trouble.text;
		log_denial(edge, &q);
	} else {
		keeper.credentials++;
		ans.name = q.name;
		if (q.n > 0)
			ans.credentials = encode_rows(&q, space);
		put_tickets(&q, &ans, keys);
		ans.voucher = vouch(&q, voucher);
	}
	if (edge_send(edge, &credential_ans_schema, packet->header.request,
		&ans, NULL, 0) != 0)
		log_warning("credential-unanswered", "worker=%u error=\"%s\"",
		    edge->index, strerror(errno));
	explicit_bzero(keys, sizeof(keys));
	forget(&q);
	return 0;
}
