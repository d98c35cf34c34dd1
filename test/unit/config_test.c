/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * Tests of the configuration: what each key takes, and the sentence for each
 * mistake.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <cmocka.h>

#include "daemon/sys/peers.h"

#define BASE                        \
	"[daemon]\nsocket = /r/a\n" \
	"admin-socket = /r/b\nstate = /s\n"

static struct config *
parse(const char *text, char *error, size_t size)
{
	return config_parse(text, strlen(text), error, size);
}

static const struct bad_case {
	const char *text, *error;
} bad[] = {
	{ "socket = /a", "line 1: socket stands before any [section]" },
	{ "[deamon]\n", "line 1: [deamon] is not a section" },
	{ "# x\n\n[daemon]\n\n[ daemon ]",
	    "line 5: [ daemon ] is not a section" },
	{ "[daemon]\nsokcet = /a", "line 2: [daemon] has no key sokcet" },
	{ "[tls]\ndrain = 1s", "line 2: [tls] has no key drain" },
	{ "[daemon]\njunk\n",
	    "line 2: neither \"[section]\" nor \"key = value\"" },
	{ "[trust \"a_b\"]\n",
	    "line 1: [trust \"a_b\"] has a character that no domain has" },
	{ "\n[trust \"*\"]\n",
	    "line 2: [trust \"*\"] is everybody, for whom [trust] is" },
	{ "[trust \"xn--99zz.example\"]\n",
	    "line 1: [trust \"xn--99zz.example\"] has a label that begins with "
	    "xn-- and is no A-label" },
	{ "[trust \"a.example]\n",
	    "line 1: [trust \"PATTERN\"] does not end in \"]" },
	{ "[trust \"a.example\"]\n[trust \"b.example",
	    "line 2: [trust \"PATTERN\"] does not end in \"]" },
	{ "[trust \"a.example\"] x\n",
	    "line 1: there is more behind the section" },
	{ "[trust a.example]\n", "line 1: [trust a.example] is not a section" },
	{ "[tls \"a.example\"]\n",
	    "line 1: [tls \"a.example\"] is not a section" },
	{ "[trust \"a.example\"]\npins = /a\n",
	    "line 2: [trust \"a.example\"] has no key pins" },
	{ "[trust \"a.example\"]\n[daemon]\n[trust \"A.EXAMPLE.\"]\n"
	  "require-crl = no\n[trust \"a.example\"]\nrequire-crl = no\n",
	    "line 6: [trust] require-crl: stands there twice" },
	{ "[trust \"a.example\"]\nclient-policy = pin pin\n",
	    "line 2: [trust] client-policy: pin stands there twice" },
	{ "[daemon\n", "line 1: neither \"[section]\" nor \"key = value\"" },
	{ "[daemon]\ndrain = 1\n[tls]\n[daemon]\ndrain = 1",
	    "line 5: [daemon] drain: stands there twice" },
	{ "[daemon]\ndrain = soon",
	    "line 2: [daemon] drain: \"soon\" is not a duration" },
	{ "[daemon]\ndrain = -1",
	    "line 2: [daemon] drain: \"-1\" is not a duration" },
	{ "[daemon]\ndrain = 1 s",
	    "line 2: [daemon] drain: \"1 s\" is not a duration" },
	{ "[daemon]\ndrain = 1d",
	    "line 2: [daemon] drain: \"1d\" is not a duration" },
	{ "[daemon]\ndrain = 99999999999999999999",
	    "line 2: [daemon] drain: \"99999999999999999999\" is not a "
	    "duration" },
	{ "[daemon]\ndrain = 25h",
	    "line 2: [daemon] drain: 25h is not between 0ms and 86400s" },
	{ "[daemon]\ndrain =",
	    "line 2: [daemon] drain: \"\" is not a duration" },
	{ "[tls]\nhandshake-timeout = 0", "line 2: [tls] handshake-timeout: 0 "
					  "is not between 100ms and 3600s" },
	{ "[daemon]\nworkers = 65",
	    "line 2: [daemon] workers: 65 is not between 0 and 64" },
	{ "[daemon]\nworkers = many",
	    "line 2: [daemon] workers: \"many\" is not a number" },
	{ "[daemon]\nworkers = 0x10",
	    "line 2: [daemon] workers: \"0x10\" is not a number" },
	{ "[quota]\nmax-sessions = 4294967296", "line 2: [quota] max-sessions: "
						"\"4294967296\" is not a "
						"number" },
	{ "[daemon]\nlog-level = loud",
	    "line 2: [daemon] log-level: \"loud\" is none of error, warning, "
	    "notice, info, debug" },
	{ "[daemon]\nsocket = tlspool.sock", "line 2: [daemon] socket: "
					     "\"tlspool.sock\" is not an "
					     "absolute path" },
	{ "[daemon]\nsocket =",
	    "line 2: [daemon] socket: the value is missing" },
	{ "[daemon]\nuser =", "line 2: [daemon] user: the value is missing" },
	{ "[identity]\nkey-paths = /a b", "line 2: [identity] key-paths: \"b\" "
					  "is not an absolute path" },
	{ "[identity]\ntoken-paths = none /a",
	    "line 2: [identity] token-paths: \"none\" is not an absolute "
	    "path" },
	{ "[identity]\nkey-paths =",
	    "line 2: [identity] key-paths: the value is missing" },
	{ "[trust]\nanchors = somewhere", "line 2: [trust] anchors: "
					  "\"somewhere\" is not an absolute "
					  "path" },
	{ "[trust]\nrequire-crl = true",
	    "line 2: [trust] require-crl: \"true\" is neither yes nor no" },
	{ "[dns]\nforward = resolver.example.com",
	    "line 2: [dns] forward: \"resolver.example.com\" is not an "
	    "address" },
	{ "[dns]\nforward = 192.0.2.1@0",
	    "line 2: [dns] forward: \"0\" is not a port" },
	{ "[dns]\nforward = 192.0.2.1@65536",
	    "line 2: [dns] forward: \"65536\" is not a port" },
	{ "[dns]\nforward = 2001:db8::1@",
	    "line 2: [dns] forward: \"\" is not a port" },
	{ "[dns]\nforward = 192.0.2.1 192.0.2.2",
	    "line 2: [dns] forward: \"192.0.2.1 192.0.2.2\" is not an "
	    "address" },
	{ "[dns]\ntrust-anchor = root.key",
	    "line 2: [dns] trust-anchor: \"root.key\" is not an absolute "
	    "path" },
	{ "[trust]\nldap = http://ldap.example.com/",
	    "line 2: [trust] ldap: \"http://ldap.example.com/\" is not the "
	    "URL of a directory: ldap://, ldaps:// or ldapi://" },
	{ "[trust \"a.example\"]\nldap = ldap://a.example:99999",
	    "line 2: [trust] ldap: \"ldap://a.example:99999\" has no port" },
	{ "[trust]\nldap =", "line 2: [trust] ldap: the value is missing" },
	{ "[ldap]\nlifetime = 1ms",
	    "line 2: [ldap] lifetime: 1ms is not between 1000ms and 86400s" },
	{ "[trust]\nserver-policy = openpgp",
	    "line 2: [trust] server-policy: this version cannot speak "
	    "openpgp" },
	{ "[trust]\nserver-policy = magic", "line 2: [trust] server-policy: "
					    "\"magic\" is not a method: "
					    "pin, dane, ldap, pkix or tofu" },
	{ "[trust]\nserver-policy = pin pkix pin",
	    "line 2: [trust] server-policy: pin stands there twice" },
	{ "[trust]\nserver-policy =",
	    "line 2: [trust] server-policy: the value is missing" },
	/* An indented line is not the rest of the line before it. */
	{ "[daemon]\nuser = a\n  b\n",
	    "line 3: neither \"[section]\" nor \"key = value\"" },
};

