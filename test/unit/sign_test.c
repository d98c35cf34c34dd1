/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * sign_test: what a worker can have signed by the real keeper, and everything
 * that it cannot.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <gnutls/abstract.h>

#include "daemon/ipc/app.h"
#include "test/unit/keeper_ask.h"

enum {
	CLIENT = APP_ROLE_CLIENT,
	SERVER = APP_ROLE_SERVER,
};

static const char acl[] = "deny  any    denied.example anyone\n"
			  "allow server *.example       user=1000\n"
			  "allow client *@mail.example  group=20\n"
			  "allow any    all.kinds.test  user=1000\n"
			  "allow server *.kinds.test    user=1000\n";

static int
set_up(void **state)
{
	play_prepare(&play);
	play_start(&play, acl, NULL);
	return 0;
}

static int
tear_down(void **state)
{
	play_stop(&play);
	play_clean(&play);
	return 0;
}

/* What TLS 1.3 signs. */
static size_t
tls13_content(uint8_t *out, unsigned role)
{
	memset(out, ' ', 64);
	memcpy(out + 64,
	    role == SERVER ? "TLS 1.3, server CertificateVerify"
			   : "TLS 1.3, client CertificateVerify",
	    34);
	memset(out + 98, 0xab, 32);
	return 130;
}

static struct sign_req
usual_sign(struct blob grant, struct credential_row row, uint8_t *key)
{
	static uint8_t digest[64];

	memcpy(key, row.key.data, KEY_ID_SIZE);
	return (struct sign_req){ .grant = grant,
		.key = { key, KEY_ID_SIZE },
		.algorithm = GNUTLS_SIGN_ECDSA_SECP256R1_SHA256,
		.digest = { digest, 32 } };
}

static void
verify(const struct paper *p, struct sign_req req, struct blob signature)
{
	gnutls_datum_t d = { (unsigned char *)(uintptr_t)req.digest.data,
		(unsigned)req.digest.len };
	gnutls_datum_t s = { (unsigned char *)(uintptr_t)signature.data,
		(unsigned)signature.len };
	gnutls_pubkey_t pub;
	int r;

	assert_int_equal(gnutls_pubkey_init(&pub), 0);
	assert_int_equal(gnutls_pubkey_import_x509(pub, p->crt, 0), 0);
	if (req.algorithm == GNUTLS_SIGN_EDDSA_ED25519 ||
	    req.algorithm == GNUTLS_SIGN_EDDSA_ED448)
		r = gnutls_pubkey_verify_data2(
		    pub, (gnutls_sign_algorithm_t)req.algorithm, 0, &d, &s);
	else
		r = gnutls_pubkey_verify_hash2(
		    pub, (gnutls_sign_algorithm_t)req.algorithm, 0, &d, &s);
	assert_true(r >= 0);
	gnutls_pubkey_deinit(pub);
}

#define P256 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1)
#define P384 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1)
#define P521 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP521R1)

static const struct kind {
	const char *name;
	gnutls_pk_algorithm_t pk;
	unsigned bits;
} kinds[] = {
	{ "p256.kinds.test", GNUTLS_PK_ECDSA, P256 },
	{ "p384.kinds.test", GNUTLS_PK_ECDSA, P384 },
	{ "p521.kinds.test", GNUTLS_PK_ECDSA, P521 },
	{ "rsa.kinds.test", GNUTLS_PK_RSA, 2048 },
	{ "pss.kinds.test", GNUTLS_PK_RSA_PSS, 2048 },
	{ "ed25519.kinds.test", GNUTLS_PK_EDDSA_ED25519, 0 },
	{ "ed448.kinds.test", GNUTLS_PK_EDDSA_ED448, 0 },
};

