/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * ldap: which directory is asked, and what its answer means.  As in dane.c,
 * each round of a verdict asks everything anew.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/sys/peers.h"
#include "daemon/verifier/dn.h"
#include "daemon/verifier/ldap_entry.h"
#include "daemon/verifier/ldap.h"
#include "daemon/verifier/question.h"
#include "daemon/verifier/service.h"
#include "daemon/verifier/stream.h"

static struct {
	const struct config *config;
	bool network, local; /* that the sandbox lets through */
} ldap;

/* The directories that may answer, in the order of asking. */
struct directories {
	char group[DIRECTORY_TEXT + 32]; /* for ldap_entry_ask() */
	struct directory list[LDAP_DIRECTORIES];
	size_t n;
	uint64_t until; /* they may be others then */
};

void
ldap_init(
    struct loop *loop, const struct config *config, const struct trust *trust)
{
	ldap.config = config;
	link_init(loop, config, trust);
	ldap_entry_init(loop, config);
}

void
ldap_allow(bool network, bool local)
{
	ldap.network = network;
	ldap.local = local;
}

static void
add_need(const char *url, bool *network, bool *local)
{
	struct directory d;
	const char *why;

	if (url == NULL || directory_parse(&d, url, &why) != 0)
		return;
	if (d.kind == DIRECTORY_LDAPI)
		*local = true;
	else
		*network = true;
}

void
ldap_needs(const struct config *config, bool *network, bool *local)
{
	*network = *local = false;
	if (!peers_ask(config, NULL, true, TRUST_LDAP) &&
	    !peers_ask(config, NULL, false, TRUST_LDAP))
		return;
	add_need(config->ldap, network, local);
	for (size_t i = 0; i < config->npeers; i++)
		add_need(config->peers[i].ldap, network, local);
}

/* What the configuration has for a peer: an URL, "dns", or NULL. */
static const char *
configured(const char *name)
{
	const struct trust_peers *peers = peers_find(ldap.config, name);

	return peers != NULL ? peers->ldap : ldap.config->ldap;
}

static int
service_owner(char owner[DOMAIN_SIZE], const struct peername *name)
{
	const char *at = strrchr(name->text, '@');
	int len = snprintf(owner, DOMAIN_SIZE, "_ldap._tcp.%s",
	    at != NULL ? at + 1 : name->text);

	return len < DOMAIN_SIZE ? 0 : -1;
}

/* The domain has to say where its directory is with its signature: else
 * whoever forges that chooses who is asked. */
static enum says
find_by_dns(
    struct verdict *v, const struct peername *name, struct directories *d)
{
	struct service_host hosts[LDAP_DIRECTORIES];
	const struct resolver_answer *a;
	char owner[DOMAIN_SIZE];

	if (!resolver_speaks() || service_owner(owner, name) != 0) {
		verdict_step(v, "ldap: no directory is configured, and no DNS "
				"can say where one is");
		return SAYS_CANNOT;
	}
	if ((a = question_ask(v, owner, DNS_TYPE_SRV)) == NULL)
		return question_wait(v);
	if (question_is_bad(a->state))
		return question_hidden(
		    v, owner + strlen("_ldap._tcp."), owner, DNS_TYPE_SRV, a);
	if (a->state != RESOLVER_SECURE)
		return SAYS_CANNOT;
	d->until = (uint64_t)a->until;
	d->n = service_order(hosts, LDAP_DIRECTORIES, a);
	for (size_t i = 0; i < d->n; i++) {
		d->list[i].kind = DIRECTORY_LDAP;
		memcpy(d->list[i].host, hosts[i].name, DOMAIN_SIZE);
		d->list[i].port = (uint16_t)hosts[i].port;
	}
	if (d->n == 0)
		verdict_step(v, "ldap: the domain says that it has none");
	return d->n > 0 ? SAYS_YES : SAYS_CANNOT;
}

static enum says
find_directories(
    struct verdict *v, const struct peername *name, struct directories *d)
{
	const char *url = configured(name->text), *why;
	bool allowed;

	memset(d, 0, sizeof(*d));
	d->until = UINT64_MAX;
	if (url == NULL) {
		verdict_step(v, "ldap: the configuration has no directory");
		return SAYS_CANNOT;
	}
	snprintf(d->group, sizeof(d->group), "%s", url);
	if (strcmp(url, "dns") == 0)
		return find_by_dns(v, name, d);
	if (directory_parse(&d->list[0], url, &why) != 0)
		return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_INTERNAL_ERROR,
		    "'%.200s' %s", url, why);
	allowed =
	    d->list[0].kind == DIRECTORY_LDAPI ? ldap.local : ldap.network;
	if (!allowed)
		return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_INTERNAL_ERROR,
		    "%.200s was configured after the start: the sandbox lets "
		    "no connection to it through before a restart",
		    url);
	d->n = 1;
	return SAYS_YES;
}

