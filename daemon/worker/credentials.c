/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * credentials: certificates with the names of the keys that the keeper has.
 */
#include <stdlib.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

#include "daemon/ipc/app.h"
#include "daemon/ipc/credential.h"
#include "daemon/ipc/hash.h"
#include "daemon/worker/credentials.h"
#include "daemon/worker/session.h"
#include "daemon/worker/staples.h"

enum {
	MAX_CREDENTIALS = 8, /* of one identity */
	MAX_CHAIN = 16,	     /* certificates */
	MAX_CACHED = 1024,
};

struct credential {
	uint8_t key[KEY_ID_SIZE];
	gnutls_pk_algorithm_t pk;
	unsigned bits;
	gnutls_pcert_st chain[MAX_CHAIN];
	unsigned nchain;
	gnutls_privkey_t privkey; /* a reference to the keeper's */
	struct staple *staple;	  /* NULL: nobody is to be asked */
	/* The key of the leaf alone, for peers that would rather have that
	 * (RFC 7250); GnuTLS wants a reference for each. */
	gnutls_pcert_st raw;
	gnutls_privkey_t raw_privkey;
};

struct credentials {
	UT_hash_handle hh;
	uint8_t digest
	    [CREDENTIALS_DIGEST_SIZE]; /* of the answer that it was made from */
	unsigned refs;		       /* sessions, and the cache */
	gnutls_certificate_credentials_t server, client;
	unsigned ncredentials;
	struct credential *credential[MAX_CREDENTIALS];
};

/* In the order of their last use, the oldest first. */
static struct credentials *cache;

static int
sign_data(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm,
    void *userdata, unsigned flags, const gnutls_datum_t *data,
    gnutls_datum_t *signature)
{
	const struct credential *c = userdata;

	(void)key;
	(void)flags;
	return credentials_sign(
	    (struct blob){ c->key, KEY_ID_SIZE }, algorithm, data, signature);
}

/*
 * For RSA with PKCS #1 padding GnuTLS hands over a DigestInfo to be signed
 * raw.  The keeper signs with named algorithms only: so it is taken apart,
 * and the algorithm named.
 */
static int
sign_hash(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm,
    void *userdata, unsigned flags, const gnutls_datum_t *hash,
    gnutls_datum_t *signature)
{
	unsigned char digest[64];
	unsigned len = sizeof(digest);
	gnutls_digest_algorithm_t md;
	gnutls_datum_t plain = { digest, 0 };

	if (algorithm != GNUTLS_SIGN_RSA_RAW)
		return sign_data(
		    key, algorithm, userdata, flags, hash, signature);
	if (gnutls_decode_ber_digest_info(hash, &md, digest, &len) != 0)
		return GNUTLS_E_PK_SIGN_FAILED;
	plain.size = len;
	return sign_data(key, gnutls_pk_to_sign(GNUTLS_PK_RSA, md), userdata,
	    flags, &plain, signature);
}

static bool
can_sign(const struct credential *c, gnutls_sign_algorithm_t algorithm)
{
	return gnutls_sign_supports_pk_algorithm(algorithm, c->pk) != 0 &&
	       gnutls_sign_get_hash_algorithm(algorithm) != GNUTLS_DIG_MD5 &&
	       gnutls_sign_get_hash_algorithm(algorithm) != GNUTLS_DIG_SHA1;
}

static int
key_info(gnutls_privkey_t key, unsigned flags, void *userdata)
{
	const struct credential *c = userdata;

	(void)key;
	if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO)
		return (int)c->pk;
	if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS)
		return (int)c->bits;
	if (flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO)
		return can_sign(c, GNUTLS_FLAGS_TO_SIGN_ALGO(flags));
	return -1;
}

/* Would the server take a signature of this key? */
static bool
is_wanted(gnutls_session_t tls, const struct credential *c)
{
	gnutls_sign_algorithm_t algorithm;

	for (size_t i = 0;
	     gnutls_sign_algorithm_get_requested(tls, i, &algorithm) == 0; i++)
		if (can_sign(c, algorithm))
			return true;
	return false;
}

/* A client shows what it was told to show, whatever issuers the server
 * names: its trust may be in something else than an issuer. */
