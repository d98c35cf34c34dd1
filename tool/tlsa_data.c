/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tlsa_data: what the verifier compares with, from the other side.
 */
#include <errno.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

#include "daemon/verifier/bare.h"
#include "daemon/verifier/tlsa.h"
#include "tool/tlsa_data.h"

/* Full, or its digest. */
static int
match_data(const struct tlsa_kind *kind, const gnutls_datum_t *in,
    gnutls_datum_t *data)
{
	gnutls_digest_algorithm_t digest = GNUTLS_DIG_SHA256;
	unsigned len = in->size;

	if (kind->matching == TLSA_SHA512)
		digest = GNUTLS_DIG_SHA512;
	if (kind->matching != TLSA_FULL)
		len = gnutls_hash_get_len((gnutls_digest_algorithm_t)digest);
	if ((data->data = gnutls_malloc(len)) == NULL)
		return -1;
	data->size = len;
	if (kind->matching == TLSA_FULL) {
		memcpy(data->data, in->data, len);
	} else if (gnutls_hash_fast(digest, in->data, in->size, data->data) !=
		   0) {
		gnutls_free(data->data);
		return -1;
	}
	return 0;
}

static int
data_of(
    const struct tlsa_kind *kind, gnutls_x509_crt_t cert, gnutls_datum_t *data)
{
	gnutls_datum_t der, spki;
	int r;

	if (!bare_key(cert, &der, &spki))
		return -1;
	r = match_data(kind, kind->selector == TLSA_CERT ? &der : &spki, data);
	gnutls_free(der.data);
	return r;
}

int
tlsa_data_of_cert(const struct tlsa_kind *kind, const gnutls_datum_t *der,
    gnutls_datum_t *data)
{
	gnutls_x509_crt_t cert = NULL;
	int r = -1;

	if (gnutls_x509_crt_init(&cert) != 0)
		return -1;
	if (gnutls_x509_crt_import(cert, der, GNUTLS_X509_FMT_DER) == 0)
		r = data_of(kind, cert, data);
	gnutls_x509_crt_deinit(cert);
	return r;
}

/* A private key is asked for its public one, and forgotten. */
static int
import_key(gnutls_pubkey_t key, const gnutls_datum_t *pem)
{
	gnutls_privkey_t private = NULL;
	int r = -1;

	if (gnutls_pubkey_import(key, pem, GNUTLS_X509_FMT_PEM) == 0)
		return 0;
	if (gnutls_privkey_init(&private) != 0)
		return -1;
	if (gnutls_privkey_import_x509_raw(
		private, pem, GNUTLS_X509_FMT_PEM, NULL, 0) == 0 &&
	    gnutls_pubkey_import_privkey(key, private, 0, 0) == 0)
		r = 0;
	gnutls_privkey_deinit(private);
	return r;
}

static const char *
data_of_key(const struct tlsa_kind *kind, const gnutls_datum_t *pem,
    gnutls_datum_t *data)
{
	gnutls_datum_t spki = { NULL, 0 };
	gnutls_pubkey_t key = NULL;
	const char *why = "it has no certificate, and no key without password";

	if (gnutls_pubkey_init(&key) != 0)
		return "there is no memory";
	if (import_key(key, pem) == 0 &&
	    gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &spki) == 0) {
		why = NULL;
		if (kind->selector == TLSA_CERT)
			why = "it has a key only, and --selector 0 is of "
			      "certificates";
		else if (match_data(kind, &spki, data) != 0)
			why = "its key cannot be read";
	}
	gnutls_free(spki.data);
	gnutls_pubkey_deinit(key);
	return why;
}

const char *
tlsa_data_of_file(
    const struct tlsa_kind *kind, const char *path, gnutls_datum_t *data)
{
	gnutls_x509_crt_t cert = NULL;
	gnutls_datum_t pem = { NULL, 0 };
	const char *why = NULL;
	int r;

	errno = 0;
	if (gnutls_load_file(path, &pem) != 0)
		return errno != 0 ? strerror(errno) : "it cannot be read";
	if (gnutls_x509_crt_init(&cert) != 0) {
		why = "there is no memory";
		goto err;
	}
	r = gnutls_x509_crt_import(cert, &pem, GNUTLS_X509_FMT_PEM);
	if (r != 0)
		why = data_of_key(kind, &pem, data);
	else if (data_of(kind, cert, data) != 0)
		why = "its certificate cannot be read";
err:
	if (cert != NULL)
		gnutls_x509_crt_deinit(cert);
	gnutls_memset(pem.data, 0, pem.size);
	gnutls_free(pem.data);
	return why;
}