static void
mistakes(void **state)
{
	char error[256];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(parse(bad[i].text, error, sizeof(error)));
		assert_string_equal(error, bad[i].error);
	}
}

static void
hostile_lines(void **state)
{
	static const char nul[] = "[daemon]\nuser = a\0b\n";
	char error[256], longest[8192];

	assert_null(config_parse(nul, sizeof(nul) - 1, error, sizeof(error)));
	assert_string_equal(error, "line 2: a NUL byte");
	memset(longest, 'x', sizeof(longest));
	assert_null(
	    config_parse(longest, sizeof(longest), error, sizeof(error)));
	assert_string_equal(error, "line 1: longer than 4093 bytes");
}

static void
values(void **state)
{
	char error[256];
	struct config *c =
	    parse("\xef\xbb\xbf; a comment\r\n" BASE "user = anna ; her\n"
		  "keeper-user=none\n"
		  "workers = 3 # cores\n"
		  "handshake-nice = 19\n"
		  "drain = 500ms\n"
		  "log-level: debug\n"
		  "[tls]\n"
		  "priority = SECURE256:-RSA\n"
		  "handshake-timeout = 2m\n"
		  "linger = 7\n"
		  "tickets = no\n"
		  "ticket-lifetime = 10m\n"
		  "[quota]\n"
		  "max-handshakes = 4294967295\n"
		  "max-sessions = 2\n"
		  "max-connections = 0\n"
		  "[identity]\n"
		  "acl = /e/acl\n"
		  "disclosure = /e/with space\n"
		  "key-paths = /a \t /b/c\n"
		  "pkcs11-modules = /m/one.so /m/two.so\n"
		  "token-paths = /t\n"
		  "[trust]\n"
		  "anchors = none\n"
		  "crls = /crl\n"
		  "require-crl = yes\n"
		  "pkix-strict = yes\n"
		  "pins = none\n"
		  "client-policy = pkix pin\n"
		  "server-policy = pin",
		error, sizeof(error));

	assert_string_equal(error, "");
	assert_non_null(c);
	assert_string_equal(c->socket, "/r/a");
	assert_string_equal(c->admin_socket, "/r/b");
	assert_string_equal(c->state, "/s");
	assert_string_equal(c->user, "anna");
	assert_null(c->keeper_user);
	assert_int_equal(c->workers, 3);
	assert_int_equal(c->handshake_nice, 19);
	assert_int_equal(c->drain, 500);
	assert_int_equal(c->log_level, LOG_DEBUG);
	assert_string_equal(c->priority, "SECURE256:-RSA");
	assert_int_equal(c->handshake_timeout, 120000);
	assert_int_equal(c->linger, 7000);
	assert_false(c->tickets);
	assert_int_equal(c->ticket_lifetime, 600000);
	assert_int_equal(c->max_handshakes, UINT32_MAX);
	assert_int_equal(c->max_sessions, 2);
	assert_int_equal(c->max_connections, 0);
	assert_string_equal(c->acl, "/e/acl");
	assert_string_equal(c->disclosure, "/e/with space");
	assert_string_equal(c->key_paths[0], "/a");
	assert_string_equal(c->key_paths[1], "/b/c");
	assert_null(c->key_paths[2]);
	assert_string_equal(c->pkcs11_modules[1], "/m/two.so");
	assert_null(c->pkcs11_modules[2]);
	assert_string_equal(c->token_paths[0], "/t");
	assert_string_equal(c->anchors, "none");
	assert_string_equal(c->crls, "/crl");
	assert_true(c->require_crl);
	assert_true(c->pkix_strict);
	assert_null(c->pins);
	assert_int_equal(c->client_policy[0], TRUST_PKIX);
	assert_int_equal(c->client_policy[1], TRUST_PIN);
	assert_int_equal(c->client_policy[2], TRUST_END);
	assert_int_equal(c->server_policy[0], TRUST_PIN);
	assert_int_equal(c->server_policy[1], TRUST_END);
	config_free(c);
}

