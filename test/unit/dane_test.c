/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dane_test: which questions are asked about a peer, and what the method says
 * to every state that their answers can be in.  Resolver and matching are
 * played here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/verifier/dane.h"
#include "daemon/verifier/dane_match.h"
#include "daemon/verifier/service.h"
#include "daemon/verifier/tlsa_owner.h"

#define HOST  "www.example.com"
#define OWNER "_443._tcp.www.example.com"
#define OTHER "_443._tcp.host.example.net"
/* of SHA-256("anna") */
#define ANNA                                                       \
	"55579b557896d0ce1764c47fed644f9b35f58bad620674af23f356d8" \
	"._smimecert.example.com"

enum {
	MAX_ANSWERS = 4,
	UNTIL = 5000,
	SINCE = 7, /* of the verdicts */
};

struct played {
	const char *name;
	unsigned type;
	enum resolver_state state;
	const char *canonical;
};

static const struct dane_case {
	const char *what;
	const char *peer;
	bool client;
	uint32_t port;
	struct played dns[MAX_ANSWERS];
	enum says match; /* what the records say */
	enum says says;
	const char *owner;  /* that was matched */
	const char *reason; /* a part of it */
	const char *waits;  /* for this name */
	uint8_t usage;	    /* of the record */
} cases[] = {
	{ "a record that matches", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_SECURE, NULL },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_SECURE, NULL } },
	    SAYS_YES, SAYS_YES, .owner = OWNER },
	{ "a record that does not", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_SECURE, NULL },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_SECURE, NULL } },
	    SAYS_NO, SAYS_NO, .owner = OWNER },
	{ "no usable record", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_SECURE, NULL },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_SECURE, NULL } },
	    SAYS_CANNOT, SAYS_CANNOT, .owner = OWNER },
	{ "no port", HOST, false, 0, { { 0 } }, SAYS_YES, SAYS_CANNOT },
	{ "an address", "192.0.2.1", false, 443, { { 0 } }, SAYS_YES,
	    SAYS_CANNOT },
	{ "absent", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_SECURE, NULL },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_ABSENT, NULL } },
	    SAYS_YES, SAYS_CANNOT },
	{ "insecure", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_INSECURE, NULL },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_INSECURE, NULL } },
	    SAYS_YES, SAYS_CANNOT },
	{ "bogus", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_SECURE, NULL },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_BOGUS, NULL } },
	    SAYS_YES, SAYS_NO, .reason = OWNER " TLSA is bogus" },
	{ "SERVFAIL", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_ABSENT, NULL },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_FAILED, NULL } },
	    SAYS_YES, SAYS_NO, .reason = OWNER " TLSA is not answered" },
	{ "a timeout", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_TIMEOUT, NULL },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_TIMEOUT, NULL } },
	    SAYS_YES, SAYS_NO, .reason = "not answered in time" },
	{ "SERVFAIL in a zone that is not signed", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_INSECURE, NULL },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_FAILED, NULL } },
	    SAYS_YES, SAYS_CANNOT },
	{ "SERVFAIL, and an alias into a zone that is not", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_INSECURE, "host.example.net" },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_FAILED, NULL } },
	    SAYS_YES, SAYS_NO, .reason = OWNER },
	{ "absent, but where the name leads is hidden", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_TIMEOUT, NULL },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_ABSENT, NULL } },
	    SAYS_YES, SAYS_NO, .reason = HOST " A is not answered in time" },
	{ "insecure, so that nothing is hidden", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_TIMEOUT, NULL },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_INSECURE, NULL } },
	    SAYS_YES, SAYS_CANNOT },
	{ "insecure by an alias of the record", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_BOGUS, NULL },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_INSECURE, "x.example.net" } },
	    SAYS_YES, SAYS_NO, .reason = HOST " A is bogus" },
	{ "insecure by an alias of the record to no host", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_BOGUS, NULL },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_INSECURE, "" } },
	    SAYS_YES, SAYS_NO, .reason = HOST " A is bogus" },
	{ "an alias to no host", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_SECURE, "" },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_SECURE, NULL } },
	    SAYS_YES, SAYS_YES, .owner = OWNER },
	{ "a host with no IPv4 address", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_ABSENT, NULL },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_SECURE, NULL } },
	    SAYS_YES, SAYS_YES, .owner = OWNER },
	{ "an alias with records", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_SECURE, "host.example.net" },
		{ OTHER, DNS_TYPE_TLSA, RESOLVER_SECURE, NULL },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_SECURE, NULL } },
	    SAYS_YES, SAYS_YES, .owner = OTHER },
	{ "an alias with records that cannot be used", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_SECURE, "host.example.net" },
		{ OTHER, DNS_TYPE_TLSA, RESOLVER_SECURE, NULL },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_SECURE, NULL } },
	    SAYS_CANNOT, SAYS_CANNOT, .owner = OTHER },
	{ "an alias without", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_ABSENT, "host.example.net" },
		{ OTHER, DNS_TYPE_TLSA, RESOLVER_ABSENT, NULL },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_SECURE, NULL } },
	    SAYS_YES, SAYS_YES, .owner = OWNER },
	{ "an alias whose records are forged", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_SECURE, "host.example.net" },
		{ OTHER, DNS_TYPE_TLSA, RESOLVER_BOGUS, NULL },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_SECURE, NULL } },
	    SAYS_YES, SAYS_NO, .reason = OTHER " TLSA is bogus" },
	{ "an alias that is not proved is not followed", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_INSECURE, "host.example.net" },
		{ OTHER, DNS_TYPE_TLSA, RESOLVER_SECURE, NULL },
		{ OWNER, DNS_TYPE_TLSA, RESOLVER_SECURE, NULL } },
	    SAYS_YES, SAYS_YES, .owner = OWNER },
	{ "the host is still asked for", HOST, false, 443,
	    { { OWNER, DNS_TYPE_TLSA, RESOLVER_SECURE, NULL } }, SAYS_YES,
	    SAYS_WAIT, .waits = HOST },
	{ "the record is still asked for", HOST, false, 443,
	    { { HOST, DNS_TYPE_A, RESOLVER_SECURE, NULL } }, SAYS_YES,
	    SAYS_WAIT, .waits = OWNER },
	{ "a client", "client.example.com", true, 0,
	    { { "client.example.com", DNS_TYPE_TLSA, RESOLVER_SECURE, NULL } },
	    SAYS_YES, SAYS_YES, .owner = "client.example.com" },
	{ "a client without records", "client.example.com", true, 0,
	    { { "client.example.com", DNS_TYPE_TLSA, RESOLVER_ABSENT, NULL } },
	    SAYS_YES, SAYS_CANNOT },
	{ "a client behind silence", "client.example.com", true, 0,
	    { { "client.example.com", DNS_TYPE_TLSA, RESOLVER_TIMEOUT, NULL } },
	    SAYS_YES, SAYS_NO, .reason = "client.example.com TLSA" },
	{ "a device", "d1._device.example.com", true, 0,
	    { { "d1._device.example.com", DNS_TYPE_TLSA, RESOLVER_SECURE,
		NULL } },
	    SAYS_YES, SAYS_YES, .owner = "d1._device.example.com" },
	{ "a server with the name of a device", "d1._device.example.com", false,
	    443, { { 0 } }, SAYS_YES, SAYS_CANNOT },
	{ "a user", "anna@example.com", true, 0,
	    { { ANNA, DNS_TYPE_SMIMEA, RESOLVER_SECURE, NULL } }, SAYS_YES,
	    SAYS_YES, .owner = ANNA },
	{ "a user without records", "anna@example.com", true, 0,
	    { { ANNA, DNS_TYPE_SMIMEA, RESOLVER_INSECURE, NULL } }, SAYS_YES,
	    SAYS_CANNOT },
	{ "a user, and a forged record", "anna@example.com", true, 0,
	    { { ANNA, DNS_TYPE_SMIMEA, RESOLVER_BOGUS, NULL } }, SAYS_YES,
	    SAYS_NO, .reason = "SMIMEA is bogus" },
};

