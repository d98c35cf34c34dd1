/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * ldap_test: which directory is asked about a peer, and what the method says
 * to every answer.  The DNS and the directory are played here.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/verifier/ldap_entry.h"
#include "daemon/verifier/ldap.h"
#include "test/unit/authority.h"

#define SRV "_ldap._tcp.example.com"

enum { SRV_TTL = 600 };

enum certs {
	CERTS_NONE,
	CERTS_OTHER, /* one that is longer, one that is shorter */
	CERTS_OWN,   /* among others */
};

static const struct ldap_case {
	const char *what;
	const char *peer;
	const char *url; /* of the configuration */
	enum resolver_state srv;
	enum resolver_state host; /* A of the domain */
	bool no_anchor, no_network;
	enum link_found found;
	enum certs certs;
	enum says says;
	const char *asked;  /* of which directory, and for what */
	const char *reason; /* a part of it */
} cases[] = {
	{ "the very certificate", "anna@example.com", "dns", RESOLVER_SECURE,
	    .found = LINK_ENTRY, .certs = CERTS_OWN, .says = SAYS_YES,
	    .asked = "ldap://h.example:1389 "
		     "uid=anna,dc=example,dc=com" },
	{ "that of a domain", "example.com", "ldapi://%2fx",
	    .found = LINK_ENTRY, .certs = CERTS_OWN, .says = SAYS_YES,
	    .asked = "ldapi:///x dc=example,dc=com" },
	{ "without DNSSEC, from where it is configured", "example.com",
	    "ldaps://d.example", .no_anchor = true, .found = LINK_ENTRY,
	    .certs = CERTS_OWN, .says = SAYS_YES,
	    .asked = "ldaps://d.example:636 dc=example,dc=com" },
	{ "another certificate", "anna@example.com", "dns", RESOLVER_SECURE,
	    .found = LINK_ENTRY, .certs = CERTS_OTHER, .says = SAYS_NO,
	    .reason = "has another certificate" },
	{ "no certificate", "anna@example.com", "dns", RESOLVER_SECURE,
	    .found = LINK_ENTRY, .says = SAYS_CANNOT },
	{ "no entry", "anna@example.com", "dns", RESOLVER_SECURE,
	    .found = LINK_NO_ENTRY, .certs = CERTS_OWN, .says = SAYS_CANNOT },
	{ "no answer", "anna@example.com", "dns", RESOLVER_SECURE,
	    .found = LINK_FAILED, .certs = CERTS_OWN, .says = SAYS_NO,
	    .reason = "could not be asked: played" },
	{ "no directory, proved", "example.com", "dns", RESOLVER_ABSENT,
	    .certs = CERTS_OWN, .says = SAYS_CANNOT, .asked = "" },
	{ "a zone that is not signed", "example.com", "dns", RESOLVER_INSECURE,
	    .certs = CERTS_OWN, .says = SAYS_CANNOT, .asked = "" },
	{ "a forged record", "example.com", "dns", RESOLVER_BOGUS,
	    RESOLVER_SECURE, .certs = CERTS_OWN, .says = SAYS_NO, .asked = "",
	    .reason = SRV " SRV is bogus" },
	{ "silence", "example.com", "dns", RESOLVER_TIMEOUT, RESOLVER_TIMEOUT,
	    .certs = CERTS_OWN, .says = SAYS_NO, .asked = "",
	    .reason = SRV " SRV is not answered in time" },
	{ "SERVFAIL in a zone that is not signed", "example.com", "dns",
	    RESOLVER_FAILED, RESOLVER_INSECURE, .certs = CERTS_OWN,
	    .says = SAYS_CANNOT, .asked = "" },
	{ "no DNSSEC at all", "example.com", "dns", RESOLVER_SECURE,
	    .no_anchor = true, .certs = CERTS_OWN, .says = SAYS_CANNOT,
	    .asked = "" },
	{ "none, as the configuration has it", "example.com", NULL,
	    RESOLVER_SECURE, .certs = CERTS_OWN, .says = SAYS_CANNOT,
	    .asked = "" },
	{ "an address", "192.0.2.1", "ldap://d.example", .certs = CERTS_OWN,
	    .says = SAYS_CANNOT, .asked = "" },
	{ "a sandbox that is closed", "example.com", "ldap://d.example",
	    .no_network = true, .certs = CERTS_OWN, .says = SAYS_NO,
	    .asked = "", .reason = "before a restart" },
};

