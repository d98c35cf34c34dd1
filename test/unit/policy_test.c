/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * policy_test: which methods are asked, in which order, and what becomes of a
 * peer that none of them can judge, or of bytes that are no chain.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/ipc/credential.h"
#include "daemon/verifier/policy.h"
#include "test/unit/authority.h"

static struct holder root, leaf;
static uint8_t buf[CHAIN_MAX];

static int
set_up(void **state)
{
	(void)state;
	root = holder_make(
	    &(struct shape){ .subject = { { OID_CN, "Root" } }, .ca = true },
	    NULL);
	leaf = holder_make(
	    &(struct shape){ .subject = { { OID_CN, "x\x1b\"y" } },
		.alt = { { GNUTLS_SAN_DNSNAME, "www.example.com", 0 } } },
	    &root);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	holder_free(&root);
	holder_free(&leaf);
	return 0;
}

/* What the files of trust hold. */
enum state {
	NONE,	 /* it is not configured */
	GOOD,	 /* anchors: root; pins: of the leaf */
	BAD_KEY, /* pins: of another key */
	BROKEN,	 /* configured, and cannot be read */
};

static const struct policy_case {
	const char *title;
	enum state anchors, pins;
	enum trust_method client[CONFIG_MAX_METHODS];
	enum trust_method server[CONFIG_MAX_METHODS];
	bool is_client; /* the peer is */
	int error;
	const char *text; /* the method, or what is in the reason */
} cases[] = {
	{ "pins first", GOOD, GOOD, { TRUST_PIN, TRUST_PKIX }, .text = "pin" },
	{ "chains first", GOOD, GOOD, { TRUST_PKIX, TRUST_PIN },
	    .text = "pkix" },
	{ "a wrong pin ends it", GOOD, BAD_KEY, { TRUST_PIN, TRUST_PKIX },
	    .error = EKEYREJECTED, .text = "pinned keys" },
	{ "a wrong pin comes too late", GOOD, BAD_KEY,
	    { TRUST_PKIX, TRUST_PIN }, .text = "pkix" },
	{ "pins of nobody", GOOD, NONE, { TRUST_PIN, TRUST_PKIX },
	    .text = "pkix" },
	{ "pins that cannot be read", GOOD, BROKEN, { TRUST_PIN, TRUST_PKIX },
	    .error = EKEYREJECTED, .text = "the pinned keys cannot be read" },
	{ "anchors that cannot be read", BROKEN, NONE, { TRUST_PKIX },
	    .error = EKEYREJECTED, .text = "the trust anchors cannot be read" },
	{ "no anchors, but a pin", NONE, GOOD, { TRUST_PKIX, TRUST_PIN },
	    .text = "pin" },
	{ "nothing to go by", NONE, NONE, { TRUST_PIN, TRUST_PKIX },
	    .error = EKEYREJECTED,
	    .text = "no method of the policy (pin pkix) could vouch for "
		    "www.example.com" },
	{ "one method, silent", GOOD, NONE, { TRUST_PIN },
	    .error = EKEYREJECTED, .text = "policy (pin) could" },
	{ "no methods", GOOD, GOOD, { TRUST_END }, .error = EKEYREJECTED,
	    .text = "policy () could" },
	{ "all places taken", NONE, NONE,
	    { TRUST_PIN, TRUST_PIN, TRUST_PIN, TRUST_PIN, TRUST_PIN, TRUST_PIN,
		TRUST_PIN, TRUST_PIN },
	    .error = EKEYREJECTED, .text = "pin pin pin" },
	{ "clients have their own", GOOD, NONE, { TRUST_PIN }, { TRUST_PKIX },
	    .is_client = true, .text = "pkix" },
	{ "and servers theirs", GOOD, NONE, { TRUST_PKIX }, { TRUST_PIN },
	    .text = "pkix" },
};

static struct pins *
make_pins(const struct holder *of)
{
	char line[256], error[256], hex[2 * PIN_SIZE + 1];
	uint8_t id[PIN_SIZE];
	size_t len = sizeof(id), hex_len = sizeof(hex);

	assert_int_equal(gnutls_x509_crt_get_key_id(
			     of->cert, GNUTLS_KEYID_USE_SHA256, id, &len),
	    0);
	assert_int_equal(gnutls_hex_encode(&(gnutls_datum_t){ id, sizeof(id) },
			     hex, &hex_len),
	    0);
	snprintf(line, sizeof(line), "www.example.com server sha256:%s\n", hex);
	return pins_parse(line, strlen(line), error, sizeof(error));
}