enum { NKINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* Which kinds of key (bits, in the order above) an algorithm goes with. */
static const struct {
	gnutls_sign_algorithm_t sign;
	unsigned len;
	unsigned fits;
} algorithms[] = {
	{ GNUTLS_SIGN_ECDSA_SECP256R1_SHA256, 32, 1 },
	{ GNUTLS_SIGN_ECDSA_SECP384R1_SHA384, 48, 2 },
	{ GNUTLS_SIGN_ECDSA_SECP521R1_SHA512, 64, 4 },
	{ GNUTLS_SIGN_ECDSA_SHA256, 32, 7 },
	{ GNUTLS_SIGN_ECDSA_SHA384, 48, 7 },
	{ GNUTLS_SIGN_ECDSA_SHA512, 64, 7 },
	{ GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, 32, 8 },
	{ GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, 48, 8 },
	{ GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, 64, 8 },
	{ GNUTLS_SIGN_RSA_SHA256, 32, 8 },
	{ GNUTLS_SIGN_RSA_SHA384, 48, 8 },
	{ GNUTLS_SIGN_RSA_SHA512, 64, 8 },
	{ GNUTLS_SIGN_RSA_PSS_SHA256, 32, 16 },
	{ GNUTLS_SIGN_RSA_PSS_SHA384, 48, 16 },
	{ GNUTLS_SIGN_RSA_PSS_SHA512, 64, 16 },
	{ GNUTLS_SIGN_EDDSA_ED25519, 130, 32 },
	{ GNUTLS_SIGN_EDDSA_ED448, 130, 64 },
	/* not used in TLS 1.2 and 1.3, or not named at all */
	{ GNUTLS_SIGN_RSA_SHA1, 20, 0 },
	{ GNUTLS_SIGN_RSA_MD5, 16, 0 },
	{ GNUTLS_SIGN_RSA_RAW, 36, 0 },
	{ GNUTLS_SIGN_ECDSA_SHA1, 20, 0 },
	{ GNUTLS_SIGN_RSA_SHA224, 28, 0 },
	{ GNUTLS_SIGN_UNKNOWN, 32, 0 },
	{ (gnutls_sign_algorithm_t)12345, 32, 0 },
};

static void
algorithms_go_with_their_keys(void **state)
{
	uint8_t key[KEY_ID_SIZE], content[256];
	struct paper papers[NKINDS];

	for (size_t k = 0; k < NKINDS; k++)
		papers[k] = add_identity(
		    kinds[k].name, &(struct paper_wish){ .name = kinds[k].name,
				       .pk = kinds[k].pk,
				       .bits = kinds[k].bits });
	tls13_content(content, SERVER);
	for (size_t a = 0; a < sizeof(algorithms) / sizeof(*algorithms); a++)
		for (size_t k = 0; k < NKINDS; k++) {
			struct credential_req ask_for = { .name =
							      kinds[k].name };
			struct grant g = usual_grant();
			struct sign_req req;
			struct sign_ans ans;

			ask_for.grant = play_seal(&play, &g);
			req = usual_sign(ask_for.grant,
			    first_row(ask_credential(ask_for)), key);
			req.algorithm = algorithms[a].sign;
			req.digest =
			    (struct blob){ content, algorithms[a].len };
			ans = ask_signature(0, req);
			if ((algorithms[a].fits & 1u << k) == 0) {
				assert_int_equal(ans.error, EINVAL);
				continue;
			}
			if (ans.error != 0)
				fail_msg("%s: %s", kinds[k].name, ans.reason);
			verify(&papers[k], req, ans.signature);
		}
	for (size_t k = 0; k < NKINDS; k++)
		paper_free(&papers[k]);
}

static void
a_grant_signs_as_often_as_it_says(void **state)
{
	struct credential_req req = { .name = "www.example" };
	uint8_t key[KEY_ID_SIZE];
	struct sign_req signing;
	struct sign_ans ans;

	add_simple_identity("www.example", "www.example");
	for (uint32_t signatures = 0; signatures < 4; signatures++) {
		struct grant g = usual_grant();

		g.signatures = signatures;
		req.grant = play_seal(&play, &g);
		signing =
		    usual_sign(req.grant, first_row(ask_credential(req)), key);
		for (uint32_t i = 0; i < signatures; i++)
			assert_int_equal(ask_signature(0, signing).error, 0);
		ans = ask_signature(0, signing);
		assert_int_equal(ans.error, EACCES);
		assert_non_null(strstr(ans.reason, "as often as it says"));
		/* To ask again for the credential changes nothing. */
		(void)first_row(ask_credential(req));
		assert_int_equal(ask_signature(0, signing).error, EACCES);
	}
}

static void
nothing_is_signed_without_right(void **state)
{
	struct credential_req www = { .name = "www.example" };
	struct credential_req other = { .name = "other.example" };
	uint8_t key[KEY_ID_SIZE], other_key[KEY_ID_SIZE], forged[GRANT_MAX];
	struct grant g = usual_grant(), g2 = usual_grant(), g3;
	struct sign_req req, changed;
	struct sign_ans ans;

	add_simple_identity("www.example", "www.example");
	add_simple_identity("other.example", "other.example");
	www.grant = play_seal(&play, &g);
	other.grant = play_seal(&play, &g2);
	req = usual_sign(www.grant, first_row(ask_credential(www)), key);
	(void)usual_sign(
	    other.grant, first_row(ask_credential(other)), other_key);

	/* no grant */
	changed = req;
	changed.grant = (struct blob){ key, 0 };
	assert_int_equal(ask_signature(0, changed).error, EACCES);
	/* a forged one */
	memcpy(forged, www.grant.data, www.grant.len);
	forged[20] ^= 1;
	changed.grant = (struct blob){ forged, www.grant.len };
	ans = ask_signature(0, changed);
	assert_int_equal(ans.error, EACCES);
	assert_non_null(strstr(ans.reason, "not made by this pool"));
	/* one that has been given no credential */
	g3 = usual_grant();
	changed.grant = play_seal(&play, &g3);
	ans = ask_signature(0, changed);
	assert_int_equal(ans.error, EACCES);
	assert_non_null(strstr(ans.reason, "has no credential"));
	/* another worker's */
	ans = ask_signature(1, req);
	assert_int_equal(ans.error, EACCES);
	/* the key of another name */
	changed = req;
	changed.key.data = other_key;
	ans = ask_signature(0, changed);
	assert_int_equal(ans.error, EACCES);
	assert_non_null(strstr(ans.reason, "the key is none"));
	changed.key.len = 5;
	assert_int_equal(ask_signature(0, changed).error, EACCES);
	/* a digest of the wrong length */
	changed = req;
	changed.digest.len = 31;
	ans = ask_signature(0, changed);
	assert_int_equal(ans.error, EINVAL);
	assert_non_null(strstr(ans.reason, "31 bytes"));
	/* and after all that, the grant is still good for what it says */
	assert_int_equal(ask_signature(0, req).error, 0);
}

static void
nothing_is_signed_after_its_time(void **state)
{
	struct credential_req www = { .name = "www.example" };
	struct grant g = usual_grant();
	uint8_t key[KEY_ID_SIZE];
	struct sign_req req;
	struct sign_ans ans;

	add_simple_identity("www.example", "www.example");
	g.until = play_now() + 300;
	www.grant = play_seal(&play, &g);
	req = usual_sign(www.grant, first_row(ask_credential(www)), key);
	usleep(400000);
	ans = ask_signature(0, req);
	assert_int_equal(ans.error, EACCES);
	assert_non_null(strstr(ans.reason, "the time of the grant is over"));
	assert_int_equal(ask_credential(www).error, EACCES);
}

/* Ed25519 signs bytes that the worker chooses: so they are looked at. */
static void
messages_must_be_of_a_handshake(void **state)
{
	uint8_t server13[256], client13[256], ske[68 + 32] = { 0 };
	uint8_t hello[4 + 40 + 10] = { 1, 0, 0, 40, 3, 3 };
	uint8_t key[KEY_ID_SIZE];
	const struct {
		uint8_t role;
		const uint8_t *data;
		size_t len;
		bool ok;
	} rows[] = {
		{ SERVER, server13, 130, true },
		{ CLIENT, client13, 130, true },
		{ SERVER, server13, 146, true },
		{ SERVER, client13, 130, false },
		{ CLIENT, server13, 130, false },
		{ SERVER, server13, 129, false },
		{ SERVER, server13, 98, false },
		{ SERVER, server13 + 1, 130, false },
		{ SERVER, ske, sizeof(ske), true },
		{ CLIENT, ske, sizeof(ske), false },
		{ SERVER, ske, sizeof(ske) - 1, false },
		{ SERVER, ske, 66, false },
		{ CLIENT, hello, sizeof(hello), true },
		{ SERVER, hello, sizeof(hello), false },
		{ CLIENT, hello, 44, false },
		{ CLIENT, hello, 4, false },
		{ CLIENT, (const uint8_t *)"pay me", 6, false },
		{ SERVER, (const uint8_t *)"", 0, false },
	};
	struct paper p = add_identity(
	    "all.kinds.test", &(struct paper_wish){ .name = "all.kinds.test",
				  .pk = GNUTLS_PK_EDDSA_ED25519 });

	tls13_content(server13, SERVER);
	tls13_content(client13, CLIENT);
	memset(server13 + 130, 1, sizeof(server13) - 130);
	ske[64] = 3; /* named_curve, x25519, a point of 32 bytes */
	ske[66] = 29;
	ske[67] = 32;
	hello[44] = 2; /* a ServerHello follows */
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct credential_req ask_for = { .name = "all.kinds.test" };
		struct grant g = usual_grant();
		struct sign_req req;
		struct sign_ans ans;

		g.role = rows[i].role;
		ask_for.grant = play_seal(&play, &g);
		req = usual_sign(
		    ask_for.grant, first_row(ask_credential(ask_for)), key);
		req.algorithm = GNUTLS_SIGN_EDDSA_ED25519;
		req.digest = (struct blob){ rows[i].data, rows[i].len };
		ans = ask_signature(0, req);
		if ((ans.error == 0) != rows[i].ok)
			fail_msg("row %zu: %s", i,
			    ans.error != 0 ? ans.reason : "signed");
		if (ans.error == 0)
			verify(&p, req, ans.signature);
	}
	paper_free(&p);
}