static void
defaults(void **state)
{
	char error[256];
	struct config *c = parse(BASE, error, sizeof(error));

	assert_non_null(c);
	assert_true(c->workers >= 1);
	assert_int_equal(c->handshake_nice, 12);
	assert_int_equal(c->drain, 30000);
	assert_int_equal(c->log_level, LOG_INFO);
	assert_int_equal(c->handshake_timeout, 30000);
	assert_int_equal(c->linger, 5000);
	assert_true(c->tickets);
	assert_int_equal(c->ticket_lifetime, 3600000);
	assert_int_equal(c->max_handshakes, 20000);
	assert_int_equal(c->max_sessions, 0);
	assert_int_equal(c->max_connections, 1000);
	assert_string_equal(c->acl, TLSPOOL_SYSCONFDIR "/acl");
	assert_string_equal(c->disclosure, TLSPOOL_SYSCONFDIR "/disclosure");
	assert_string_equal(c->key_paths[0], TLSPOOL_SYSCONFDIR);
	assert_null(c->pkcs11_modules[0]);
	assert_null(c->token_paths[0]);
	assert_string_equal(c->anchors, "system");
	assert_null(c->crls);
	assert_null(c->pins);
	assert_false(c->require_crl);
	assert_false(c->pkix_strict);
	assert_int_equal(c->client_policy[0], TRUST_PIN);
	assert_int_equal(c->client_policy[1], TRUST_DANE);
	assert_int_equal(c->client_policy[2], TRUST_PKIX);
	assert_int_equal(c->client_policy[3], TRUST_END);
	assert_int_equal(c->server_policy[2], TRUST_LDAP);
	assert_int_equal(c->server_policy[3], TRUST_PKIX);
	assert_int_equal(c->server_policy[4], TRUST_END);
	assert_string_equal(c->ldap, "dns");
	assert_string_equal(c->ldap_anchors, "none");
	assert_int_equal(c->ldap_timeout, 5000);
	assert_int_equal(c->ldap_lifetime, 300000);
	assert_string_equal(c->dns_anchor, "system");
	assert_null(c->dns_forward);
	assert_int_equal(c->dns_timeout, 5000);
	assert_true(c->dns_local_zones);
	config_free(c);
	config_free(NULL);
}

