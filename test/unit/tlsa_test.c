/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tlsa_test: the RDATA of records, good and hostile, and where they stand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gnutls/abstract.h>

#include "daemon/verifier/bare.h"
#include "daemon/verifier/tlv.h"
#include "daemon/verifier/tlsa.h"
#include "daemon/verifier/tlsa_owner.h"
#include "test/unit/authority.h"

#define DIGEST_32 "0123456789abcdef0123456789abcdef"
#define DIGEST_64 DIGEST_32 DIGEST_32

static const struct {
	const char *rdata;
	size_t len;
	const char *unusable; /* a part of it; NULL: it is usable */
} rows[] = {
#define ROW(rdata, unusable)                       \
	{                                          \
		rdata, sizeof(rdata) - 1, unusable \
	}
	ROW("", "cut short"),
	ROW("\3", "cut short"),
	ROW("\3\1", "cut short"),
	ROW("\3\1\1", "cut short"),
	ROW("\3\1\1x", "no SHA-256"),
	ROW("\3\1\1" DIGEST_32, NULL),
	ROW("\0\0\1" DIGEST_32, NULL),
	ROW("\1\0\1" DIGEST_32, NULL),
	ROW("\2\0\1" DIGEST_32, NULL),
	ROW("\3\1\1" DIGEST_32 "x", "no SHA-256"),
	ROW("\3\1\1" DIGEST_64, "no SHA-256"),
	ROW("\3\1\2" DIGEST_64, NULL),
	ROW("\3\1\2" DIGEST_32, "no SHA-512"),
	ROW("\3\1\2" DIGEST_64 "x", "no SHA-512"),
	ROW("\4\1\1" DIGEST_32, "usage"),
	ROW("\377\1\1" DIGEST_32, "usage"),
	ROW("\3\2\1" DIGEST_32, "selector"),
	ROW("\3\377\1" DIGEST_32, "selector"),
	ROW("\3\1\3" DIGEST_32, "matching type"),
	ROW("\3\1\377" DIGEST_32, "matching type"),
	ROW("\3\0\0" DIGEST_32, "no certificate"),
	ROW("\3\1\0" DIGEST_32, "no public key"),
	/* a SEQUENCE that is longer than what is there, and an endless one */
	ROW("\2\0\0\x30\x84\xff\xff\xff\xff", "no certificate"),
	ROW("\2\1\0\x30\x84\x7f\xff\xff\xff\x30", "no public key"),
	ROW("\2\1\0\x30\x80\x00\x00", "no public key"),
	ROW("\2\0\0\x30\x00", "no certificate"),
#undef ROW
};

static void
parses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		/* Of its very size, for the sanitizer to watch. */
		uint8_t *rdata = malloc(rows[i].len + (rows[i].len == 0));
		char text[TLSA_TEXT];
		struct tlsa t;

		assert_non_null(rdata);
		memcpy(rdata, rows[i].rdata, rows[i].len);
		tlsa_parse(&t, rdata, rows[i].len);
		print_message("%s: %s\n", tlsa_text(&t, text),
		    t.unusable != NULL ? t.unusable : "usable");
		if (rows[i].unusable == NULL)
			assert_null(t.unusable);
		else
			assert_non_null(strstr(t.unusable, rows[i].unusable));
		free(rdata);
	}
}

static const struct shape plain = {
	.alt = { { GNUTLS_SAN_DNSNAME, "www.example.com", 0 } },
};

/* RDATA with full data. */
static size_t
full(uint8_t *rdata, size_t size, uint8_t usage, uint8_t selector,
    const gnutls_datum_t *data)
{
	assert_true(data->size + 3 <= size);
	rdata[0] = usage;
	rdata[1] = selector;
	rdata[2] = TLSA_FULL;
	memcpy(rdata + 3, data->data, data->size);
	return data->size + 3;
}

/* Every octet of the full data counts, and so does its length. */
static void
takes_full_data(void **state)
{
	struct holder h = holder_make(&plain, NULL);
	gnutls_datum_t der, spki;
	uint8_t rdata[2048];
	struct tlsa t;

	(void)state;
	assert_true(bare_key(h.cert, &der, &spki));
	for (uint8_t s = 0; s < 2; s++) {
		const gnutls_datum_t *data = s == TLSA_CERT ? &der : &spki;
		size_t len = full(rdata, sizeof(rdata) - 1, 3, s, data);

		tlsa_parse(&t, rdata, len);
		assert_null(t.unusable);
		assert_true(tlsa_matches_cert(&t, h.cert));
		assert_int_equal(tlsa_matches_key(&t, &spki), s == TLSA_SPKI);
		rdata[len] = 0;
		tlsa_parse(&t, rdata, len + 1);
		assert_false(tlsa_matches_cert(&t, h.cert));
		for (size_t cut = 0; cut < len; cut++) {
			tlsa_parse(&t, rdata, cut);
			assert_non_null(t.unusable);
			assert_false(tlsa_matches_cert(&t, h.cert));
		}
		for (size_t i = 3; i < len; i++) {
			rdata[i] ^= 0x41;
			tlsa_parse(&t, rdata, len);
			assert_false(tlsa_matches_cert(&t, h.cert));
			rdata[i] ^= 0x41;
		}
	}
	gnutls_free(der.data);
	holder_free(&h);
}

