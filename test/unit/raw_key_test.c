/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * raw_key_test: peers that have a key and no certificate: who they are, and
 * which methods can say so.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <gnutls/crypto.h>

#include "daemon/ipc/credential.h"
#include "daemon/sys/peers.h"
#include "daemon/verifier/bare.h"
#include "daemon/verifier/policy.h"
#include "test/unit/authority.h"

static struct holder root, leaf;
static gnutls_datum_t der, spki;
static char hash[2 * PIN_SIZE + 1];
static uint8_t buf[CHAIN_MAX];

static int
set_up(void **state)
{
	uint8_t id[PIN_SIZE];
	size_t len = sizeof(hash);

	(void)state;
	root = holder_make(
	    &(struct shape){ .subject = { { OID_CN, "Root" } }, .ca = true },
	    NULL);
	leaf = holder_make(&(struct shape){ .alt = { { GNUTLS_SAN_DNSNAME,
						"www.example.com", 0 } } },
	    &root);
	assert_true(bare_key(leaf.cert, &der, &spki));
	assert_int_equal(
	    gnutls_hash_fast(GNUTLS_DIG_SHA256, spki.data, spki.size, id), 0);
	return gnutls_hex_encode(
	    &(gnutls_datum_t){ id, sizeof(id) }, hash, &len);
}

static int
tear_down(void **state)
{
	(void)state;
	gnutls_free(der.data);
	holder_free(&root);
	holder_free(&leaf);
	return 0;
}

#define OTHER "sha256:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
#define KEY   "sha256:%s"

static const struct raw_case {
	const char *title;
	const char *pins; /* KEY stands for the key */
	const char *expected;
	bool client; /* the peer is */
	uint32_t flags;
	enum trust_method methods[CONFIG_MAX_METHODS];
	const char *name; /* whom it is believed to be, or … */
	const char *text; /* … a part of the reason */
} cases[] = {
	{ "server, its pin", "www.example.com server " KEY, "www.example.com",
	    .methods = { TRUST_PIN, TRUST_PKIX }, .name = "www.example.com" },
	{ "server, another pin", "www.example.com server " OTHER,
	    "www.example.com", .methods = { TRUST_PIN, TRUST_PKIX },
	    .text = "not one of its 1 pinned keys" },
	{ "server, another's pin", "mail.example.com server " KEY,
	    "www.example.com", .methods = { TRUST_PIN, TRUST_PKIX },
	    .text = "could vouch for www.example.com" },
	{ "server, a client's pin", "www.example.com client " KEY,
	    "www.example.com", .methods = { TRUST_PIN, TRUST_PKIX },
	    .text = "could vouch for www.example.com" },
	{ "server, no name", "www.example.com server " KEY, NULL,
	    .methods = { TRUST_PIN, TRUST_PKIX },
	    .text = "a raw public key that is nobody's" },
	{ "server, chains only", "www.example.com server " KEY,
	    "www.example.com", .methods = { TRUST_PKIX },
	    .text = "(pkix) could vouch" },
	{ "client, its pin", "anna@example.com client " KEY, NULL, true,
	    .methods = { TRUST_PIN, TRUST_PKIX }, .name = "anna@example.com" },
	{ "client, its pin twice",
	    "a.example.com client " KEY "\na.example.com client " KEY, NULL,
	    true, .methods = { TRUST_PIN }, .name = "a.example.com" },
	{ "client, and a server of that key",
	    "a.example.com client " KEY "\nb.example.com server " KEY, NULL,
	    true, .methods = { TRUST_PIN }, .name = "a.example.com" },
	{ "client, a server's pin", "b.example.com server " KEY, NULL, true,
	    .methods = { TRUST_PIN, TRUST_PKIX },
	    .text = "a raw public key that is nobody's" },
	{ "client of two names",
	    "a.example.com client " KEY "\nb.example.com client " KEY, NULL,
	    true, .methods = { TRUST_PIN }, .text = "for several clients" },
	{ "client, no pin", "a.example.com client " OTHER, NULL, true,
	    .methods = { TRUST_PIN, TRUST_PKIX },
	    .text = "a raw public key that is nobody's" },
	{ "client, but pins are not asked", "a.example.com client " KEY, NULL,
	    true, .methods = { TRUST_PKIX },
	    .text = "(pkix) could vouch for a.example.com" },
	{ "client, a user that is refused", "anna@example.com client " KEY,
	    NULL, true, APP_REFUSE_USERS, { TRUST_PIN },
	    .text = "users are refused" },
	{ "client, a domain that is refused", "a.example.com client " KEY, NULL,
	    true, APP_REFUSE_DOMAINS, { TRUST_PIN },
	    .text = "domains are refused" },
	{ "client, a domain that is not", "a.example.com client " KEY, NULL,
	    true, APP_REFUSE_USERS, { TRUST_PIN }, .name = "a.example.com" },
};