/* What a worker asks that has kept the answer to CREDENTIAL. */
static struct sign_req
kept_sign(const struct sign_req *like, const char *name)
{
	struct grant g = usual_grant();
	struct sign_req req = *like;

	req.grant = play_seal(&play, &g);
	req.asks = true;
	req.name = name;
	return req;
}

static void
a_question_can_come_along(void **state)
{
	struct credential_req www = { .name = "www.example" };
	struct admin_id_remove removal = { .name = "www.example" };
	struct grant g = usual_grant();
	uint8_t key[KEY_ID_SIZE];
	struct sign_req usual, req;
	struct admin_result done;
	struct sign_ans ans;

	add_simple_identity("www.example", "www.example");
	add_simple_identity("denied.example", "denied.example");
	add_simple_identity("other.example", "other.example");
	www.grant = play_seal(&play, &g);
	usual = usual_sign(www.grant, first_row(ask_credential(www)), key);

	req = kept_sign(&usual, "www.example");
	assert_int_equal(ask_signature(0, req).error, 0);
	/* once, as the grant says, and not again because it asks again */
	ans = ask_signature(0, req);
	assert_int_equal(ans.error, EACCES);
	assert_non_null(strstr(ans.reason, "as often as it says"));
	/* the fallback, and what it covers */
	req = kept_sign(&usual, "none.example");
	req.fallback = "www.example";
	assert_int_equal(ask_signature(0, req).error, 0);
	req = kept_sign(&usual, "none.example");
	req.fallback = "www.example";
	req.covered = true;
	ans = ask_signature(0, req);
	assert_int_equal(ans.error, EACCES);
	assert_non_null(strstr(ans.reason, "covers the name none.example"));
	/* what the ACL denies, what is not there, another's key */
	ans = ask_signature(0, kept_sign(&usual, "denied.example"));
	assert_int_equal(ans.error, EACCES);
	assert_non_null(strstr(ans.reason, "line 1 of the ACL"));
	assert_int_equal(
	    ask_signature(0, kept_sign(&usual, "none.example")).error, ENOKEY);
	ans = ask_signature(0, kept_sign(&usual, "other.example"));
	assert_int_equal(ans.error, EACCES);
	assert_non_null(strstr(ans.reason, "the key is none"));
	/* another worker's grant */
	req = kept_sign(&usual, "www.example");
	assert_int_equal(ask_signature(1, req).error, EACCES);
	/* and nothing at all once it has been taken away */
	play_admin(&play, &admin_id_remove_schema, &removal, NULL, 0,
	    &admin_result_schema, &done);
	assert_int_equal(done.error, 0);
	assert_int_equal(
	    ask_signature(0, kept_sign(&usual, "www.example")).error, ENOKEY);
}

