/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dane: which questions are asked, and what their answers mean together.
 *
 * Nothing is remembered between the rounds of a verdict but its waiter: each
 * round asks everything anew, and finds what is known in the resolver's table.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/verifier/dane.h"
#include "daemon/verifier/dane_match.h"
#include "daemon/verifier/question.h"
#include "daemon/verifier/service.h"
#include "daemon/verifier/tlsa_owner.h"

enum { MAX_NAMES = 3 };

/* Compares the peer to a set of records that is proved. */
static enum says
match(struct verdict *v, const struct resolver_answer *answer,
    const char *owner, const struct peername *names, size_t nnames)
{
	struct tlsa records[RESOLVER_MAX_RECORDS];
	struct dane_set set = {
		.records = records,
		.n = answer->nrecords,
		.owner = owner,
		.names = names,
		.nnames = nnames,
	};
	bool smtp = v->peer_is_server && service_is_smtp(v->service, v->port);
	enum says says;

	for (size_t i = 0; i < answer->nrecords; i++) {
		tlsa_parse(&records[i], answer->records[i].data,
		    answer->records[i].len);
		/* RFC 7672, section 3.1.3: there are no authorities that all
		 * who relay mail agree on. */
		if (smtp && records[i].usage < TLSA_DANE_TA &&
		    records[i].unusable == NULL)
			records[i].unusable = "its usage is not one of SMTP";
	}
	says = dane_match(v, &set);
	if (says == SAYS_YES && v->until > (uint64_t)answer->until)
		v->until = (uint64_t)answer->until;
	return says;
}

static int
server_owner(char owner[TLSA_OWNER_MAX], const char *name, uint32_t port)
{
	if (port == 0 || port > UINT16_MAX)
		return -1;
	return tlsa_owner_service(owner, (uint16_t)port, "tcp", name);
}

/* What is known of the host itself: where it leads, and how surely. */
struct host {
	enum resolver_state state;
	char canonical[DOMAIN_SIZE]; /* that is proved; "": nowhere else */
	bool alias;		     /* whether or not that is proved */
	char why[160];
};

/* Asks for its A records, and any other type would do: CNAMEs, and whether
 * the zone is signed, show in an answer that there are none as well. */
static bool
look_at_host(struct verdict *v, const char *name, struct host *host)
{
	const struct resolver_answer *a = question_ask(v, name, DNS_TYPE_A);

	memset(host, 0, sizeof(*host));
	if (a == NULL)
		return false;
	host->state = a->state;
	memcpy(host->why, a->why, sizeof(host->why));
	host->alias = a->alias;
	if (a->alias &&
	    (a->state == RESOLVER_SECURE || a->state == RESOLVER_ABSENT))
		memcpy(host->canonical, a->canonical, DOMAIN_SIZE);
	return true;
}

/* A host at which the peer may be, and the names that it then may have. */
struct site {
	const char *host;
	uint32_t port;
	struct peername names[MAX_NAMES];
	size_t nnames;
};

static void
add_name(struct site *site, const char *text)
{
	struct peername *name = &site->names[site->nnames];

	if (site->nnames < MAX_NAMES &&
	    peername_domain(name, (const uint8_t *)text, strlen(text)) == 0)
		site->nnames++;
}

/*
 * The records where the CNAMEs of the host lead to, which come first (RFC
 * 7671, section 7).  CANNOT and not *found: none there; go on with the host.
 */
static enum says
ask_canonical(struct verdict *v, const struct site *site,
    const struct host *host, bool *found)
{
	const struct resolver_answer *a;
	struct site canonical = *site;
	char owner[TLSA_OWNER_MAX];

	if (host->canonical[0] == '\0' ||
	    server_owner(owner, host->canonical, site->port) != 0)
		return SAYS_CANNOT;
	a = question_ask(v, owner, DNS_TYPE_TLSA);
	if (a == NULL)
		return question_wait(v);
	if (question_is_bad(a->state))
		return question_refuse(
		    v, owner, DNS_TYPE_TLSA, a->state, a->why);
	if (a->state != RESOLVER_SECURE)
		return SAYS_CANNOT;
	*found = true;
	add_name(&canonical, host->canonical);
	return match(v, a, owner, canonical.names, canonical.nnames);
}

static enum says
ask_host(struct verdict *v, const struct site *site, const struct host *host,
    const char *owner)
{
	const struct resolver_answer *a = question_ask(v, owner, DNS_TYPE_TLSA);
	bool insecure;

	if (a == NULL)
		return question_wait(v);
	if (a->state == RESOLVER_SECURE)
		return match(v, a, owner, site->names, site->nnames);
	if (question_is_bad(a->state)) {
		/* Servers that choke on TLSA are many; in a zone that is not
		 * signed there is nothing to be hidden from us (RFC 7672,
		 * section 2.1.2).  An alias proves nothing about its own. */
		if (host->state == RESOLVER_INSECURE && !host->alias)
			return SAYS_CANNOT;
		return question_refuse(
		    v, owner, DNS_TYPE_TLSA, a->state, a->why);
	}
	insecure = a->state == RESOLVER_INSECURE && !a->alias;
	/* There may be records where it leads to, had we been told where. */
	if (question_is_bad(host->state) && !insecure)
		return question_refuse(
		    v, site->host, DNS_TYPE_A, host->state, host->why);
	return SAYS_CANNOT;
}

