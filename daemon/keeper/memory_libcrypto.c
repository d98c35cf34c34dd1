/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * memory_libcrypto: keys in memory: those of RSA and P-256 are libcrypto's, which
 * makes five and two times as many signatures with them as GnuTLS; with other
 * curves it is GnuTLS that is faster.  The secure heap is locked, between guard
 * pages, kept out of dumps, and wiped when a key is freed.
 *
 * An RSA signature by the Chinese remainder theorem that a fault has spoilt
 * would give the key away; libcrypto verifies each before it lets it out
 * (rsa_ossl_mod_exp() of its crypto/rsa/rsa_ossl.c), and GnuTLS does as well.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include <gnutls/x509.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "daemon/keeper/signer.h"

enum {
	/* Address space of the secure heap: an RSA key takes between one and
	 * four KiB of it.  Unused, it takes 256 KiB, to know what is free. */
	HEAP = 16 * 1024 * 1024,
	HEAP_SMALL = 4 * 1024 * 1024, /* within the usual limit of users */
	HEAP_LEAST = 32,	      /* bytes of an allocation */
};

/*
 * Which keys are libcrypto's, and what decodes them.  To make a decoder takes
 * ten times as long as to use it.
 */
static struct kind {
	gnutls_pk_algorithm_t pk;
	unsigned bits; /* 0: any */
	const char *name;
	OSSL_DECODER_CTX *decoder;
} kinds[] = {
	{ GNUTLS_PK_RSA, 0, "RSA" },
	{ GNUTLS_PK_RSA_PSS, 0, "RSA-PSS" },
	{ GNUTLS_PK_ECDSA, 256, "EC" },
};

enum { NKINDS = sizeof(kinds) / sizeof(kinds[0]) };

static EVP_PKEY *decoded; /* where decoders put a key */

static size_t
heap_size(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_MEMLOCK, &limit) == 0 &&
		       limit.rlim_cur >= 2 * (rlim_t)HEAP
		   ? HEAP
		   : HEAP_SMALL;
}

const unsigned signer_quick_rsa = 2048;

int
signer_begin(void)
{
	uint8_t byte;

	/* Neither openssl.cnf nor what it names; and all that is opened on
	 * first use is opened here. */
	if (OPENSSL_init_crypto(
		OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_ADD_ALL_DIGESTS,
		NULL) != 1)
		return -1;
	if (!CRYPTO_secure_malloc_initialized() &&
	    CRYPTO_secure_malloc_init(heap_size(), HEAP_LEAST) == 0)
		return -1;
	for (size_t i = 0; i < NKINDS; i++) {
		if (kinds[i].decoder == NULL)
			kinds[i].decoder = OSSL_DECODER_CTX_new_for_pkey(
			    &decoded, "DER", "PrivateKeyInfo", kinds[i].name,
			    EVP_PKEY_KEYPAIR, NULL, NULL);
		if (kinds[i].decoder == NULL)
			return -1;
	}
	return RAND_bytes(&byte, 1) == 1 ? 0 : -1;
}

/* The last error of libcrypto in this thread as trouble. */
static int
failed(struct trouble *t, int error, const char *what)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	trouble(t, error, "%s: %s", what, why != NULL ? why : "libcrypto");
	ERR_clear_error();
	return -1;
}

static const EVP_MD *
hash_of(const struct algorithm *a)
{
	switch (a->digest) {
	case 32:
		return EVP_sha256();
	case 48:
		return EVP_sha384();
	default:
		return EVP_sha512();
	}
}

static int
set_padding(EVP_PKEY_CTX *ctx, const struct algorithm *a)
{
	if (a->scheme == SCHEME_ECDSA)
		return 0;
	if (EVP_PKEY_CTX_set_rsa_padding(ctx, a->scheme == SCHEME_PSS
						  ? RSA_PKCS1_PSS_PADDING
						  : RSA_PKCS1_PADDING) <= 0 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, hash_of(a)) <= 0)
		return -1;
	if (a->scheme != SCHEME_PSS)
		return 0;
	return EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, hash_of(a)) > 0 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(
			   ctx, RSA_PSS_SALTLEN_DIGEST) > 0
		   ? 0
		   : -1;
}

static int
sign(void *key, const struct algorithm *a, struct blob digest,
    struct signature *out, struct trouble *t)
{
	EVP_PKEY_CTX *ctx;
	int rv = -1;

	out->len = sizeof(out->data);
	if ((ctx = EVP_PKEY_CTX_new(key, NULL)) != NULL &&
	    EVP_PKEY_sign_init(ctx) > 0 && set_padding(ctx, a) == 0 &&
	    EVP_PKEY_sign(ctx, out->data, &out->len, digest.data, digest.len) >
		0)
		rv = 0;
	EVP_PKEY_CTX_free(ctx);
	return rv == 0 ? 0 : failed(t, EIO, "the key cannot sign");
}

static void
release(void *key)
{
	EVP_PKEY_free(key);
}

/* NULL: a key that stays with GnuTLS. */
static const struct kind *
kind_of(gnutls_privkey_t private)
{
	unsigned bits = 0;
	int pk = gnutls_privkey_get_pk_algorithm(private, &bits);

	for (size_t i = 0; i < NKINDS; i++)
		if (pk == (int)kinds[i].pk &&
		    (kinds[i].bits == 0 || kinds[i].bits == bits))
			return &kinds[i];
	return NULL;
}

/* PKCS #8 in DER, to be wiped. */
static int export(gnutls_privkey_t private, gnutls_datum_t *der)
{
	gnutls_x509_privkey_t x509 = NULL;
	int r;

	if ((r = gnutls_privkey_export_x509(private, &x509)) == 0) {
		r = gnutls_x509_privkey_export2_pkcs8(
		    x509, GNUTLS_X509_FMT_DER, NULL, GNUTLS_PKCS_PLAIN, der);
		gnutls_x509_privkey_deinit(x509);
	}
	return r;
}

static EVP_PKEY *
decode(const struct kind *kind, const gnutls_datum_t *der)
{
	const uint8_t *at = der->data;
	size_t left = der->size;
	EVP_PKEY *key;

	if (OSSL_DECODER_from_data(kind->decoder, &at, &left) != 1) {
		EVP_PKEY_free(decoded);
		decoded = NULL;
	}
	key = decoded;
	decoded = NULL;
	return key;
}

int
signer_memory(
    struct signer *signer, gnutls_privkey_t private, struct trouble *t)
{
	const struct kind *kind = kind_of(private);
	gnutls_datum_t der = { NULL, 0 };
	EVP_PKEY *key = NULL;
	int r;

	if (kind == NULL) {
		signer_gnutls(signer, private);
		return 0;
	}
	if ((r = export(private, &der)) != 0)
		trouble(t, EINVAL, "the private key cannot be understood: %s",
		    gnutls_strerror(r));
	else if ((key = decode(kind, &der)) == NULL)
		failed(t, EINVAL, "the private key cannot be understood");
	else
		*signer = (struct signer){ sign, release, key };
	if (der.data != NULL)
		explicit_bzero(der.data, der.size);
	gnutls_free(der.data);
	gnutls_privkey_deinit(private);
	return key == NULL ? -1 : 0;
}