static int
retrieve(gnutls_session_t tls, const struct gnutls_cert_retr_st *info,
    gnutls_pcert_st **pcert, unsigned *pcert_length, gnutls_ocsp_data_st **ocsp,
    unsigned *ocsp_length, gnutls_privkey_t *privkey, unsigned *flags)
{
	const struct session *s = gnutls_session_get_ptr(tls);
	const struct credentials *all = s->credentials;
	bool raw = gnutls_certificate_type_get2(tls, GNUTLS_CTYPE_OURS) ==
		   GNUTLS_CRT_RAWPK;

	(void)info;
	*pcert_length = *ocsp_length = *flags = 0;
	*ocsp = NULL;
	for (unsigned i = 0; all != NULL && i < all->ncredentials; i++) {
		struct credential *c = all->credential[i];

		if (!is_wanted(tls, c))
			continue;
		*pcert = raw ? &c->raw : c->chain;
		*pcert_length = raw ? 1 : c->nchain;
		*privkey = raw ? c->raw_privkey : c->privkey;
		break;
	}
	return 0;
}

static void
raw_free(struct credential *c)
{
	gnutls_pcert_deinit(&c->raw);
	if (c->raw_privkey != NULL)
		gnutls_privkey_deinit(c->raw_privkey);
}

static void
credential_free(struct credential *c)
{
	for (unsigned i = 0; i < c->nchain; i++)
		gnutls_pcert_deinit(&c->chain[i]);
	if (c->privkey != NULL)
		gnutls_privkey_deinit(c->privkey);
	raw_free(c);
	free(c);
}

static int
import_chain(struct credential *c, struct blob list)
{
	struct blob der;

	while (wire_list_next(&list, &der) == 1) {
		gnutls_datum_t d = { (unsigned char *)(uintptr_t)der.data,
			(unsigned)der.len };

		if (c->nchain == MAX_CHAIN ||
		    gnutls_pcert_import_x509_raw(
			&c->chain[c->nchain], &d, GNUTLS_X509_FMT_DER, 0) != 0)
			return -1;
		c->nchain++;
	}
	return c->nchain > 0 ? 0 : -1;
}

static int
refer_to_key(struct credential *c, gnutls_privkey_t *key)
{
	int r = gnutls_privkey_init(key);

	return r != 0 ? r
		      : gnutls_privkey_import_ext4(*key, c, sign_data,
			    sign_hash, NULL, NULL, key_info, 0);
}

static int
make_raw(struct credential *c)
{
	gnutls_datum_t spki = { NULL, 0 };
	int r = gnutls_pubkey_export2(
	    c->chain[0].pubkey, GNUTLS_X509_FMT_DER, &spki);

	if (r == 0)
		r = gnutls_pcert_import_rawpk_raw(
		    &c->raw, &spki, GNUTLS_X509_FMT_DER, 0, 0);
	gnutls_free(spki.data);
	return r != 0 ? r : refer_to_key(c, &c->raw_privkey);
}

static struct credential *
credential_new(struct blob row)
{
	struct credential_row r;
	struct credential *c = NULL;
	uint8_t *copy = malloc(row.len + 1); /* decoding writes behind it */

	if (copy == NULL)
		return NULL;
	memcpy(copy, row.data, row.len);
	if (message_decode(&credential_row_schema, copy, row.len, &r) != 0 ||
	    r.key.len != KEY_ID_SIZE || (c = calloc(1, sizeof(*c))) == NULL)
		goto err;
	memcpy(c->key, r.key.data, KEY_ID_SIZE);
	c->pk = (gnutls_pk_algorithm_t)r.pk;
	c->bits = r.bits;
	if (import_chain(c, r.chain) != 0 ||
	    refer_to_key(c, &c->privkey) != 0 || make_raw(c) != 0)
		goto err;
	free(copy);
	return c;
err:
	if (c != NULL)
		credential_free(c);
	free(copy);
	return NULL;
}

static void
credentials_free(struct credentials *all)
{
	if (all->client != NULL)
		gnutls_certificate_free_credentials(all->client);
	if (all->server != NULL)
		gnutls_certificate_free_credentials(all->server);
	/* What server took over is freed with it. */
	for (unsigned i = 0; i < all->ncredentials; i++) {
		staple_unref(all->credential[i]->staple);
		free(all->credential[i]);
	}
	free(all);
}