/* Keys whose signatures would take long to check. */
static void
refuses_huge_keys(void **state)
{
	static const struct shape shapes[] = {
		{ .rsa_bits = 16384, .only_public = true },
		{ .rsa_bits = 2048,
		    .only_public = true,
		    .exponent_bytes = 128 },
	};
	const struct holder issuer =
	    holder_make(&(struct shape){ .ca = true }, NULL);
	uint8_t rdata[4096 + 3];

	for (size_t i = 0; i < 2; i++) {
		struct holder h = holder_make(&shapes[i], &issuer);
		gnutls_datum_t der, spki;
		struct tlsa t;

		assert_true(bare_key(h.cert, &der, &spki));
		tlsa_parse(
		    &t, rdata, full(rdata, sizeof(rdata), 2, TLSA_CERT, &der));
		assert_non_null(t.unusable);
		tlsa_parse(
		    &t, rdata, full(rdata, sizeof(rdata), 2, TLSA_SPKI, &spki));
		assert_non_null(t.unusable);
		gnutls_free(der.data);
		holder_free(&h);
	}
	(void)state;
	holder_free(&(struct holder){ issuer.cert, issuer.key });
}

static void
chooses_the_strongest(void **state)
{
	static const struct {
		const char *rdata;
		bool used;
	} set[] = {
		{ "\3\1\1" DIGEST_32, false },
		{ "\3\1\2" DIGEST_64, true },
		{ "\3\1\1" DIGEST_32, false },
		{ "\3\0\1" DIGEST_32, true },  /* another selector */
		{ "\2\1\1" DIGEST_32, true },  /* another usage */
		{ "\2\1\2" DIGEST_32, false }, /* of a wrong length */
		{ "\4\1\1" DIGEST_32, false },
	};
	enum { N = sizeof(set) / sizeof(set[0]) };
	struct tlsa records[N];

	(void)state;
	for (size_t i = 0; i < N; i++)
		tlsa_parse(&records[i], (const uint8_t *)set[i].rdata,
		    3 + strlen(set[i].rdata + 3));
	/* Again is the same. */
	for (int again = 0; again < 2; again++) {
		assert_int_equal(tlsa_choose(records, N), 3);
		for (size_t i = 0; i < N; i++)
			assert_int_equal(
			    records[i].unusable == NULL, set[i].used);
	}
	assert_int_equal(tlsa_choose(records, 0), 0);
}

/* Against what GnuTLS makes of the key. */
static void
finds_the_key(void **state)
{
	static const struct shape shapes[] = {
		{ .ca = false },
		{ .rsa_bits = 2048 },
		{ .rsa_bits = 2048, .pss = true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		struct holder h = holder_make(&shapes[i], NULL);
		gnutls_datum_t der, spki, other;
		gnutls_pubkey_t key;

		assert_int_equal(gnutls_pubkey_init(&key), 0);
		assert_int_equal(gnutls_pubkey_import_x509(key, h.cert, 0), 0);
		assert_int_equal(
		    gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &other), 0);
		assert_true(bare_key(h.cert, &der, &spki));
		assert_int_equal(spki.size, other.size);
		assert_memory_equal(spki.data, other.data, spki.size);
		gnutls_free(der.data);
		gnutls_free(other.data);
		gnutls_pubkey_deinit(key);
		holder_free(&h);
	}
}