static enum says
ask_site(struct verdict *v, const struct site *site)
{
	char owner[TLSA_OWNER_MAX];
	struct host host;
	enum says says;
	bool found = false;

	if (server_owner(owner, site->host, site->port) != 0)
		return SAYS_CANNOT;
	(void)resolver_ask(owner, DNS_TYPE_TLSA, v->since, NULL);
	if (!look_at_host(v, site->host, &host))
		return question_wait(v);
	says = ask_canonical(v, site, &host, &found);
	if (says != SAYS_CANNOT || found)
		return says;
	return ask_host(v, site, &host, owner);
}

static void
unsay(struct verdict *v)
{
	v->error = v->alert = 0;
	v->reason[0] = '\0';
}

/* Sends what will be asked, so that it is all under way at once. */
static void
prepare(
    const char *remote_name, const char *service, uint32_t port, uint64_t since)
{
	char owner[TLSA_OWNER_MAX], of_service[DOMAIN_SIZE];
	struct peername name;
	unsigned type;

	if (!resolver_speaks() || peername_parse(&name, remote_name) != 0 ||
	    name.kind != PEERNAME_DOMAIN ||
	    server_owner(owner, name.text, port) != 0)
		return;
	type = service_question(of_service, service, port, name.text);
	if (type != 0)
		(void)resolver_ask(of_service, type, since, NULL);
	(void)resolver_ask(owner, DNS_TYPE_TLSA, since, NULL);
	(void)resolver_ask(name.text, DNS_TYPE_A, since, NULL);
}

/*
 * Which of its hosts the application is connected to is not known here: the
 * peer is one of them if it is what the records of one of them say.  It is
 * none where all have records; one without leaves it to the next method, as
 * it would for an application that asks by the name of the host.
 */
static enum says
ask_sites(struct verdict *v, const struct peername *name,
    const struct service_host *hosts, size_t n)
{
	bool waits = false, open = false;

	for (size_t i = 0; i < n; i++)
		prepare(hosts[i].name, "", hosts[i].port, v->since);
	for (size_t i = 0; i < n; i++) {
		struct site site = { hosts[i].name, hosts[i].port, { *name },
			1 };
		enum says says;

		add_name(&site, hosts[i].name);
		says = ask_site(v, &site);
		if (says == SAYS_YES)
			return SAYS_YES;
		waits = waits || says == SAYS_WAIT;
		open = open || says == SAYS_CANNOT;
	}
	if (!waits && !open)
		return SAYS_NO;
	if (v->rounds > QUESTION_MAX_ROUNDS)
		return question_wait(v);
	unsay(v);
	return waits ? SAYS_WAIT : SAYS_CANNOT;
}

/* The hosts of the service, where they are proved; n 0: the name itself. */
static enum says
find_hosts(struct verdict *v, const struct peername *name,
    struct service_host *hosts, size_t *n)
{
	const struct resolver_answer *a;
	char owner[DOMAIN_SIZE];
	unsigned type =
	    service_question(owner, v->service, v->port, name->text);
	enum says says;

	*n = 0;
	if (type == 0)
		return SAYS_YES;
	if ((a = question_ask(v, owner, type)) == NULL)
		return question_wait(v);
	if (a->state == RESOLVER_SECURE)
		*n = service_hosts(hosts, type, v->port, a);
	if (!question_is_bad(a->state))
		return SAYS_YES;
	says = question_hidden(v, name->text, owner, type, a);
	return says == SAYS_CANNOT ? SAYS_YES : says;
}

static enum says
ask_server(struct verdict *v, const struct peername *name)
{
	struct service_host hosts[SERVICE_MAX_HOSTS];
	struct site site = { name->text, v->port, { *name }, 1 };
	size_t n;
	enum says says;

	if (v->port == 0) {
		verdict_step(v, "dane: the port is not known, and the records "
				"stand at a port");
		return SAYS_CANNOT;
	}
	prepare(name->text, v->service, v->port, v->since);
	if ((says = find_hosts(v, name, hosts, &n)) != SAYS_YES)
		return says;
	return n > 0 ? ask_sites(v, name, hosts, n) : ask_site(v, &site);
}

/* One name, and no way round it. */
static enum says
ask_one(struct verdict *v, const struct peername *name, const char *owner,
    unsigned type)
{
	const struct resolver_answer *a = question_ask(v, owner, type);

	if (a == NULL)
		return question_wait(v);
	if (question_is_bad(a->state))
		return question_refuse(v, owner, type, a->state, a->why);
	if (a->state != RESOLVER_SECURE)
		return SAYS_CANNOT;
	return match(v, a, owner, name, 1);
}

static enum says
ask_user(struct verdict *v, const struct peername *name)
{
	char owner[TLSA_OWNER_MAX];

	if (tlsa_owner_user(owner, name->text) != 0)
		return SAYS_CANNOT;
	return ask_one(v, name, owner, DNS_TYPE_SMIMEA);
}

enum says
dane_ask(struct verdict *v)
{
	const struct peername *name = verdict_name(v);

	if (!resolver_speaks() || v->resume == NULL) {
		verdict_step(v, "dane: there is no trust anchor of DNSSEC");
		return SAYS_CANNOT;
	}
	question_begin(v);
	if (name->kind == PEERNAME_USER)
		return ask_user(v, name);
	if (v->peer_is_server && name->kind == PEERNAME_DOMAIN)
		return ask_server(v, name);
	/* Names of clients only are owners as they are, too. */
	if (!v->peer_is_server &&
	    (name->kind == PEERNAME_DOMAIN || name->kind == PEERNAME_CLIENT))
		return ask_one(v, name, name->text, DNS_TYPE_TLSA);
	verdict_step(v, "dane: a peer of such a name has no records");
	return SAYS_CANNOT;
}

void
dane_prepare(const char *remote_name, const char *service, uint32_t port)
{
	prepare(remote_name, service, port, 0);
}