/* What is written is read as the same, with nothing left to defaults. */
static void
round_trip(void **state)
{
	char error[256];
	struct config *c, *d;
	char *text, *again;

	c = parse(BASE "user = anna\n[identity]\nkey-paths = /a /b\n"
		       "[trust]\nclient-policy = pkix dane\ncrls = /x\n"
		       "[dns]\nforward = 2001:db8::1@5353\n"
		       "local-zones = no\n",
	    error, sizeof(error));
	assert_non_null(c);
	text = config_text(c);
	assert_non_null(text);
	d = parse(text, error, sizeof(error));
	assert_string_equal(error, "");
	assert_non_null(d);
	again = config_text(d);
	assert_string_equal(text, again);
	assert_int_equal(d->workers, c->workers);
	free(text);
	free(again);
	config_free(c);
	config_free(d);
}

static const struct peers_case {
	const char *name;
	const char *pattern; /* NULL: [trust] */
} peers_cases[] = {
	{ "www.example.com", "www.example.com" },
	{ "WWW.example.com", "www.example.com" },
	{ "mail.example.com", "*.example.com" },
	{ "a.b.example.com", "*.example.com" },
	{ "a.deep.example.com", "*.deep.example.com" },
	{ "deep.example.com", "*.example.com" },
	{ "example.com", NULL },
	{ "badexample.com", NULL },
	{ "com", NULL },
	{ "anna@example.com", "anna@example.com" },
	{ "Anna@example.com", "anna@example.com" },
	{ "bert@example.com", "*@example.com" },
	{ "bert@mail.example.com", NULL },
	{ "www.xn--bcher-kva.example", "*.xn--bcher-kva.example" },
	{ "192.0.2.1", "192.0.2.1" },
	{ "192.0.2.2", NULL },
	{ "2001:db8::1", "2001:db8::1" },
	{ "", NULL },
};

static void
finds_peers(void **state)
{
	const struct trust_peers *peers;
	char error[256];
	struct config
	    *c = parse(BASE
		"[trust \"*.deep.example.com\"] # a comment\n"
		"[trust \"*.example.com\"]\nclient-policy = pkix pin\n"
		"  [trust \"Www.Example.com.\"]\nrequire-crl = no\n"
		"[trust \"anna@example.com\"]\n[trust \"*@example.com\"]\n"
		"[trust \"*.b\xc3\xbc"
		"cher.example\"]\n"
		"[trust \"192.0.2.1\"]\n[trust \"2001:DB8:0::1\"]\n"
		"[trust]\nrequire-crl = yes\nserver-policy = pkix\n",
		error, sizeof(error)),
	    *again;
	char *text;

	assert_string_equal(error, "");
	assert_non_null(c);
	text = config_text(c);
	again = parse(text, error, sizeof(error));
	assert_string_equal(error, "");
	assert_non_null(again);
	for (size_t i = 0; i < 2 * sizeof(peers_cases) / sizeof(*peers_cases);
	     i++) {
		const struct peers_case *k = &peers_cases[i / 2];

		peers = peers_find(i % 2 == 0 ? c : again, k->name);
		print_message("%s\n", k->name);
		assert_int_equal(peers != NULL, k->pattern != NULL);
		if (peers != NULL)
			assert_string_equal(peers->pattern, k->pattern);
	}
	for (size_t i = 0; i < 2; i++) {
		const struct config *one = i == 0 ? c : again;

		peers = peers_find(one, "www.example.com");
		assert_false(peers->require_crl);
		assert_int_equal(peers->client_policy[0], TRUST_PIN);
		assert_int_equal(peers->server_policy[0], TRUST_PKIX);
		assert_int_equal(peers->server_policy[1], TRUST_END);
		peers = peers_find(one, "mail.example.com");
		assert_true(peers->require_crl);
		assert_int_equal(peers->client_policy[0], TRUST_PKIX);
		assert_int_equal(peers->client_policy[1], TRUST_PIN);
	}
	free(text);
	config_free(c);
	config_free(again);
}

static void
keeping(void **state)
{
	char error[256], names[256];
	struct config *old, *fresh;

	old = parse(BASE "workers = 2\nuser = none\ndrain = 1s\n", error,
	    sizeof(error));
	fresh = parse("[daemon]\nsocket = /elsewhere\nadmin-socket = /r/b\n"
		      "state = /s\nuser = anna\nworkers = 3\ndrain = 2s\n",
	    error, sizeof(error));
	assert_non_null(old);
	assert_non_null(fresh);
	assert_int_equal(config_keep(fresh, old, names, sizeof(names)), 3);
	assert_string_equal(names, "socket, user, workers");
	assert_string_equal(fresh->socket, "/r/a");
	assert_null(fresh->user);
	assert_int_equal(fresh->workers, 2);
	assert_int_equal(fresh->drain, 2000);
	assert_int_equal(config_keep(fresh, old, names, sizeof(names)), 0);
	assert_string_equal(names, "");
	config_free(old);
	config_free(fresh);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes),
		cmocka_unit_test(hostile_lines),
		cmocka_unit_test(values),
		cmocka_unit_test(defaults),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(finds_peers),
		cmocka_unit_test(keeping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
