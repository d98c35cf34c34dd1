/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * authority: by GnuTLS, but for the alternative names, whose DER is written
 * here, because GnuTLS will not write bad ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <gnutls/abstract.h>
#include <gnutls/x509-ext.h>

#include "test/unit/authority.h"

/* RSA keys of a size that would take minutes to find primes for. */
static void
set_public(struct holder *h, const struct shape *shape)
{
	static uint8_t modulus[4096], exponent[512];
	gnutls_datum_t m = { modulus, shape->rsa_bits / 8 };
	gnutls_datum_t e = { exponent, 3 };
	gnutls_pubkey_t public;

	memset(modulus, 0xa5, sizeof(modulus));
	memcpy(exponent, "\1\0\1", 3);
	if (shape->exponent_bytes != 0) {
		memset(exponent, 0x5a, sizeof(exponent));
		e.size = (unsigned)shape->exponent_bytes;
		exponent[e.size - 1] = 1;
	}
	assert_int_equal(gnutls_pubkey_init(&public), 0);
	assert_int_equal(gnutls_pubkey_import_rsa_raw(public, &m, &e), 0);
	assert_int_equal(gnutls_x509_crt_set_pubkey(h->cert, public), 0);
	gnutls_pubkey_deinit(public);
}

static void
set_key(struct holder *h, const struct shape *shape)
{
	gnutls_pk_algorithm_t type = shape->rsa_bits == 0 ? GNUTLS_PK_ECDSA
				     : shape->pss	  ? GNUTLS_PK_RSA_PSS
							  : GNUTLS_PK_RSA;
	unsigned bits = shape->rsa_bits != 0
			    ? shape->rsa_bits
			    : GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);

	if (shape->only_public) {
		set_public(h, shape);
		return;
	}
	assert_int_equal(gnutls_x509_privkey_init(&h->key), 0);
	if (shape->key_of != NULL)
		assert_int_equal(
		    gnutls_x509_privkey_cpy(h->key, shape->key_of->key), 0);
	else
		assert_int_equal(
		    gnutls_x509_privkey_generate(h->key, type, bits, 0), 0);
	assert_int_equal(gnutls_x509_crt_set_key(h->cert, h->key), 0);
}

static void
set_subject(gnutls_x509_crt_t cert, const struct shape *shape)
{
	for (size_t i = 0; i < 6 && shape->subject[i].oid != NULL; i++)
		assert_int_equal(
		    gnutls_x509_crt_set_dn_by_oid(cert, shape->subject[i].oid,
			0, shape->subject[i].value,
			(unsigned)strlen(shape->subject[i].value)),
		    0);
}

static uint8_t
tag_of(unsigned type)
{
	switch (type) {
	case GNUTLS_SAN_RFC822NAME:
		return 0x81;
	case GNUTLS_SAN_DNSNAME:
		return 0x82;
	case GNUTLS_SAN_URI:
		return 0x86;
	default:
		return 0x87;
	}
}

static void
set_alt_names(gnutls_x509_crt_t cert, const struct shape *shape)
{
	uint8_t der[512] = { 0x30, 0x82 };
	size_t at = 4;

	for (size_t i = 0; i < 6 && shape->alt[i].value != NULL; i++) {
		size_t len = shape->alt[i].len != 0
				 ? shape->alt[i].len
				 : strlen(shape->alt[i].value);

		assert_true(len < 128 && at + 2 + len < sizeof(der));
		der[at++] = tag_of(shape->alt[i].type);
		der[at++] = (uint8_t)len;
		memcpy(der + at, shape->alt[i].value, len);
		at += len;
	}
	if (at == 4)
		return;
	if (at - 4 < 128) {
		/* DER has lengths below 128 in one byte. */
		memmove(der + 2, der + 4, at - 4);
		at -= 2;
		der[1] = (uint8_t)(at - 2);
	} else if (at - 4 < 256) {
		memmove(der + 3, der + 4, at - 4);
		at -= 1;
		der[1] = 0x81;
		der[2] = (uint8_t)(at - 3);
	} else {
		der[2] = (uint8_t)((at - 4) >> 8);
		der[3] = (uint8_t)(at - 4);
	}
	assert_int_equal(
	    gnutls_x509_crt_set_extension_by_oid(cert, "2.5.29.17", der, at,
		shape->subject[0].oid == NULL && !shape->quiet_names),
	    0);
}