static void
set_file(struct trust_file *file, enum state state)
{
	file->path = state == NONE ? NULL : strdup("/a/file");
	snprintf(file->trouble, sizeof(file->trouble), "%s",
	    state == BROKEN ? "/a/file: broken" : "");
}

static void
set_trust(struct trust *trust, enum state anchors, enum state pins)
{
	gnutls_datum_t pem = pem_make(&(const struct holder *){ &root }, 1);
	char error[256];

	assert_int_equal(trust_init(trust), 0);
	set_file(&trust->anchors_file, anchors);
	set_file(&trust->pins_file, pins);
	if (anchors == GOOD)
		trust->anchors = anchors_parse(&pem, error, sizeof(error));
	if (pins == GOOD || pins == BAD_KEY)
		trust->pins = make_pins(pins == GOOD ? &leaf : &root);
	gnutls_free(pem.data);
}

static void
decides(void **state)
{
	struct blob chain =
	    chain_make(&(const struct holder *){ &leaf }, 1, buf, sizeof(buf));

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct policy_case *c = &cases[i];
		struct verify_req req = { .chain = chain,
			.remote_name =
			    c->is_client ? NULL : "www.example.com" };
		struct config config = { 0 };
		struct trust trust;
		struct verdict *v;

		memcpy(config.client_policy, c->client, sizeof(c->client));
		memcpy(config.server_policy, c->server, sizeof(c->server));
		set_trust(&trust, c->anchors, c->pins);
		v = verdict_new(&trust, &req,
		    c->is_client ? APP_ROLE_SERVER : APP_ROLE_CLIENT, 0, 0);
		assert_non_null(v);
		policy_choose(v, &config);
		assert_true(policy_run(v));
		print_message("%s: %s\n", c->title,
		    v->error == 0 ? v->method : v->reason);
		assert_int_equal(v->error, c->error);
		if (c->error == 0)
			assert_string_equal(v->method, c->text);
		else
			assert_non_null(strstr(v->reason, c->text));
		verdict_free(v);
		trust_free(&trust);
	}
}

/* A section for the peer's name stands in place of what is for everybody. */
static void
asks_by_peer(void **state)
{
	static char of_leaf[] = "*.example.com";
	struct blob chain =
	    chain_make(&(const struct holder *){ &leaf }, 1, buf, sizeof(buf));
	struct trust_peers peers = { .pattern = of_leaf,
		.client_policy = { TRUST_PKIX },
		.server_policy = { TRUST_PIN },
		.require_crl = true };
	struct config config = { .client_policy = { TRUST_PIN },
		.server_policy = { TRUST_PKIX },
		.peers = &peers,
		.npeers = 1 };
	struct trust trust;

	(void)state;
	set_trust(&trust, GOOD, GOOD);
	for (size_t i = 0; i < 6; i++) {
		struct verify_req req = { .chain = chain };
		bool server = i % 2 == 0;
		struct verdict *v;

		if (server)
			req.remote_name = "www.example.com";
		config.npeers = i < 2 ? 0 : 1;
		if (i == 4)
			of_leaf[2] = 'x';
		v = verdict_new(&trust, &req,
		    server ? APP_ROLE_CLIENT : APP_ROLE_SERVER, 0, 0);
		assert_non_null(v);
		policy_choose(v, &config);
		assert_int_equal(v->methods[0],
		    server == (i == 2 || i == 3) ? TRUST_PKIX : TRUST_PIN);
		assert_int_equal(v->methods[1], TRUST_END);
		assert_int_equal(v->require_crl, i == 2 || i == 3);
		verdict_free(v);
	}
	trust_free(&trust);
}

