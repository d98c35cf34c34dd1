/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * key: loads private keys from files, and names those in tokens.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/keeper/chain.h"
#include "daemon/keeper/key.h"
#include "daemon/keeper/token.h"

const char *
key_path(const char *reference)
{
	if (strncmp(reference, "file:/", 6) != 0)
		return NULL;
	/* file:///path is RFC 8089's longer way to say file:/path. */
	return strncmp(reference, "file:///", 8) == 0 ? reference + 7
						      : reference + 5;
}

void
key_free(struct key *k)
{
	if (k == NULL)
		return;
	signer_release(&k->signer);
	free(k);
}

/* What a private key says of its public half. */
static int
describe(struct key *k, gnutls_privkey_t private, struct trouble *t)
{
	gnutls_pubkey_t pub = NULL;
	size_t size = KEY_ID_SIZE;
	int pk, rv = -1;

	if (gnutls_pubkey_init(&pub) != 0 ||
	    gnutls_pubkey_import_privkey(pub, private, 0, 0) != 0 ||
	    gnutls_pubkey_get_key_id(
		pub, GNUTLS_KEYID_USE_SHA256, k->id, &size) != 0 ||
	    (pk = gnutls_privkey_get_pk_algorithm(private, &k->bits)) < 0) {
		trouble(t, EINVAL, "the private key cannot be understood");
		goto err;
	}
	k->pk = (gnutls_pk_algorithm_t)pk;
	k->bits = chain_key_bits(k->pk, k->bits);
	rv = chain_check_key(k->pk, k->bits, t);
err:
	gnutls_pubkey_deinit(pub);
	return rv;
}

/* Takes over a private key, also where it fails. */
static bool
signs_quickly(const struct key *k)
{
	switch (k->pk) {
	case GNUTLS_PK_EDDSA_ED25519:
		return true;
	case GNUTLS_PK_ECDSA:
		return k->bits <= 256;
	case GNUTLS_PK_RSA:
	case GNUTLS_PK_RSA_PSS:
		return k->bits <= signer_quick_rsa;
	default:
		return false;
	}
}

static struct key *
key_take(gnutls_privkey_t private, struct trouble *t)
{
	struct key *k;

	if ((k = calloc(1, sizeof(*k))) == NULL)
		trouble(t, ENOMEM, "out of memory");
	if (k == NULL || describe(k, private, t) != 0) {
		gnutls_privkey_deinit(private);
	} else if (signer_memory(&k->signer, private, t) == 0) {
		k->quick = signs_quickly(k);
		return k;
	}
	free(k);
	return NULL;
}

static bool
contains(const uint8_t *data, size_t len, const char *what)
{
	return memmem(data, len, what, strlen(what)) != NULL;
}

struct key *
key_parse(const uint8_t *data, size_t len, struct trouble *t)
{
	/* Only read from. */
	gnutls_datum_t d = { (uint8_t *)(uintptr_t)data, (unsigned)len };
	bool pem = contains(data, len, "-----BEGIN ");
	gnutls_privkey_t private = NULL;
	int r;

	if (contains(data, len, "BEGIN ENCRYPTED PRIVATE KEY") ||
	    contains(data, len, "Proc-Type: 4,ENCRYPTED")) {
		trouble(t, EINVAL,
		    "the private key is encrypted: decrypt it first, for "
		    "nobody is there to type its password");
		return NULL;
	}
	if (pem && !contains(data, len, "PRIVATE KEY-----")) {
		trouble(t, EINVAL, "there is no private key in the file");
		return NULL;
	}
	if ((r = gnutls_privkey_init(&private)) == 0)
		r = gnutls_privkey_import_x509_raw(private, &d,
		    pem ? GNUTLS_X509_FMT_PEM : GNUTLS_X509_FMT_DER, NULL, 0);
	if (r != 0) {
		trouble(t, EINVAL, "the private key is garbled: %s",
		    gnutls_strerror(r));
		gnutls_privkey_deinit(private);
		return NULL;
	}
	return key_take(private, t);
}

static struct key *
key_of_token(const char *uri, const struct chain *chain, struct trouble *t)
{
	struct key *k;

	if ((k = calloc(1, sizeof(*k))) == NULL) {
		trouble(t, ENOMEM, "out of memory");
		return NULL;
	}
	if (signer_token(&k->signer, uri, chain, t) != 0) {
		free(k);
		return NULL;
	}
	k->pk = chain->pk;
	k->bits = chain->bits;
	k->slow = true;
	memcpy(k->id, chain->id, KEY_ID_SIZE);
	return k;
}

struct key *
key_load(const char *reference, const struct chain *chain, struct trouble *t)
{
	const char *path = key_path(reference);
	struct key *k = NULL;
	struct file f;

	if (token_named(reference))
		return key_of_token(reference, chain, t);
	if (path == NULL) {
		trouble(t, EOPNOTSUPP,
		    "a key is given as file:/absolute/path or pkcs11:URI");
		return NULL;
	}
	if (file_load(path, "the private key", &f, t) != 0)
		return NULL;
	if ((k = key_parse(f.data, f.len, t)) != NULL)
		k->stamp = f.stamp;
	file_free(&f);
	return k;
}
