/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tlsa: what stands in DNS is the word of whoever owns the name, and of nobody
 * else; a record that is not understood is passed over, and never an error.
 */
#include <stdio.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

#include "daemon/verifier/bare.h"
#include "daemon/verifier/tlsa.h"

enum {
	TLSA_HEAD = 3, /* octets before the data */
	SHA256_SIZE = 32,
	SHA512_SIZE = 64,
	SHOWN = 8, /* octets of the data, to people */
	/*
	 * A key, which nobody has shown yet to be one: checking a signature
	 * with it must not take seconds.  RSA of 8192 bits fits.
	 */
	KEY_MAX = 1100,
	RSA_EXPONENT_MAX = 5, /* with a leading zero */
	CERT_MAX = 16 * 1024,
};

static bool
is_key(const uint8_t *der, size_t len)
{
	gnutls_datum_t data = { .size = (unsigned)len };
	gnutls_datum_t modulus = { NULL, 0 }, exponent = { NULL, 0 };
	gnutls_pubkey_t key = NULL;
	bool good;

	if (len > KEY_MAX || gnutls_pubkey_init(&key) != 0)
		return false;
	data.data = (unsigned char *)(uintptr_t)der;
	good = gnutls_pubkey_import(key, &data, GNUTLS_X509_FMT_DER) == 0;
	if (good && gnutls_pubkey_export_rsa_raw(key, &modulus, &exponent) == 0)
		good = exponent.size <= RSA_EXPONENT_MAX;
	gnutls_free(modulus.data);
	gnutls_free(exponent.data);
	gnutls_pubkey_deinit(key);
	return good;
}

static bool
is_cert(const uint8_t *data, size_t len)
{
	gnutls_datum_t in = { .size = (unsigned)len }, der, spki;
	gnutls_x509_crt_t cert = NULL;
	bool good = false;

	if (len > CERT_MAX || gnutls_x509_crt_init(&cert) != 0)
		return false;
	in.data = (unsigned char *)(uintptr_t)data;
	if (gnutls_x509_crt_import(cert, &in, GNUTLS_X509_FMT_DER) == 0 &&
	    bare_key(cert, &der, &spki)) {
		good = is_key(spki.data, spki.size);
		gnutls_free(der.data);
	}
	gnutls_x509_crt_deinit(cert);
	return good;
}

/* RFC 7671, section 4.1 and following: what makes a record unusable. */
static const char *
find_fault(const struct tlsa *t)
{
	if (t->usage > TLSA_DANE_EE)
		return "its usage is unknown";
	if (t->selector > TLSA_SPKI)
		return "its selector is unknown";
	switch (t->matching) {
	case TLSA_FULL:
		if (t->selector == TLSA_CERT && !is_cert(t->data, t->len))
			return "its data is no certificate that is used here";
		if (t->selector == TLSA_SPKI && !is_key(t->data, t->len))
			return "its data is no public key that is used here";
		return NULL;
	case TLSA_SHA256:
		return t->len == SHA256_SIZE ? NULL : "it is no SHA-256";
	case TLSA_SHA512:
		return t->len == SHA512_SIZE ? NULL : "it is no SHA-512";
	default:
		return "its matching type is unknown";
	}
}

void
tlsa_parse(struct tlsa *t, const uint8_t *rdata, size_t len)
{
	*t = (struct tlsa){ .unusable = "it is cut short" };
	if (len > 0)
		t->usage = rdata[0];
	if (len > 1)
		t->selector = rdata[1];
	if (len > 2)
		t->matching = rdata[2];
	if (len <= TLSA_HEAD)
		return;
	t->data = rdata + TLSA_HEAD;
	t->len = len - TLSA_HEAD;
	t->unusable = find_fault(t);
}

size_t
tlsa_choose(struct tlsa *records, size_t n)
{
	/* Of those that are usable: a record that is broken, or of a digest
	 * that is not known here, must not drive out one that is good. */
	uint8_t strongest[TLSA_DANE_EE + 1][TLSA_SPKI + 1] = { 0 };
	size_t usable = 0;

	for (size_t i = 0; i < n; i++) {
		const struct tlsa *t = &records[i];

		if (t->unusable == NULL &&
		    t->matching > strongest[t->usage][t->selector])
			strongest[t->usage][t->selector] = t->matching;
	}
	for (size_t i = 0; i < n; i++) {
		struct tlsa *t = &records[i];

		if (t->unusable != NULL)
			continue;
		if (t->matching != TLSA_FULL &&
		    t->matching < strongest[t->usage][t->selector])
			t->unusable = "there is one with a stronger digest";
		else
			usable++;
	}
	return usable;
}

static bool
matches(const struct tlsa *t, const gnutls_datum_t *data)
{
	uint8_t digest[SHA512_SIZE];

	switch (t->matching) {
	case TLSA_FULL:
		return data->size == t->len &&
		       memcmp(data->data, t->data, t->len) == 0;
	case TLSA_SHA256:
		return gnutls_hash_fast(GNUTLS_DIG_SHA256, data->data,
			   data->size, digest) == 0 &&
		       memcmp(digest, t->data, SHA256_SIZE) == 0;
	case TLSA_SHA512:
		return gnutls_hash_fast(GNUTLS_DIG_SHA512, data->data,
			   data->size, digest) == 0 &&
		       memcmp(digest, t->data, SHA512_SIZE) == 0;
	default:
		return false;
	}
}

bool
tlsa_matches_cert(const struct tlsa *t, gnutls_x509_crt_t cert)
{
	gnutls_datum_t der, spki;
	bool found;

	if (t->unusable != NULL || !bare_key(cert, &der, &spki))
		return false;
	found = matches(t, t->selector == TLSA_CERT ? &der : &spki);
	gnutls_free(der.data);
	return found;
}

bool
tlsa_matches_key(const struct tlsa *t, const gnutls_datum_t *spki)
{
	return t->unusable == NULL && t->selector == TLSA_SPKI &&
	       matches(t, spki);
}

const char *
tlsa_text(const struct tlsa *t, char text[TLSA_TEXT])
{
	int len = snprintf(
	    text, TLSA_TEXT, "%u %u %u ", t->usage, t->selector, t->matching);

	for (size_t i = 0; i < t->len && i < SHOWN; i++)
		len += snprintf(
		    text + len, TLSA_TEXT - (size_t)len, "%02x", t->data[i]);
	if (t->len > SHOWN)
		snprintf(text + len, TLSA_TEXT - (size_t)len, "...");
	return text;
}