/* In every handshake of a server whose client asks for it: so what is newer
 * is used from the next one on. */
static int
answer_of_ocsp(gnutls_session_t tls, void *arg, gnutls_datum_t *answer)
{
	const struct credential *c = arg;

	(void)tls;
	return staple_copy(c->staple, answer);
}

static int
add(struct credentials *all, struct blob row)
{
	struct credential *c = credential_new(row);
	int at; /* the number of the chain, because of the flag of V2 */

	if (c == NULL)
		return -1;
	if (all->ncredentials == MAX_CREDENTIALS ||
	    (at = gnutls_certificate_set_key(all->server, NULL, 0, c->chain,
		 (int)c->nchain, c->privkey)) < 0) {
		credential_free(c);
		return -1;
	}
	(void)gnutls_certificate_set_ocsp_status_request_function2(
	    all->server, (unsigned)at, answer_of_ocsp, c);
	all->credential[all->ncredentials++] = c;
	if (gnutls_certificate_set_key(
		all->server, NULL, 0, &c->raw, 1, c->raw_privkey) < 0) {
		raw_free(c);
		return -1;
	}
	return 0;
}

static struct credentials *
credentials_new(struct blob list)
{
	struct credentials *all = calloc(1, sizeof(*all));
	struct blob row;

	if (all == NULL)
		return NULL;
	if (gnutls_certificate_allocate_credentials(&all->server) != 0 ||
	    gnutls_certificate_allocate_credentials(&all->client) != 0)
		goto err;
	/* The keeper has compared key and certificate. */
	gnutls_certificate_set_flags(all->server,
	    GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH | GNUTLS_CERTIFICATE_API_V2);
	gnutls_certificate_set_retrieve_function3(all->client, retrieve);
	while (wire_list_next(&list, &row) == 1)
		if (add(all, row) != 0)
			goto err;
	if (all->ncredentials > 0)
		return all;
err:
	credentials_free(all);
	return NULL;
}

static void
drop(struct credentials *all)
{
	HASH_DEL(cache, all);
	credentials_unref(all);
}

struct credentials *
credentials_get(struct blob list)
{
	struct credentials *all;
	uint8_t digest[CREDENTIALS_DIGEST_SIZE];

	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, list.data, list.len, digest) !=
	    0)
		return NULL;
	HASH_FIND(hh, cache, digest, CREDENTIALS_DIGEST_SIZE, all);
	if (all != NULL) {
		HASH_DEL(cache, all);
	} else {
		if ((all = credentials_new(list)) == NULL)
			return NULL;
		memcpy(all->digest, digest, CREDENTIALS_DIGEST_SIZE);
		all->refs = 1;
		if (HASH_COUNT(cache) >= MAX_CACHED)
			drop(cache);
	}
	HASH_ADD(hh, cache, digest, CREDENTIALS_DIGEST_SIZE, all);
	all->refs++;
	return all;
}

void
credentials_vouched(struct credentials *all, struct blob voucher)
{
	for (unsigned i = 0; i < all->ncredentials; i++) {
		struct credential *c = all->credential[i];

		if (c->staple == NULL && c->nchain > 0)
			c->staple = staple_get(c->chain, c->nchain);
		if (c->staple != NULL)
			staple_ask(c->staple, voucher, c->chain, c->nchain);
	}
}

struct credentials *
credentials_hold(struct credentials *all)
{
	all->refs++;
	return all;
}

void
credentials_unref(struct credentials *all)
{
	if (all != NULL && --all->refs == 0)
		credentials_free(all);
}

gnutls_certificate_credentials_t
credentials_for(struct credentials *all, unsigned role)
{
	return role == APP_ROLE_SERVER ? all->server : all->client;
}

const uint8_t *
credentials_digest(const struct credentials *all)
{
	return all != NULL ? all->digest : NULL;
}

void
credentials_forget(void)
{
	struct credentials *all, *next;

	HASH_ITER(hh, cache, all, next)
	{
		drop(all);
	}
}