static void
makes_an_authority(void **state)
{
	struct holder h = holder_make(
	    &(struct shape){ .subject = { { OID_CN, "Anna" } } }, NULL);
	gnutls_datum_t der, spki, name, der2, spki2;
	gnutls_x509_crt_t made;
	unsigned usage = 0, critical = 0;

	(void)state;
	assert_true(bare_key(h.cert, &der, &spki));
	assert_int_equal(gnutls_x509_crt_get_raw_dn(h.cert, &name), 0);
	made = bare_authority(&name, &spki);
	assert_non_null(made);
	assert_int_equal(gnutls_x509_crt_get_version(made), 3);
	assert_int_equal(gnutls_x509_crt_get_ca_status(made, &critical), 1);
	assert_int_equal(critical, 1);
	assert_int_equal(
	    gnutls_x509_crt_get_key_usage(made, &usage, &critical), 0);
	assert_int_equal(usage, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
	assert_true(gnutls_x509_crt_check_issuer(h.cert, made) != 0);
	assert_true(bare_key(made, &der2, &spki2));
	assert_int_equal(spki.size, spki2.size);
	assert_memory_equal(spki.data, spki2.data, spki.size);
	gnutls_x509_crt_deinit(made);
	spki.size--;
	assert_null(bare_authority(&name, &spki));
	gnutls_free(name.data);
	gnutls_free(der.data);
	gnutls_free(der2.data);
	holder_free(&h);
}

static void
reads_der(void **state)
{
	static const struct {
		const char *in;
		size_t len;
		bool good;
		size_t value;
	} elements[] = {
		{ "\x02\x01\x05", 3, true, 1 },
		{ "\x02\x00", 2, true, 0 },
		{ "\x02\x81\x01\x05", 4, false, 0 }, /* not the shortest */
		{ "\x02\x02\x05", 3, false, 0 },
		{ "\x02\x80\x05\x00\x00", 5, false, 0 },
		{ "\x02\x85\x00\x00\x00\x00\x01\x05", 8, false, 0 },
		{ "\x02\x84\xff\xff\xff\xff", 6, false, 0 },
		{ "\x02\x82\x01", 3, false, 0 },
		{ "\x1f\x81\x01\x00", 4, false, 0 },
		{ "\x02", 1, false, 0 },
		{ "", 0, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(elements) / sizeof(*elements); i++) {
		const uint8_t *in = (const uint8_t *)elements[i].in;
		struct tlv rest = { in, elements[i].len }, value;
		uint8_t tag;

		assert_int_equal(
		    tlv_next(&rest, &tag, &value), elements[i].good ? 0 : -1);
		if (!elements[i].good) {
			assert_ptr_equal(rest.data, in);
			assert_int_equal(rest.len, elements[i].len);
			continue;
		}
		assert_int_equal(value.len, elements[i].value);
		assert_ptr_equal(rest.data, value.data + value.len);
	}
}

/* What is wrapped is read again, whatever its length. */
static void
writes_der(void **state)
{
	static const size_t sizes[] = { 0, 1, 127, 128, 255, 256, 65535,
		65536 };
	static uint8_t space[65536 + 8];
	struct tlv_writer too_long = { .data = space };

	(void)state;
	tlv_wrap(&too_long, TLV_SEQUENCE, (size_t)1 << 24);
	assert_true(too_long.full);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct tlv_writer w = { .data = space, .at = sizeof(space) };
		struct tlv in, value;

		w.at -= sizes[i];
		tlv_wrap(&w, TLV_SEQUENCE, sizeof(space));
		assert_false(w.full);
		in = (struct tlv){ space + w.at, sizeof(space) - w.at };
		assert_int_equal(tlv_get(&in, TLV_SEQUENCE, &value), 0);
		assert_int_equal(value.len, sizes[i]);
		assert_int_equal(in.len, 0);
		w.at = 1;
		tlv_put(&w, "ab", 2);
		assert_true(w.full);
	}
}

static void
knows_the_owner(void **state)
{
	char owner[TLSA_OWNER_MAX], domain[256];

	(void)state;
	assert_int_equal(
	    tlsa_owner_service(owner, 443, "tcp", "www.example.com"), 0);
	assert_string_equal(owner, "_443._tcp.www.example.com");
	/* The example of RFC 8162, section 3. */
	assert_int_equal(tlsa_owner_user(owner, "hugh@example.com"), 0);
	assert_string_equal(owner,
	    "c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6"
	    "._smimecert.example.com");
	assert_int_equal(tlsa_owner_user(owner, "example.com"), -1);
	assert_int_equal(tlsa_owner_user(owner, "@example.com"), -1);
	assert_int_equal(tlsa_owner_user(owner, "hugh@"), -1);
	memset(domain, 'a', sizeof(domain));
	memcpy(domain + 65, "@", 2);
	assert_int_equal(tlsa_owner_user(owner, domain), -1);
	memset(domain, 'a', sizeof(domain));
	domain[240] = '\0';
	assert_int_equal(tlsa_owner_service(owner, 443, "tcp", domain), 0);
	domain[240] = 'a';
	domain[250] = '\0';
	assert_int_equal(tlsa_owner_service(owner, 443, "tcp", domain), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(takes_full_data),
		cmocka_unit_test(refuses_huge_keys),
		cmocka_unit_test(chooses_the_strongest),
		cmocka_unit_test(finds_the_key),
		cmocka_unit_test(makes_an_authority),
		cmocka_unit_test(reads_der),
		cmocka_unit_test(writes_der),
		cmocka_unit_test(knows_the_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