static void
set_constraint(gnutls_x509_crt_t cert, const struct shape *shape)
{
	gnutls_x509_name_constraints_t nc;
	gnutls_datum_t name;

	if (shape->permitted == NULL)
		return;
	name.data = (unsigned char *)(uintptr_t)shape->permitted;
	name.size = (unsigned)strlen(shape->permitted);
	assert_int_equal(gnutls_x509_name_constraints_init(&nc), 0);
	assert_int_equal(gnutls_x509_name_constraints_add_permitted(
			     nc, GNUTLS_SAN_DNSNAME, &name),
	    0);
	assert_int_equal(gnutls_x509_crt_set_name_constraints(cert, nc, 1), 0);
	gnutls_x509_name_constraints_deinit(nc);
}

/* The subtrees of one kind; none of them is long. */
static size_t
put_subtrees(uint8_t *der, const struct shape *shape, bool excluded)
{
	size_t at = 2;

	for (size_t i = 0; i < 4 && shape->limits[i].value != NULL; i++) {
		size_t len = shape->limits[i].len != 0
				 ? shape->limits[i].len
				 : strlen(shape->limits[i].value);

		if (shape->limits[i].excluded != excluded)
			continue;
		assert_true(at + 4 + len < 110);
		der[at++] = 0x30;
		der[at++] = (uint8_t)(len + 2);
		der[at++] = shape->limits[i].tag;
		der[at++] = (uint8_t)len;
		memcpy(der + at, shape->limits[i].value, len);
		at += len;
	}
	der[0] = excluded ? 0xa1 : 0xa0;
	der[1] = (uint8_t)(at - 2);
	return at > 2 ? at : 0;
}

static void
set_limits(gnutls_x509_crt_t cert, const struct shape *shape)
{
	uint8_t der[256] = { 0x30 };
	size_t at = 2;

	if (shape->limits[0].value == NULL)
		return;
	at += put_subtrees(der + at, shape, false);
	at += put_subtrees(der + at, shape, true);
	assert_true(at < 130);
	der[1] = (uint8_t)(at - 2);
	assert_int_equal(
	    gnutls_x509_crt_set_extension_by_oid(cert, "2.5.29.30", der, at, 1),
	    0);
}

static void
set_raw(gnutls_x509_crt_t cert, const struct shape *shape)
{
	for (size_t i = 0; i < 4 && shape->raw[i].oid != NULL; i++)
		assert_int_equal(gnutls_x509_crt_set_extension_by_oid(cert,
				     shape->raw[i].oid, shape->raw[i].value,
				     shape->raw[i].len, shape->raw[i].critical),
		    0);
}

static void
set_extensions(gnutls_x509_crt_t cert, const struct shape *shape)
{
	set_alt_names(cert, shape);
	set_constraint(cert, shape);
	set_limits(cert, shape);
	set_raw(cert, shape);
	if (!shape->no_basic)
		assert_int_equal(gnutls_x509_crt_set_basic_constraints(
				     cert, shape->ca, shape->pathlen - 1),
		    0);
	if (shape->usage != 0)
		assert_int_equal(
		    gnutls_x509_crt_set_key_usage(cert, shape->usage), 0);
	for (size_t i = 0; i < 3 && shape->purposes[i] != NULL; i++)
		assert_int_equal(gnutls_x509_crt_set_key_purpose_oid(
				     cert, shape->purposes[i], 0),
		    0);
	if (shape->critical_unknown)
		assert_int_equal(gnutls_x509_crt_set_extension_by_oid(
				     cert, "1.2.3.4.5", "\5\0", 2, 1),
		    0);
}

/*
 * A certificate that GnuTLS has made lacks what it takes note of when it reads
 * one, such as the subject's bytes.
 */
static void
read_again(gnutls_x509_crt_t *cert)
{
	gnutls_datum_t der;

	assert_int_equal(
	    gnutls_x509_crt_export2(*cert, GNUTLS_X509_FMT_DER, &der), 0);
	gnutls_x509_crt_deinit(*cert);
	assert_int_equal(gnutls_x509_crt_init(cert), 0);
	assert_int_equal(
	    gnutls_x509_crt_import(*cert, &der, GNUTLS_X509_FMT_DER), 0);
	gnutls_free(der.data);
}