/* A worker has chosen the certificate that was there a moment ago. */
static void
a_kept_answer_outlives_its_files(void **state)
{
	const char *cert = play_path(&play, "live.crt");
	const char *key = play_path(&play, "live.key");
	struct paper_wish wish = { .name = "live.example" };
	struct paper one = paper_make(&wish), two = paper_make(&wish);
	const struct paper *chain1[] = { &one }, *chain2[] = { &two };
	struct credential_req live = { .name = "live.example" };
	struct grant g = usual_grant(), g2 = usual_grant();
	uint8_t old[KEY_ID_SIZE], now[KEY_ID_SIZE];
	struct sign_req usual, renewed;
	struct credential_ans answer;

	paper_write_chain(chain1, 1, cert);
	paper_write_key(&one, key);
	assert_int_equal(add_files("live.example", cert, key, false).error, 0);
	live.grant = play_seal(&play, &g);
	usual = usual_sign(live.grant, first_row(ask_credential(live)), old);
	paper_write_chain(chain2, 1, cert);
	paper_write_key(&two, key);
	do {
		usleep(20000);
		g2 = usual_grant();
		live.grant = play_seal(&play, &g2);
		answer = ask_credential(live);
		renewed = usual_sign(live.grant, first_row(answer), now);
	} while (memcmp(old, now, KEY_ID_SIZE) == 0);
	assert_int_equal(
	    ask_signature(0, kept_sign(&usual, "live.example")).error, 0);
	assert_int_equal(
	    ask_signature(0, kept_sign(&renewed, "live.example")).error, 0);
	/* But not for longer than the answer was good for. */
	usleep(1100000);
	assert_int_equal(
	    ask_signature(0, kept_sign(&usual, "live.example")).error, EACCES);
	assert_int_equal(
	    ask_signature(0, kept_sign(&renewed, "live.example")).error, 0);
	paper_free(&one);
	paper_free(&two);
}

static void
malformed_messages_are_faults(void **state)
{
	static const uint8_t rubbish[] = { 1, SIGN_REQ, 0, 0, 0, 1, 9, 9 };
	static const uint8_t unknown[] = { 1, 77, 0, 0, 0, 1 };

	assert_int_equal(
	    channel_send(play.workers[0], rubbish, sizeof(rubbish), NULL, 0, 0),
	    0);
	assert_false(play_open(play.workers[0]));
	assert_true(play_open(play.workers[1]));
	assert_int_equal(
	    channel_send(play.workers[1], unknown, sizeof(unknown), NULL, 0, 0),
	    0);
	assert_false(play_open(play.workers[1]));
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(algorithms_go_with_their_keys),
		TEST(a_grant_signs_as_often_as_it_says),
		TEST(nothing_is_signed_without_right),
		TEST(nothing_is_signed_after_its_time),
		TEST(messages_must_be_of_a_handshake),
		TEST(a_question_can_come_along),
		TEST(a_kept_answer_outlives_its_files),
		TEST(malformed_messages_are_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