static struct pins *
make_pins(const char *format)
{
	char text[512], error[256] = "";
	size_t n = 0;
	struct pins *pins;

	for (const char *c = format; *c != '\0'; c++) {
		if (strncmp(c, "%s", 2) == 0) {
			n += (size_t)snprintf(
			    text + n, sizeof(text) - n, "%s", hash);
			c++;
		} else {
			text[n++] = *c;
		}
		assert_true(n < sizeof(text) - 1);
	}
	pins = pins_parse(text, n, error, sizeof(error));
	assert_string_equal(error, "");
	assert_non_null(pins);
	return pins;
}

static struct verdict *
judge(
    struct trust *trust, const struct raw_case *c, const struct verify_req *req)
{
	struct config config = { .npeers = 0 };
	struct verdict *v;

	memcpy(config.client_policy, c->methods, sizeof(c->methods));
	memcpy(config.server_policy, c->methods, sizeof(c->methods));
	v = verdict_new(trust, req,
	    c->client ? APP_ROLE_SERVER : APP_ROLE_CLIENT, c->flags, 0);
	assert_non_null(v);
	policy_choose(v, &config);
	assert_true(policy_run(v));
	print_message(
	    "%s: %s\n", c->title, v->error == 0 ? v->evidence : v->reason);
	return v;
}

static void
decides(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct raw_case *c = &cases[i];
		struct verify_req req = {
			.raw_key = { spki.data, spki.size },
			.remote_name = c->expected,
		};
		struct trust trust;
		struct verdict *v;

		assert_int_equal(trust_init(&trust), 0);
		trust.pins = make_pins(c->pins);
		v = judge(&trust, c, &req);
		if (c->name != NULL) {
			assert_int_equal(v->error, 0);
			assert_string_equal(v->method, "pin");
			assert_string_equal(verdict_name(v)->text, c->name);
		} else {
			assert_int_equal(v->error, EKEYREJECTED);
			assert_non_null(strstr(v->reason, c->text));
		}
		verdict_free(v);
		trust_free(&trust);
	}
}

/* Pins that tlspool-cli set name a client as those of the file do. */
static void
knows_pins_of_the_tool(void **state)
{
	static const struct raw_case c = {
		.title = "of the tool", .client = true, .methods = { TRUST_PIN }
	};
	char path[] = "raw_key_test.XXXXXX", error[256];
	struct verify_req req = { .raw_key = { spki.data, spki.size } };
	struct peername name;
	struct trust trust;
	struct verdict *v;
	uint8_t key[PIN_SIZE];
	int fd = mkstemp(path);

	(void)state;
	assert_int_not_equal(fd, -1);
	close(fd);
	assert_int_equal(trust_init(&trust), 0);
	trust.known = known_open(path, error, sizeof(error));
	assert_non_null(trust.known);
	assert_int_equal(
	    gnutls_hash_fast(GNUTLS_DIG_SHA256, spki.data, spki.size, key), 0);
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = { "a.example.com",
			"b.example.com", "c.example.com" };

		/* A key that was only seen names nobody. */
		assert_int_equal(peername_parse(&name, names[i]), 0);
		assert_int_equal(
		    known_add(trust.known, &name, i == 0, key,
			i == 0 ? KNOWN_FIRST_USE : KNOWN_PINNED, 1),
		    0);
		v = judge(&trust, &c, &req);
		assert_int_equal(v->error, i == 1 ? 0 : EKEYREJECTED);
		if (i == 1)
			assert_string_equal(verdict_name(v)->text, names[1]);
		verdict_free(v);
	}
	trust_free(&trust);
	assert_int_equal(unlink(path), 0);
}