struct holder
holder_make(const struct shape *shape, const struct holder *issuer)
{
	static uint32_t serial = 0x01000000;
	struct holder h = { NULL, NULL };
	time_t now = time(NULL);
	bool now_good = shape->from == 0 && shape->until == 0;
	uint8_t number[4];

	serial++;
	number[0] = (uint8_t)(serial >> 24);
	number[1] = (uint8_t)(serial >> 16);
	number[2] = (uint8_t)(serial >> 8);
	number[3] = (uint8_t)serial;
	assert_int_equal(gnutls_x509_crt_init(&h.cert), 0);
	set_key(&h, shape);
	set_subject(h.cert, shape);
	assert_int_equal(
	    gnutls_x509_crt_set_version(h.cert, shape->first_version ? 1 : 3),
	    0);
	assert_int_equal(
	    gnutls_x509_crt_set_serial(h.cert,
		shape->serial != NULL ? (const void *)shape->serial : number,
		shape->serial != NULL ? shape->serial_len : sizeof(number)),
	    0);
	assert_int_equal(gnutls_x509_crt_set_activation_time(
			     h.cert, now + (now_good ? -HOUR : shape->from)),
	    0);
	assert_int_equal(gnutls_x509_crt_set_expiration_time(
			     h.cert, now + (now_good ? DAY : shape->until)),
	    0);
	set_extensions(h.cert, shape);
	assert_int_equal(
	    gnutls_x509_crt_sign2(h.cert,
		issuer != NULL ? issuer->cert : h.cert,
		issuer != NULL ? issuer->key : h.key,
		shape->digest != 0 ? shape->digest : GNUTLS_DIG_SHA256, 0),
	    0);
	read_again(&h.cert);
	return h;
}

void
holder_free(struct holder *h)
{
	if (h->cert != NULL)
		gnutls_x509_crt_deinit(h->cert);
	if (h->key != NULL)
		gnutls_x509_privkey_deinit(h->key);
	h->cert = NULL;
	h->key = NULL;
}

gnutls_datum_t
crl_make(const struct holder *issuer, const struct holder *const *revoked,
    size_t n, long from, long until, gnutls_x509_crt_fmt_t format)
{
	gnutls_datum_t out = { NULL, 0 };
	time_t now = time(NULL);
	gnutls_x509_crl_t crl;

	assert_int_equal(gnutls_x509_crl_init(&crl), 0);
	assert_int_equal(gnutls_x509_crl_set_version(crl, 2), 0);
	assert_int_equal(gnutls_x509_crl_set_this_update(crl, now + from), 0);
	assert_int_equal(gnutls_x509_crl_set_next_update(crl, now + until), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(
		    gnutls_x509_crl_set_crt(crl, revoked[i]->cert, now + from),
		    0);
	assert_int_equal(gnutls_x509_crl_sign2(crl, issuer->cert, issuer->key,
			     GNUTLS_DIG_SHA256, 0),
	    0);
	assert_int_equal(gnutls_x509_crl_export2(crl, format, &out), 0);
	gnutls_x509_crl_deinit(crl);
	return out;
}

gnutls_datum_t
pem_make(const struct holder *const *holders, size_t n)
{
	gnutls_datum_t one, all = { NULL, 0 };

	all.data = gnutls_calloc(n + 1, 16384);
	assert_non_null(all.data);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(gnutls_x509_crt_export2(holders[i]->cert,
				     GNUTLS_X509_FMT_PEM, &one),
		    0);
		assert_true(one.size < 16384);
		memcpy(all.data + all.size, one.data, one.size);
		all.size += one.size;
		gnutls_free(one.data);
	}
	return all;
}

struct blob
chain_make(
    const struct holder *const *holders, size_t n, uint8_t *buf, size_t size)
{
	struct wire_writer w = { .data = buf, .size = size };
	gnutls_datum_t der;

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(gnutls_x509_crt_export2(holders[i]->cert,
				     GNUTLS_X509_FMT_DER, &der),
		    0);
		wire_put_string(&w, der.data, der.size);
		gnutls_free(der.data);
	}
	assert_false(w.full);
	return (struct blob){ buf, w.len };
}