static const struct ldap_case *playing;
static char asked[512];
static gnutls_datum_t own;

bool
resolver_speaks(void)
{
	return !playing->no_anchor;
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
	return type == DNS_TYPE_SRV ? "SRV" : "?";
}

void
ldap_entry_init(struct loop *loop, const struct config *config)
{
	(void)loop;
	(void)config;
}

const struct resolver_answer *
resolver_ask(
    const char *name, unsigned type, uint64_t since, struct waiter *waiter)
{
	static const uint8_t rdata[] = "\0\1\0\0\5\x6d\1h\7"
				       "example";
	static struct resolver_answer answer;

	(void)since;
	(void)waiter;
	memset(&answer, 0, sizeof(answer));
	answer.until = time(NULL) + SRV_TTL;
	if (type == DNS_TYPE_A) {
		assert_string_equal(name, "example.com");
		answer.state = playing->host;
		return &answer;
	}
	assert_string_equal(name, SRV);
	answer.state = playing->srv;
	answer.nrecords = playing->srv == RESOLVER_SECURE ? 1 : 0;
	answer.records[0] = (struct blob){ rdata, sizeof(rdata) };
	return &answer;
}

const struct ldap_answer *
ldap_entry_ask(const char *group, const struct directory *d, size_t n,
    const char *dn, struct waiter *waiter)
{
	static uint8_t list[8192];
	static struct ldap_answer answer;
	struct wire_writer w = { .data = list, .size = sizeof(list) };
	char text[DIRECTORY_TEXT];

	(void)waiter;
	assert_string_equal(group, playing->url);
	assert_int_equal(n, 1);
	snprintf(asked, sizeof(asked), "%s %s", directory_text(d, text), dn);
	if (playing->certs != CERTS_NONE) {
		wire_put_string(&w, own.data, own.size - 1);
		wire_put_string(&w, "", 0);
	}
	if (playing->certs == CERTS_OWN)
		wire_put_string(&w, own.data, own.size);
	answer = (struct ldap_answer){ .found = playing->found,
		.why = "played",
		.certs = { list, w.len } };
	return &answer;
}

static void
resume(struct verdict *v)
{
	(void)v;
}

static void
set_up(struct verdict *v, struct config *config, const struct ldap_case *c,
    const struct holder *leaf)
{
	playing = c;
	asked[0] = '\0';
	*v = (struct verdict){ .resume = resume,
		.now = time(NULL),
		.chain = { leaf->cert },
		.nchain = 1 };
	assert_int_equal(peername_parse(&v->expected, c->peer), 0);
	config->ldap = (char *)(uintptr_t)c->url;
	ldap_init(NULL, config, NULL);
	ldap_allow(!c->no_network, !c->no_network);
}

static void
says(void **state)
{
	struct config config = { .ldap_lifetime = 60000 };
	struct holder leaf = holder_make(&(struct shape){ 0 }, NULL);

	(void)state;
	assert_int_equal(
	    gnutls_x509_crt_export2(leaf.cert, GNUTLS_X509_FMT_DER, &own), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ldap_case *c = &cases[i];
		struct verdict v;
		enum says said;

		set_up(&v, &config, c, &leaf);
		said = ldap_ask(&v);
		if (said != c->says ||
		    (c->asked != NULL && strcmp(asked, c->asked) != 0) ||
		    (c->reason != NULL && strstr(v.reason, c->reason) == NULL))
			fail_msg("%s: %d, asked \"%s\", reason \"%s\"", c->what,
			    said, asked, v.reason);
		assert_int_equal(v.error != 0, said == SAYS_NO);
		if (said == SAYS_YES)
			assert_in_range(v.until, time(NULL), v.now + 61);
	}
	gnutls_free(own.data);
	holder_free(&leaf);
}

