/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * lookup: each record is judged on its own, as dane_match.c judges all of them
 * together: one that is of the peer itself by comparing it, one that is of an
 * authority by looking for a way there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ipc/admin.h"
#include "daemon/sys/role.h"
#include "daemon/verifier/dane_match.h"
#include "daemon/verifier/fresh.h"
#include "daemon/verifier/lookup.h"
#include "daemon/verifier/record.h"
#include "daemon/verifier/verify.h"

enum {
	LOOKUPS_MAX = 8, /* at once: each has a thread */
	CHAINS_MAX = 16,
	/* Ways to authorities that are looked for in one lookup: records and
	 * chain may both be a stranger's. */
	WAYS_MAX = 8,
	ROWS_BYTES = 96 * 1024,
	ROW_BYTES = 32 * 1024,
};

/* What is being asked for. */
enum stage { STAGE_HOST, STAGE_CANONICAL, STAGE_NAMED };

struct lookup {
	int connection;
	uint32_t request;
	enum stage stage;
	unsigned type;
	char named[DOMAIN_SIZE]; /* the owner that was asked for */
	size_t prefix;		 /* characters of it in front of the host */
	char owner[DOMAIN_SIZE]; /* the one that is looked at */
	struct peername canonical;
	struct verdict *chains[CHAINS_MAX];
	size_t nchains;
	unsigned ways;
	struct fresh fresh;
};

static unsigned lookups;

static void answered(struct fresh *);

static void
lookup_free(struct lookup *l)
{
	if (l == NULL)
		return;
	fresh_end(&l->fresh);
	for (size_t i = 0; i < l->nchains; i++)
		verdict_free(l->chains[i]);
	free(l);
	lookups--;
}

static void
refuse(int connection, uint32_t request, int error, const char *text)
{
	const struct admin_result ans = { .error = (uint32_t)error,
		.text = text };

	admin_answer(connection, &admin_result_schema, request, &ans);
}

/* A way through an authority, as this record alone has it. */
static uint8_t
match_authority(struct lookup *l, struct verdict *v, const struct tlsa *t,
    char why[VERDICT_TEXT])
{
	struct tlsa copy = *t;
	const struct peername names[] = { *verdict_name(v), l->canonical };
	struct dane_set set = { .records = &copy,
		.n = 1,
		.owner = l->owner,
		.names = names,
		.nnames = l->canonical.kind != PEERNAME_NONE ? 2 : 1 };
	uint8_t found = 0;

	if (l->ways++ == WAYS_MAX) {
		snprintf(why, VERDICT_TEXT,
		    "there are more records of authorities than are looked at");
		return 0;
	}
	for (unsigned i = 1; i < v->nchain && found == 0; i++)
		if (tlsa_matches_cert(t, v->chain[i]))
			found = (uint8_t)(i + 1);
	if (dane_match(v, &set) == SAYS_YES)
		return found != 0 ? found : ADMIN_TLSA_ELSEWHERE;
	snprintf(why, VERDICT_TEXT, "%s", v->reason);
	v->error = 0; /* for the next one */
	return 0;
}

/* By which certificate of a chain a record is one of its own; 0: by none. */
static uint8_t
match(struct lookup *l, struct verdict *v, const struct tlsa *t,
    char why[VERDICT_TEXT])
{
	if (v->error != 0) {
		snprintf(why, VERDICT_TEXT, "%s", v->reason);
		return 0;
	}
	if (t->unusable != NULL)
		return 0;
	if (v->raw_key.data != NULL && t->usage != TLSA_DANE_EE) {
		snprintf(why, VERDICT_TEXT, "a raw public key has no chain");
		return 0;
	}
	if (t->usage == TLSA_PKIX_TA || t->usage == TLSA_DANE_TA)
		return match_authority(l, v, t, why);
	if (v->raw_key.data != NULL)
		return tlsa_matches_key(t, &v->raw_key) ? 1 : 0;
	return tlsa_matches_cert(t, v->chain[0]) ? 1 : 0;
}

static int
put_row(struct lookup *l, struct blob rdata, const struct tlsa *record,
    bool weaker, struct wire_writer *w)
{
	static uint8_t row[ROW_BYTES];
	char text[RECORD_TEXT], why[VERDICT_TEXT] = "";
	uint8_t matches[CHAINS_MAX];
	struct admin_tlsa_row msg = { .rdata = rdata,
		.text = record_text(l->type, rdata, text),
		.unusable = record->unusable,
		.weaker = weaker,
		.matches = { matches, l->nchains } };
	int len;

	for (size_t i = 0; i < l->nchains; i++)
		matches[i] = match(l, l->chains[i], record, why);
	msg.why = why[0] != '\0' ? why : NULL;
	len = message_encode(&admin_tlsa_row_schema, 0, &msg, row, sizeof(row));
	if (len < 0 || w->len + 4 + (size_t)len > w->size)
		return -1;
	wire_put_string(w, row, (size_t)len);
	return 0;
}

/* 0, or -1: they are longer than can be shown. */
static int
put_rows(struct lookup *l, struct wire_writer *w)
{
	const struct resolver_answer *a = &l->fresh.answer;
	struct tlsa records[RESOLVER_MAX_RECORDS];
	bool usable[RESOLVER_MAX_RECORDS];

	for (size_t i = 0; i < a->nrecords; i++) {
		tlsa_parse(&records[i], a->records[i].data, a->records[i].len);
		usable[i] = records[i].unusable == NULL;
	}
	(void)tlsa_choose(records, a->nrecords);
	for (size_t i = 0; i < a->nrecords; i++)
		if (put_row(l, a->records[i], &records[i],
			usable[i] && records[i].unusable != NULL, w) != 0)
			return -1;
	return 0;
}