static const struct dane_case *playing;
static char matched[TLSA_OWNER_MAX], waited[TLSA_OWNER_MAX + 8];
static bool speaks = true, usable;
static uint64_t expected_since = SINCE;

bool
resolver_speaks(void)
{
	return speaks;
}

const char *
resolver_state_name(enum resolver_state state)
{
	return state == RESOLVER_BOGUS	   ? "bogus"
	       : state == RESOLVER_TIMEOUT ? "not answered in time"
					   : "not answered";
}

const char *
resolver_type_name(unsigned type)
{
	return type == DNS_TYPE_A	 ? "A"
	       : type == DNS_TYPE_SMIMEA ? "SMIMEA"
					 : "TLSA";
}

/* Of a service with as many hosts as are looked at: each question is answered
 * when it has been waited for, and not before. */
static bool one_by_one;
static struct {
	char asked[4 * SERVICE_MAX_HOSTS][TLSA_OWNER_MAX + 8];
	size_t n;
} known;

static const struct resolver_answer *
answer_one_by_one(const char *name, unsigned type, const struct waiter *waiter)
{
	static struct resolver_answer answer;
	static uint8_t srv[SERVICE_MAX_HOSTS][17];
	char question[TLSA_OWNER_MAX + 8];

	snprintf(question, sizeof(question), "%s %u", name, type);
	memset(&answer, 0, sizeof(answer));
	answer.until = UNTIL;
	answer.nrecords = type == DNS_TYPE_SRV ? SERVICE_MAX_HOSTS : 1;
	for (uint8_t i = 0; i < SERVICE_MAX_HOSTS; i++) {
		/* port 443 of "a.example", "b.example" … */
		memcpy(srv[i], "\0\0\0\0\1\xbb\1a\7example", sizeof(srv[i]));
		srv[i][7] = (uint8_t)('a' + i);
		answer.records[i] = (struct blob){ srv[i], sizeof(srv[i]) };
	}
	for (size_t i = 0; i < known.n; i++)
		if (strcmp(known.asked[i], question) == 0)
			return &answer;
	if (waiter != NULL && waited[0] == '\0')
		snprintf(waited, sizeof(waited), "%s", question);
	return NULL;
}