/* The least of the lifetime, the record that named the directory, and the
 * certificate; and one that is over, or not yet. */
static void
ends(void **state)
{
	static const struct {
		long from, until;
		uint32_t lifetime;
		bool by_dns;
		enum says says;
		long end;
	} rows[] = {
		{ -HOUR, HOUR, 60000, false, SAYS_YES, 60 },
		{ -HOUR, 30, 60000, false, SAYS_YES, 30 },
		{ -HOUR, DAY, 3 * HOUR * 1000, true, SAYS_YES, SRV_TTL },
		{ -HOUR, -1, 60000, false, SAYS_NO, 0 },
		{ HOUR, DAY, 60000, false, SAYS_NO, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config config = { .ldap_lifetime = rows[i].lifetime };
		const struct shape shape = { .from = rows[i].from,
			.until = rows[i].until };
		struct holder leaf = holder_make(&shape, NULL);
		struct verdict v;

		assert_int_equal(gnutls_x509_crt_export2(
				     leaf.cert, GNUTLS_X509_FMT_DER, &own),
		    0);
		set_up(&v, &config, &cases[rows[i].by_dns ? 0 : 1], &leaf);
		assert_int_equal(ldap_ask(&v), rows[i].says);
		if (rows[i].says == SAYS_YES)
			assert_in_range(v.until, v.now + rows[i].end - 2,
			    v.now + rows[i].end + 2);
		else
			assert_int_equal(v.error, EKEYEXPIRED);
		gnutls_free(own.data);
		holder_free(&leaf);
	}
}

/* Who cannot wait, and who has no certificate, is not asked about. */
static void
is_silent(void **state)
{
	struct config config = { 0 };
	struct holder leaf = holder_make(&(struct shape){ 0 }, NULL);
	struct verdict v;

	(void)state;
	set_up(&v, &config, &cases[0], &leaf);
	v.resume = NULL;
	assert_int_equal(ldap_ask(&v), SAYS_CANNOT);
	set_up(&v, &config, &cases[0], &leaf);
	v.nchain = 0;
	assert_int_equal(ldap_ask(&v), SAYS_CANNOT);
	assert_string_equal(asked, "");
	holder_free(&leaf);
}

/* What the sandbox has to let through. */
static void
needs(void **state)
{
	static const struct {
		const char *text;
		bool network, local;
	} rows[] = {
		{ "", false, false },
		{ "[trust]\nldap = ldap://a.example", true, false },
		{ "[trust]\nldap = ldapi://%2fx", false, true },
		{ "[trust]\nldap = ldapi://%2fx\nserver-policy = pkix", false,
		    false },
		{ "[trust]\nldap = ldapi://%2fx\n"
		  "[trust \"a.example\"]\nldap = ldaps://a.example",
		    true, true },
		{ "[trust]\nldap = ldap://a.example\nserver-policy = pkix\n"
		  "[trust \"a.example\"]\nclient-policy = ldap\nldap = none",
		    true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512], error[256];
		bool network, local;
		struct config *c;

		snprintf(text, sizeof(text),
		    "[daemon]\nsocket = /s\nadmin-socket = /a\nstate = /t\n%s",
		    rows[i].text);
		c = config_parse(text, strlen(text), error, sizeof(error));
		assert_string_equal(error, "");
		ldap_needs(c, &network, &local);
		print_message("%s\n", rows[i].text);
		assert_int_equal(network, rows[i].network);
		assert_int_equal(local, rows[i].local);
		config_free(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says),
		cmocka_unit_test(ends),
		cmocka_unit_test(is_silent),
		cmocka_unit_test(needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