/* Says what has come, and ends the lookup. */
static void
finish(struct lookup *l)
{
	static uint8_t rows[ROWS_BYTES];
	const struct resolver_answer *a = &l->fresh.answer;
	struct wire_writer w = { .data = rows, .size = sizeof(rows) };
	struct admin_tlsa_ans ans = { .state = (uint8_t)a->state,
		.why = a->why[0] != '\0' ? a->why : NULL,
		.ttl = a->ttl,
		.owner = l->owner };

	if (put_rows(l, &w) == 0) {
		ans.records = (struct blob){ w.data, w.len };
		admin_answer(
		    l->connection, &admin_tlsa_ans_schema, l->request, &ans);
	} else {
		refuse(l->connection, l->request, EMSGSIZE,
		    "the records are longer than can be shown");
	}
	lookup_free(l);
}

static void
ask(struct lookup *l, enum stage stage, const char *name, unsigned type)
{
	fresh_end(&l->fresh);
	l->fresh = (struct fresh){ .answered = answered };
	l->stage = stage;
	if (fresh_ask(&l->fresh, role.loop, role.config, name, type) == 0)
		return;
	refuse(l->connection, l->request, EIO, l->fresh.answer.why);
	lookup_free(l);
}

/* There are records of the service where the host leads to, if anywhere. */
static bool
leads_elsewhere(struct lookup *l, const struct resolver_answer *host)
{
	char owner[2 * DOMAIN_SIZE];

	if ((host->state != RESOLVER_SECURE &&
		host->state != RESOLVER_ABSENT) ||
	    !host->alias || host->canonical[0] == '\0')
		return false;
	snprintf(owner, sizeof(owner), "%.*s%s", (int)l->prefix, l->named,
	    host->canonical);
	if (strlen(owner) >= sizeof(l->owner) ||
	    peername_parse(&l->canonical, host->canonical) != 0)
		return false;
	memcpy(l->owner, owner, strlen(owner) + 1);
	return true;
}

static void
answered(struct fresh *fresh)
{
	struct lookup *l = container_of(fresh, struct lookup, fresh);
	enum resolver_state state = fresh->answer.state;

	if (l->stage == STAGE_HOST && leads_elsewhere(l, &fresh->answer)) {
		ask(l, STAGE_CANONICAL, l->owner, l->type);
	} else if (l->stage == STAGE_HOST ||
		   (l->stage == STAGE_CANONICAL &&
		       (state == RESOLVER_ABSENT ||
			   state == RESOLVER_INSECURE))) {
		l->canonical.kind = PEERNAME_NONE;
		memcpy(l->owner, l->named, sizeof(l->owner));
		ask(l, STAGE_NAMED, l->owner, l->type);
	} else {
		finish(l);
	}
}

/* 0, or -1: there are too many, or there is no memory. */
static int
add_chain(
    struct lookup *l, const char *name, struct blob chain, struct blob raw_key)
{
	const struct verify_req req = {
		.remote_name = name, .chain = chain, .raw_key = raw_key
	};
	uint8_t ours = name != NULL ? APP_ROLE_CLIENT : APP_ROLE_SERVER;
	struct verdict *v;

	if (l->nchains == CHAINS_MAX ||
	    (v = verdict_new(&verify_trust, &req, ours, 0, 0)) == NULL)
		return -1;
	l->chains[l->nchains++] = v;
	return 0;
}

/* The same, or: the list is none. */
static int
take_chains(struct lookup *l, const struct admin_tlsa_lookup *ask)
{
	const struct blob none = { NULL, 0 };
	struct blob chains = ask->chains, item, chain, cert;
	int r;

	while (wire_list_next(&chains, &item) == 1) {
		chain = item;
		while ((r = wire_list_next(&chain, &cert)) == 1)
			;
		if (r != 0 || add_chain(l, ask->name, item, none) != 0)
			return -1;
	}
	if (ask->raw_key.len == 0)
		return 0;
	return add_chain(l, ask->name, none, ask->raw_key);
}

/* Is the host the end of the owner?  Takes note of what is in front of it. */
static bool
ends_with(struct lookup *l, const char *host)
{
	size_t len = strlen(l->named), tail = host != NULL ? strlen(host) : 0;

	if (tail == 0 || tail >= len ||
	    strcmp(l->named + len - tail, host) != 0)
		return false;
	l->prefix = len - tail;
	return true;
}

void
lookup_begin(int connection, uint32_t request, void *admin_tlsa_lookup)
{
	const struct admin_tlsa_lookup *msg = admin_tlsa_lookup;
	struct lookup *l = NULL;

	if (!resolver_speaks()) {
		refuse(connection, request, EOPNOTSUPP,
		    "there is no trust anchor of DNSSEC, so that nothing in "
		    "the DNS is secure");
		return;
	}
	if (lookups == LOOKUPS_MAX || (l = calloc(1, sizeof(*l))) == NULL) {
		refuse(connection, request, EAGAIN,
		    "too much is looked up already");
		return;
	}
	lookups++;
	l->connection = connection;
	l->request = request;
	l->type = msg->smimea ? DNS_TYPE_SMIMEA : DNS_TYPE_TLSA;
	trust_refresh(&verify_trust, loop_now(role.loop));
	/* The schema has limited its length. */
	snprintf(l->named, sizeof(l->named), "%s", msg->owner);
	snprintf(l->owner, sizeof(l->owner), "%s", msg->owner);
	if (take_chains(l, msg) != 0) {
		refuse(connection, request, EINVAL, "the chains are none");
		lookup_free(l);
	} else if (ends_with(l, msg->host)) {
		ask(l, STAGE_HOST, msg->host, DNS_TYPE_A);
	} else {
		ask(l, STAGE_NAMED, l->owner, l->type);
	}
}