const struct resolver_answer *
resolver_ask(
    const char *name, unsigned type, uint64_t since, struct waiter *waiter)
{
	static uint8_t rdata[3 + 32] = { 0, 1, 1 };
	static struct resolver_answer answer;

	assert_int_equal(since, expected_since);
	if (one_by_one)
		return answer_one_by_one(name, type, waiter);
	memset(&answer, 0, sizeof(answer));
	for (size_t i = 0; i < MAX_ANSWERS; i++) {
		const struct played *p = &playing->dns[i];

		if (p->name == NULL || strcmp(p->name, name) != 0 ||
		    p->type != type)
			continue;
		answer.state = p->state;
		answer.until = UNTIL;
		answer.nrecords = p->state == RESOLVER_SECURE ? 1 : 0;
		rdata[0] = playing->usage;
		answer.records[0] = (struct blob){ rdata, sizeof(rdata) };
		answer.alias = p->canonical != NULL;
		snprintf(answer.canonical, sizeof(answer.canonical), "%s",
		    p->canonical != NULL ? p->canonical : "");
		return &answer;
	}
	if (waiter != NULL)
		snprintf(waited, sizeof(waited), "%s", name);
	return NULL;
}

enum says
dane_match(struct verdict *v, const struct dane_set *set)
{
	snprintf(matched, sizeof(matched), "%s", set->owner);
	assert_int_equal(set->n, 1);
	usable = set->records[0].unusable == NULL;
	assert_string_equal(set->names[0].text, playing->peer);
	if (playing->match == SAYS_YES)
		return verdict_accept(v, "dane", UINT64_MAX, "played");
	if (playing->match == SAYS_NO)
		return verdict_refuse(v, 1, 0, "played");
	return SAYS_CANNOT;
}

static void
resume(struct verdict *v)
{
	(void)v;
}

static struct verdict
make(const struct dane_case *c)
{
	struct verdict v = { .port = c->port,
		.resume = resume,
		.since = SINCE,
		.bound = UINT64_MAX };

	playing = c;
	matched[0] = waited[0] = '\0';
	v.peer_is_server = !c->client;
	if (peername_parse(&v.expected, c->peer) != 0)
		assert_int_equal(peername_client(&v.expected,
				     (const uint8_t *)c->peer, strlen(c->peer)),
		    0);
	return v;
}

static void
says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct dane_case *c = &cases[i];
		struct verdict v = make(c);
		enum says said = dane_ask(&v);

		if (said != c->says ||
		    strcmp(matched, c->owner == NULL ? "" : c->owner) != 0 ||
		    (c->reason != NULL &&
			strstr(v.reason, c->reason) == NULL) ||
		    (c->waits != NULL && strcmp(waited, c->waits) != 0))
			fail_msg("%s: %d, matched \"%s\", waited \"%s\", "
				 "reason \"%s\"",
			    c->what, said, matched, waited, v.reason);
		if (said == SAYS_YES)
			assert_int_equal(v.until, UNTIL);
		/* Also where it is only that there is nothing. */
		if (c->dns[0].name != NULL && said != SAYS_WAIT)
			assert_int_equal(v.bound, UNTIL);
	}
}

