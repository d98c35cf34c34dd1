/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * strength: which keys and signatures of certificates are used at all.
 */
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

#include "daemon/verifier/strength.h"

enum {
	/*
	 * RSA keys of a peer that is not known yet: checking a signature with
	 * a key of the peer's making must not take seconds.
	 */
	RSA_MAX_MODULUS = 8192 / 8, /* bytes */
	RSA_MAX_EXPONENT = 4,	    /* bytes */
	HASH_MIN = 224 / 8,	    /* bytes, twice the strength */
};

/* The bytes of a number without leading zeros. */
static size_t
magnitude(const gnutls_datum_t *number)
{
	size_t zeros = 0;

	while (zeros < number->size && number->data[zeros] == 0)
		zeros++;
	return number->size - zeros;
}

/* Is this an RSA key whose signatures can be checked in a moment? */
static bool
is_rsa_usable(gnutls_x509_crt_t cert)
{
	gnutls_datum_t modulus = { NULL, 0 }, exponent = { NULL, 0 };
	gnutls_pubkey_t key = NULL;
	bool usable = false;

	if (gnutls_pubkey_init(&key) != 0)
		return false;
	if (gnutls_pubkey_import_x509(key, cert, 0) == 0 &&
	    gnutls_pubkey_export_rsa_raw(key, &modulus, &exponent) == 0)
		usable = magnitude(&modulus) <= RSA_MAX_MODULUS &&
			 magnitude(&exponent) <= RSA_MAX_EXPONENT;
	gnutls_free(modulus.data);
	gnutls_free(exponent.data);
	gnutls_pubkey_deinit(key);
	return usable;
}

bool
strength_key_usable(gnutls_x509_crt_t cert)
{
	switch (gnutls_x509_crt_get_pk_algorithm(cert, NULL)) {
	case GNUTLS_PK_ECDSA:
	case GNUTLS_PK_EDDSA_ED25519:
	case GNUTLS_PK_EDDSA_ED448:
		return true;
	case GNUTLS_PK_RSA:
	case GNUTLS_PK_RSA_PSS:
		return is_rsa_usable(cert);
	default:
		return false;
	}
}

bool
strength_key(gnutls_x509_crt_t cert)
{
	unsigned bits = 0;
	int algorithm = gnutls_x509_crt_get_pk_algorithm(cert, &bits);

	if (algorithm < 0)
		return false;
	if (algorithm == GNUTLS_PK_EDDSA_ED25519 ||
	    algorithm == GNUTLS_PK_EDDSA_ED448)
		return true;
	return gnutls_pk_bits_to_sec_param((gnutls_pk_algorithm_t)algorithm,
		   bits) >= GNUTLS_SEC_PARAM_MEDIUM;
}

bool
strength_signature(gnutls_x509_crt_t cert)
{
	int algorithm = gnutls_x509_crt_get_signature_algorithm(cert);
	gnutls_sign_algorithm_t sign;

	if (algorithm <= 0)
		return false;
	sign = (gnutls_sign_algorithm_t)algorithm;
	if (sign == GNUTLS_SIGN_EDDSA_ED25519 ||
	    sign == GNUTLS_SIGN_EDDSA_ED448)
		return true;
	return gnutls_sign_is_secure2(
		   sign, GNUTLS_SIGN_FLAG_SECURE_FOR_CERTS) != 0 &&
	       gnutls_hash_get_len(
		   (gnutls_digest_algorithm_t)gnutls_sign_get_hash_algorithm(
		       sign)) >= HASH_MIN;
}