/* Trust on first use is about keys, too. */
static void
remembers_at_first_use(void **state)
{
	static const struct raw_case c = { .title = "first use",
		.expected = "www.example.com",
		.methods = { TRUST_TOFU } };
	char path[] = "raw_key_test.XXXXXX", error[256];
	gnutls_datum_t other_der, other;
	struct trust trust;
	int fd = mkstemp(path);

	(void)state;
	assert_int_not_equal(fd, -1);
	close(fd);
	assert_true(bare_key(root.cert, &other_der, &other));
	assert_int_equal(trust_init(&trust), 0);
	trust.known = known_open(path, error, sizeof(error));
	assert_non_null(trust.known);
	for (int i = 0; i < 3; i++) {
		const gnutls_datum_t *key = i < 2 ? &spki : &other;
		struct verify_req req = { .raw_key = { key->data, key->size },
			.remote_name = c.expected };
		struct verdict *v = judge(&trust, &c, &req);

		assert_int_equal(v->error, i < 2 ? 0 : EKEYREJECTED);
		verdict_free(v);
	}
	gnutls_free(other_der.data);
	trust_free(&trust);
	assert_int_equal(unlink(path), 0);
}

/* Workers are not believed to send what they should. */
static void
refuses_what_is_none(void **state)
{
	static const struct raw_case c = { .title = "broken",
		.expected = "www.example.com",
		.methods = { TRUST_PIN } };
	const struct holder *peer = &leaf;
	struct blob chain = chain_make(&peer, 1, buf, sizeof(buf));
	const struct {
		struct verify_req req;
		const char *reason;
	} requests[] = {
		{ { .raw_key = { spki.data, spki.size - 1 } }, "malformed" },
		{ { .raw_key = { spki.data, 1 } }, "malformed" },
		{ { .raw_key = { der.data, der.size } }, "malformed" },
		{ { .raw_key = { spki.data, spki.size }, .chain = chain },
		    "a certificate and a raw public key" },
		{ { .remote_name = NULL }, "the peer sent no certificate" },
	};
	struct trust trust;

	(void)state;
	assert_int_equal(trust_init(&trust), 0);
	trust.pins = make_pins("www.example.com server " KEY);
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		struct verify_req req = requests[i].req;
		struct verdict *v;

		req.remote_name = c.expected;
		v = judge(&trust, &c, &req);
		assert_int_equal(v->error, EKEYREJECTED);
		assert_non_null(strstr(v->reason, requests[i].reason));
		verdict_free(v);
	}
	trust_free(&trust);
}

/* By what a worker decides whether to offer them. */
static void
says_who_asks(void **state)
{
	static char pattern[] = "*.example.com";
	struct trust_peers peers = { .pattern = pattern,
		.client_policy = { TRUST_DANE, TRUST_PKIX },
		.server_policy = { TRUST_PIN } };
	struct config c = { .client_policy = { TRUST_PKIX },
		.server_policy = { TRUST_PKIX, TRUST_TOFU },
		.peers = &peers,
		.npeers = 1 };

	(void)state;
	assert_true(peers_ask(&c, "a.example.com", true, TRUST_DANE));
	assert_true(peers_ask(&c, "A.example.COM", true, TRUST_PKIX));
	assert_false(peers_ask(&c, "a.example.com", true, TRUST_PIN));
	assert_false(peers_ask(&c, "a.example.org", true, TRUST_DANE));
	assert_true(peers_ask(&c, "a.example.com", false, TRUST_PIN));
	assert_false(peers_ask(&c, "", false, TRUST_PIN));
	assert_true(peers_ask(&c, NULL, false, TRUST_PIN));
	assert_true(peers_ask(&c, NULL, false, TRUST_TOFU));
	assert_false(peers_ask(&c, NULL, false, TRUST_DANE));
	c.npeers = 0;
	assert_false(peers_ask(&c, NULL, false, TRUST_PIN));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides),
		cmocka_unit_test(knows_pins_of_the_tool),
		cmocka_unit_test(remembers_at_first_use),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(says_who_asks),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