static bool
holds(struct blob certs, const gnutls_datum_t *own, unsigned *n)
{
	struct blob cert;
	bool found = false;

	*n = 0;
	while (wire_list_next(&certs, &cert) == 1) {
		(*n)++;
		found =
		    found || (cert.len == own->size &&
				 memcmp(cert.data, own->data, cert.len) == 0);
	}
	return found;
}

/* Until when an entry that was read now is believed. */
static uint64_t
lifetime(void)
{
	return (uint64_t)time(NULL) + ldap.config->ldap_lifetime / 1000;
}

/* Directories keep certificates that are over, to read old mail with. */
static enum says
accept(struct verdict *v, const struct ldap_answer *a, const char *dn,
    uint64_t until)
{
	time_t begin = gnutls_x509_crt_get_activation_time(v->chain[0]);
	time_t end = gnutls_x509_crt_get_expiration_time(v->chain[0]);

	if (end == (time_t)-1 || begin == (time_t)-1 || v->now < begin ||
	    v->now > end)
		return verdict_refuse(v, EKEYEXPIRED,
		    GNUTLS_A_CERTIFICATE_EXPIRED,
		    "the certificate in %.160s of %.160s is not valid now", dn,
		    a->from);
	if (until > lifetime())
		until = lifetime();
	if (until > (uint64_t)end)
		until = (uint64_t)end;
	return verdict_accept(v, "ldap", until,
	    "it is in %.160s of %.120s, %.200s", dn, a->from, a->how);
}

static enum says
judge(struct verdict *v, const struct ldap_answer *a, const char *dn,
    uint64_t until)
{
	gnutls_datum_t own = { NULL, 0 };
	unsigned n;
	bool held;

	if (a->found == LINK_FAILED)
		return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_INTERNAL_ERROR,
		    "the directory could not be asked: %.450s", a->why);
	verdict_step(
	    v, "ldap: %s is asked for %s, and is %s", a->from, dn, a->how);
	/* That there is nothing holds no longer than that there is. */
	if (v->bound > lifetime())
		v->bound = lifetime();
	if (a->found == LINK_NO_ENTRY) {
		verdict_step(v, "ldap: there is no entry");
		return SAYS_CANNOT;
	}
	if (gnutls_x509_crt_export2(v->chain[0], GNUTLS_X509_FMT_DER, &own) !=
	    0)
		return verdict_refuse(v, EIO, GNUTLS_A_INTERNAL_ERROR,
		    "the verifier has no memory left");
	held = holds(a->certs, &own, &n);
	gnutls_free(own.data);
	verdict_step(v, "ldap: the entry has %u certificate%s%s", n,
	    n == 1 ? "" : "s", held ? ", and this is one" : "");
	if (held)
		return accept(v, a, dn, until);
	if (n == 0)
		return SAYS_CANNOT;
	return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_ACCESS_DENIED,
	    "%.200s of %.200s has another certificate", dn, a->from);
}

/* What was asked before does not count: the question is one of its own. */
static void
note_since(const struct verdict *v, struct directories *d)
{
	size_t len = strlen(d->group);

	if (v->since > 0)
		snprintf(d->group + len, sizeof(d->group) - len, "+%llu",
		    (unsigned long long)v->since);
}

enum says
ldap_ask(struct verdict *v)
{
	const struct peername *name = verdict_name(v);
	const struct ldap_answer *a;
	struct directories d;
	char dn[DN_SIZE];
	enum says says;

	if (v->resume == NULL || v->nchain == 0 || dn_write(name, dn) != 0) {
		verdict_step(v, "ldap: such a peer has no entry");
		return SAYS_CANNOT;
	}
	question_begin(v);
	if ((says = find_directories(v, name, &d)) != SAYS_YES)
		return says;
	note_since(v, &d);
	a = ldap_entry_ask(d.group, d.list, d.n, dn, &v->waiter);
	return a == NULL ? question_wait(v) : judge(v, a, dn, d.until);
}

void
ldap_prepare(const char *remote_name)
{
	struct peername name;
	char owner[DOMAIN_SIZE];
	const char *url;

	if (!resolver_speaks() || peername_parse(&name, remote_name) != 0 ||
	    name.kind != PEERNAME_DOMAIN)
		return;
	url = configured(name.text);
	if (url != NULL && strcmp(url, "dns") == 0 &&
	    service_owner(owner, &name) == 0)
		(void)resolver_ask(owner, DNS_TYPE_SRV, 0, NULL);
}