/* Which method said what, where somebody wants to know. */
static void
notes_its_steps(void **state)
{
	static const struct {
		enum state anchors, pins;
		const char *steps[5]; /* what each of them begins with */
	} kinds[] = {
		{ GOOD, GOOD,
		    { "policy: of the server www.example.com these are "
		      "asked: pin pkix",
			"pin: sha256:", "pin: says yes: the key is pinned" } },
		{ GOOD, NONE,
		    { "policy: ", "pin: no key of www.example.com is pinned",
			"pin: cannot speak", "pkix: tries the way CN=x" } },
		{ NONE, NONE,
		    { "policy: ", "pin: no key", "pin: cannot speak",
			"pkix: no trust anchors are configured",
			"pkix: cannot speak" } },
		{ GOOD, BAD_KEY,
		    { "policy: ", "pin: sha256:", "pin: says no: the key" } },
	};
	struct verify_req req = { .remote_name = "www.example.com",
		.trace = true };
	struct config config = { .client_policy = { TRUST_PIN, TRUST_PKIX } };
	struct blob steps, item;
	struct verdict *v;
	struct trust trust;

	(void)state;
	req.chain =
	    chain_make(&(const struct holder *){ &leaf }, 1, buf, sizeof(buf));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		set_trust(&trust, kinds[i].anchors, kinds[i].pins);
		v = verdict_new(&trust, &req, APP_ROLE_CLIENT, 0, 0);
		assert_non_null(v);
		policy_choose(v, &config);
		assert_true(policy_run(v));
		steps = steps_list(v->steps);
		for (size_t j = 0; j < 5 && kinds[i].steps[j] != NULL; j++) {
			const char *begin = kinds[i].steps[j];

			assert_int_equal(wire_list_next(&steps, &item), 1);
			print_message(
			    "%.*s\n", (int)item.len, (const char *)item.data);
			assert_true(item.len >= strlen(begin));
			assert_memory_equal(item.data, begin, strlen(begin));
		}
		verdict_free(v);
		trust_free(&trust);
	}
}

/* Asks about a chain of n times the same, of which the last is cut by so many
 * bytes; the reason is in reason. */
static void
ask_broken(size_t n, uint8_t cut, char *reason, size_t size)
{
	const struct holder *same[VERDICT_MAX_CHAIN + 2];
	struct verify_req req = { .remote_name = "www.example.com" };
	struct config config = { .client_policy = { TRUST_PIN, TRUST_PKIX } };
	struct trust trust;
	struct verdict *v;

	for (size_t i = 0; i < n; i++)
		same[i] = &leaf;
	req.chain = chain_make(same, n, buf, sizeof(buf));
	if (cut > 0) {
		/* the length of the only item, and of the list */
		assert_int_equal(n, 1);
		req.chain.len -= cut;
		buf[2] = (uint8_t)((req.chain.len - 4) >> 8);
		buf[3] = (uint8_t)(req.chain.len - 4);
	}
	set_trust(&trust, GOOD, GOOD);
	v = verdict_new(&trust, &req, APP_ROLE_CLIENT, 0, 0);
	assert_non_null(v);
	policy_choose(v, &config);
	assert_true(policy_run(v));
	assert_int_equal(v->error,
	    n == 0 || n > VERDICT_MAX_CHAIN || cut > 0 ? EKEYREJECTED : 0);
	snprintf(reason, size, "%s", v->reason);
	verdict_free(v);
	trust_free(&trust);
}

static void
refuses_broken_chains(void **state)
{
	char reason[VERDICT_TEXT];

	(void)state;
	ask_broken(0, 0, reason, sizeof(reason));
	assert_string_equal(reason, "the peer sent no certificate");
	ask_broken(1, 1, reason, sizeof(reason));
	assert_string_equal(reason, "certificate 1 of the peer is malformed");
	ask_broken(VERDICT_MAX_CHAIN, 0, reason, sizeof(reason));
	assert_string_equal(reason, "");
	ask_broken(VERDICT_MAX_CHAIN + 1, 0, reason, sizeof(reason));
	assert_string_equal(reason, "the peer sent more than 16 certificates");
}

/* Logs and terminals are shown nothing that could act on them. */
static void
says_nothing_unprintable(void **state)
{
	char text[SUBJECT_TEXT];
	struct verdict v = { 0 };

	(void)state;
	assert_null(strpbrk(subject_text(leaf.cert, text), "\x1b\n"));
	assert_int_equal(
	    verdict_refuse(&v, EIO, 0, "%s", "a\x1b[0m\n\"b\x7f"), SAYS_NO);
	assert_string_equal(v.reason, "a?[0m?'b?");
	assert_int_equal(
	    verdict_accept(&v, "pin", 1, "%s", "\r\"\t"), SAYS_YES);
	assert_string_equal(v.evidence, "?'?");
}

static void
names_methods(void **state)
{
	(void)state;
	assert_string_equal(policy_method_name(TRUST_PIN), "pin");
	assert_string_equal(policy_method_name(TRUST_DANE), "dane");
	assert_string_equal(policy_method_name(TRUST_PKIX), "pkix");
	assert_null(policy_method_name(TRUST_END));
	assert_null(policy_method_name((enum trust_method)99));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides),
		cmocka_unit_test(asks_by_peer),
		cmocka_unit_test(notes_its_steps),
		cmocka_unit_test(refuses_broken_chains),
		cmocka_unit_test(says_nothing_unprintable),
		cmocka_unit_test(names_methods),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
