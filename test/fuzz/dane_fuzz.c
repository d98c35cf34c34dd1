/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dane_fuzz: the answers of the DNS: their states, where aliases lead, and
 * RDATA of MX, SRV, TLSA and SMIMEA, for peers of every kind.  The first byte
 * chooses the peer, then each question that is asked takes its answer from
 * the input:
 *
 *	state and flags (1), TTL (1), number of records (1)
 *	length and text of the canonical name, where a flag says so
 *	length and RDATA of each record
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/verifier/bare.h"
#include "daemon/verifier/dane.h"
#include "test/fuzz/fuzz.h"

enum {
	MAX_ANSWERS = 24, /* different questions of one verdict */
	PEER_CLIENT = 0x01,
	PEER_RAW_KEY = 0x02,
	PEER_USER = 0x04,
	PEER_SERVICE = 0x08,
	PEER_MAIL = 0x10,
	STATE_MASK = 0x07,
	STATE_WAITS = 0x08,
	STATE_ALIAS = 0x10,
};

static unsigned char name[] = { 0x30, 0x0c, 0x31, 0x0a, 0x30, 0x08, 0x06, 0x03,
	0x55, 0x04, 0x03, 0x0c, 0x01, 'A' };

/* Ed25519, whatever key. */
static unsigned char spki[44] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b,
	0x65, 0x70, 0x03, 0x21, 0x00, 1 };

static struct trust trust;
static gnutls_x509_crt_t chain[2];

static struct {
	const uint8_t *data;
	size_t len;
	char asked[MAX_ANSWERS][DOMAIN_SIZE + 64];
	struct resolver_answer answers[MAX_ANSWERS];
	bool waits[MAX_ANSWERS];
	size_t n;
	bool any_secure, any_bad;
} dns;

static uint8_t
take(void)
{
	if (dns.len == 0)
		return 0;
	dns.len--;
	return *dns.data++;
}

static struct blob
take_blob(void)
{
	size_t len = take();
	struct blob b = { dns.data, len < dns.len ? len : dns.len };

	dns.data += b.len;
	dns.len -= b.len;
	return b;
}

static void
make_answer(struct resolver_answer *a, bool *waits)
{
	uint8_t flags = take();
	size_t records;

	memset(a, 0, sizeof(*a));
	a->state = (enum resolver_state)(flags & STATE_MASK);
	if (a->state > RESOLVER_TIMEOUT)
		a->state = RESOLVER_SECURE;
	*waits = (flags & STATE_WAITS) != 0;
	a->until = take();
	records = take();
	if ((flags & STATE_ALIAS) != 0) {
		struct blob text = take_blob();
		char to[DOMAIN_SIZE + 1];

		a->alias = true;
		if (text.len < sizeof(to)) {
			memcpy(to, text.data, text.len);
			to[text.len] = '\0';
			if (domain_normal(to, a->canonical) != 0)
				a->canonical[0] = '\0';
		}
	}
	/* Of others there are none; see resolver.h. */
	if (a->state != RESOLVER_SECURE)
		return;
	do
		a->records[a->nrecords++] = take_blob();
	while (a->nrecords < RESOLVER_MAX_RECORDS && a->nrecords < records);
}

bool
resolver_speaks(void)
{
	return true;
}

const char *
resolver_state_name(enum resolver_state state)
{
	always(state <= RESOLVER_TIMEOUT);
	return "in that state";
}

const char *
resolver_type_name(unsigned type)
{
	always(type != 0);
	return "of that type";
}

const struct resolver_answer *
resolver_ask(
    const char *owner, unsigned type, uint64_t since, struct waiter *waiter)
{
	char key[DOMAIN_SIZE + 64];
	size_t i = 0;

	always(strlen(owner) < DOMAIN_SIZE);
	snprintf(key, sizeof(key), "%s %u", owner, type);
	while (i < dns.n && strcmp(dns.asked[i], key) != 0)
		i++;
	if (i == MAX_ANSWERS)
		i = 0;
	if (i == dns.n) {
		memcpy(dns.asked[i], key, sizeof(key));
		make_answer(&dns.answers[i], &dns.waits[i]);
		dns.n++;
	}
	if (waiter == NULL)
		return NULL;
	if (dns.waits[i]) {
		dns.waits[i] = false;
		return NULL;
	}
	dns.any_secure =
	    dns.any_secure ||
	    (dns.answers[i].state == RESOLVER_SECURE && type != DNS_TYPE_A);
	dns.any_bad = dns.any_bad || dns.answers[i].state >= RESOLVER_BOGUS;
	return &dns.answers[i];
}

static void
resume(struct verdict *v)
{
	(void)v;
}

static void
make_chain(void)
{
	gnutls_datum_t dn = { name, sizeof(name) };
	gnutls_datum_t key = { spki, sizeof(spki) };

	always(trust_init(&trust) == 0);
	for (int i = 0; i < 2; i++)
		always((chain[i] = bare_authority(&dn, &key)) != NULL);
}

/* Whom the verdict is about. */
static void
make_verdict(struct verdict *v, uint8_t peer)
{
	memset(v, 0, sizeof(*v));
	v->trust = &trust;
	v->now = 1;
	v->resume = resume;
	v->peer_is_server = (peer & PEER_CLIENT) == 0;
	v->port = (peer & PEER_MAIL) != 0 ? 25 : 443;
	if ((peer & PEER_RAW_KEY) != 0) {
		v->raw_key = (gnutls_datum_t){ spki, sizeof(spki) };
	} else {
		v->nchain = 2;
		memcpy(v->chain, chain, sizeof(chain));
	}
	if ((peer & PEER_SERVICE) != 0)
		snprintf(v->service, sizeof(v->service), "%s",
		    (peer & PEER_MAIL) != 0 ? "smtp" : "xmpp-client");
	always(
	    peername_parse(&v->expected,
		(peer & PEER_USER) != 0 ? "anna@a.example" : "a.example") == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	unsigned rounds = 0;
	struct verdict v;
	enum says says;

	if (chain[0] == NULL)
		make_chain();
	memset(&dns, 0, sizeof(dns));
	dns.data = data;
	dns.len = len;
	make_verdict(&v, take());
	/* Each question waits once at the most. */
	while ((says = dane_ask(&v)) == SAYS_WAIT)
		always(rounds++ <= 2 * MAX_ANSWERS);
	always((says == SAYS_NO) == (v.error != 0));
	if (says == SAYS_NO)
		always(v.reason[0] != '\0');
	/* Nobody is believed but by a record that is proved, no longer than
	 * that is good; and nobody refused for nothing. */
	if (says == SAYS_YES)
		always(dns.any_secure && v.until <= UINT8_MAX);
	if (says == SAYS_NO)
		always(dns.any_secure || dns.any_bad);
	always(v.expected.text[0] == 'a');
	return 0;
}