/* Without an anchor nothing is secure, so nothing is asked. */
static void
is_silent(void **state)
{
	struct verdict v = make(&cases[0]);

	(void)state;
	speaks = false;
	assert_int_equal(dane_ask(&v), SAYS_CANNOT);
	speaks = true;
	v.resume = NULL;
	assert_int_equal(dane_ask(&v), SAYS_CANNOT);
	assert_string_equal(matched, "");
}

/* Answers that are gone before they are used must not go round for ever. */
static void
ends(void **state)
{
	static const struct dane_case nothing = { .peer = HOST, .port = 443 };
	struct verdict v = make(&nothing);
	unsigned rounds = 0;

	(void)state;
	while (dane_ask(&v) == SAYS_WAIT && rounds < 1000)
		rounds++;
	assert_in_range(rounds, 4, 100);
	assert_int_not_equal(v.error, 0);
}

/* Relays of mail agree on no authorities (RFC 7672, section 3.1.3). */
static void
is_strict_with_smtp(void **state)
{
	static const struct {
		const char *service;
		uint32_t port;
		uint8_t usage;
		bool usable;
	} rows[] = {
		{ "smtp", 25, 0, false },
		{ "SMTP", 25, 1, false },
		{ "smtp", 25, 2, true },
		{ "smtp", 25, 3, true },
		{ "smtp", 587, 1, true },
		{ "imaps", 25, 1, true },
		{ "", 25, 0, true },
	};
	char owner[TLSA_OWNER_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dane_case c = { .peer = HOST,
			.port = rows[i].port,
			.match = SAYS_YES,
			.usage = rows[i].usage,
			.dns = { { HOST, DNS_TYPE_A, RESOLVER_SECURE, NULL },
			    { owner, DNS_TYPE_TLSA, RESOLVER_SECURE, NULL },
			    { HOST, DNS_TYPE_MX, RESOLVER_ABSENT, NULL },
			    { NULL, DNS_TYPE_SRV, RESOLVER_ABSENT, NULL } } };
		char srv[TLSA_OWNER_MAX];
		struct verdict v = make(&c);

		snprintf(srv, sizeof(srv), "_%s._tcp." HOST, rows[i].service);
		c.dns[3].name = srv;
		assert_int_equal(tlsa_owner_service(owner,
				     (uint16_t)rows[i].port, "tcp", HOST),
		    0);
		snprintf(v.service, sizeof(v.service), "%s", rows[i].service);
		assert_int_equal(dane_ask(&v), SAYS_YES);
		if (usable != rows[i].usable)
			fail_msg("row %zu", i);
	}
}

/* However slowly the answers come, one after the other. */
static void
waits_for_many_hosts(void **state)
{
	static const struct dane_case c = {
		.peer = "example", .port = 443, .match = SAYS_NO
	};
	struct verdict v = make(&c);
	enum says says;

	(void)state;
	snprintf(v.service, sizeof(v.service), "xmpp-client");
	one_by_one = true;
	known.n = 0;
	while ((says = dane_ask(&v)) == SAYS_WAIT) {
		assert_int_not_equal(waited[0], '\0');
		assert_in_range(known.n, 0, 4 * SERVICE_MAX_HOSTS - 1);
		memcpy(known.asked[known.n++], waited, sizeof(waited));
		waited[0] = '\0';
	}
	one_by_one = false;
	assert_int_equal(says, SAYS_NO);
	assert_string_equal(v.reason, "played");
	assert_int_equal(known.n, 1 + 2 * SERVICE_MAX_HOSTS);
}

/* Whatever a worker sends. */
static void
prepares(void **state)
{
	static const char *const names[] = { "", ".", HOST, "192.0.2.1",
		"anna@example.com", "a..b", "-", "*.example.com" };
	static const struct dane_case nothing = { .peer = HOST };

	(void)state;
	playing = &nothing;
	expected_since = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		dane_prepare(names[i], "xmpp-client", 443);
		dane_prepare(names[i], "", 0);
		dane_prepare(names[i], names[i], UINT32_MAX);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says),
		cmocka_unit_test(is_silent),
		cmocka_unit_test(ends),
		cmocka_unit_test(is_strict_with_smtp),
		cmocka_unit_test(waits_for_many_hosts),
		cmocka_unit_test(prepares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
