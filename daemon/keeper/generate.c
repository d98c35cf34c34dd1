/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * generate: new keys, and what is to be certified about them.
 */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

#include "daemon/keeper/generate.h"

enum {
	RSA_DEFAULT = 3072,
	RSA_LEAST = 2048,
	RSA_MOST = 8192,
	SERIAL_BYTES = 16,    /* RFC 5280 section 4.1.2.2: at most 20 */
	COMMON_NAME_MAX = 64, /* RFC 5280 appendix A: ub-common-name */
	CLOCK_SKEW = 3600,    /* seconds that the peer's clock may be slow */
	DAY = 24 * 3600,
};

int
generate_check(const char *type, uint32_t bits, struct trouble *t)
{
	if (type == NULL || strcmp(type, "ecdsa") == 0) {
		if (bits != 0 && bits != 256)
			return trouble(t, EINVAL,
			    "keys of type ecdsa are made for P-256 only");
		return 0;
	}
	if (strcmp(type, "ed25519") == 0) {
		if (bits != 0)
			return trouble(t, EINVAL,
			    "keys of type ed25519 have one size only");
		return 0;
	}
	if (strcmp(type, "rsa") != 0)
		return trouble(t, EINVAL,
		    "\"%s\" is none of ecdsa, ed25519 and rsa", type);
	if (bits != 0 && (bits < RSA_LEAST || bits > RSA_MOST))
		return trouble(t, EINVAL,
		    "an RSA key has %d to %d bits, not %u", RSA_LEAST, RSA_MOST,
		    bits);
	return 0;
}

gnutls_x509_privkey_t
generate_key(const char *type, uint32_t bits, struct trouble *t)
{
	gnutls_pk_algorithm_t pk = GNUTLS_PK_ECDSA;
	gnutls_x509_privkey_t key = NULL;
	int r;

	if (type != NULL && strcmp(type, "ed25519") == 0) {
		pk = GNUTLS_PK_EDDSA_ED25519;
		bits = 256;
	} else if (type != NULL && strcmp(type, "rsa") == 0) {
		pk = GNUTLS_PK_RSA;
		bits = bits == 0 ? RSA_DEFAULT : bits;
	} else {
		bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
	}
	if ((r = gnutls_x509_privkey_init(&key)) == 0)
		r = gnutls_x509_privkey_generate(key, pk, bits, 0);
	if (r == 0)
		return key;
	trouble(t, EIO, "the key cannot be made: %s", gnutls_strerror(r));
	if (key != NULL)
		gnutls_x509_privkey_deinit(key);
	return NULL;
}

int
generate_pem(gnutls_x509_privkey_t key, gnutls_datum_t *pem, struct trouble *t)
{
	int r = gnutls_x509_privkey_export2_pkcs8(
	    key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, pem);

	if (r != 0)
		return trouble(t, EIO, "the key cannot be written: %s",
		    gnutls_strerror(r));
	return 0;
}

static gnutls_x509_subject_alt_name_t
kind_of(const char *name)
{
	return strchr(name, '@') != NULL ? GNUTLS_SAN_RFC822NAME
					 : GNUTLS_SAN_DNSNAME;
}

/* The digest that goes with the key: Ed25519 has one of its own. */
static int
digest_for(gnutls_x509_privkey_t key, gnutls_digest_algorithm_t *digest)
{
	gnutls_privkey_t private = NULL;
	gnutls_pubkey_t pub = NULL;
	int r;

	if ((r = gnutls_privkey_init(&private)) == 0 &&
	    (r = gnutls_privkey_import_x509(private, key, 0)) == 0 &&
	    (r = gnutls_pubkey_init(&pub)) == 0 &&
	    (r = gnutls_pubkey_import_privkey(pub, private, 0, 0)) == 0)
		r = gnutls_pubkey_get_preferred_hash_algorithm(
		    pub, digest, NULL);
	if (pub != NULL)
		gnutls_pubkey_deinit(pub);
	if (private != NULL)
		gnutls_privkey_deinit(private);
	return r;
}

static int
fill_times(gnutls_x509_crt_t crt, uint32_t days)
{
	time_t now = time(NULL);
	int r;

	if ((r = gnutls_x509_crt_set_activation_time(crt, now - CLOCK_SKEW)) !=
	    0)
		return r;
	return gnutls_x509_crt_set_expiration_time(
	    crt, now + (time_t)days * DAY);
}

static int
fill_serial(gnutls_x509_crt_t crt)
{
	uint8_t serial[SERIAL_BYTES];
	int r;

	if ((r = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial))) != 0)
		return r;
	/* Positive, and never a leading zero byte. */
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
	return gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
}

/* RFC 5280 section 4.2.1.3.  TLS signs only; but there are peers that want
 * RSA certificates to say that they encipher as well. */
static unsigned
key_usage_of(gnutls_x509_privkey_t key)
{
	return gnutls_x509_privkey_get_pk_algorithm(key) == GNUTLS_PK_RSA
		   ? GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_ENCIPHERMENT
		   : GNUTLS_KEY_DIGITAL_SIGNATURE;
}

static int
fill_extensions(
    gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const char *name)
{
	uint8_t id[64];
	size_t size = sizeof(id);
	int r;

	if ((r = gnutls_x509_privkey_get_key_id(
		 key, GNUTLS_KEYID_USE_SHA1, id, &size)) != 0 ||
	    (r = gnutls_x509_crt_set_subject_key_id(crt, id, size)) != 0 ||
	    (r = gnutls_x509_crt_set_authority_key_id(crt, id, size)) != 0 ||
	    (r = gnutls_x509_crt_set_basic_constraints(crt, 0, -1)) != 0 ||
	    (r = gnutls_x509_crt_set_key_usage(crt, key_usage_of(key))) != 0 ||
	    (r = gnutls_x509_crt_set_key_purpose_oid(
		 crt, GNUTLS_KP_TLS_WWW_SERVER, 0)) != 0 ||
	    (r = gnutls_x509_crt_set_key_purpose_oid(
		 crt, GNUTLS_KP_TLS_WWW_CLIENT, 0)) != 0)
		return r;
	return gnutls_x509_crt_set_subject_alt_name(
	    crt, kind_of(name), name, (unsigned)strlen(name), GNUTLS_FSAN_SET);
}

int
generate_certificate(gnutls_x509_privkey_t key, const char *name, uint32_t days,
    gnutls_datum_t *pem, struct trouble *t)
{
	gnutls_digest_algorithm_t digest;
	gnutls_x509_crt_t crt = NULL;
	size_t len = strlen(name);
	int r;

	if ((r = digest_for(key, &digest)) != 0 ||
	    (r = gnutls_x509_crt_init(&crt)) != 0 ||
	    (r = gnutls_x509_crt_set_version(crt, 3)) != 0 ||
	    (r = fill_serial(crt)) != 0 || (r = fill_times(crt, days)) != 0 ||
	    (r = gnutls_x509_crt_set_key(crt, key)) != 0 ||
	    (len <= COMMON_NAME_MAX && (r = gnutls_x509_crt_set_dn_by_oid(crt,
					    GNUTLS_OID_X520_COMMON_NAME, 0,
					    name, (unsigned)len)) != 0) ||
	    (r = fill_extensions(crt, key, name)) != 0 ||
	    (r = gnutls_x509_crt_sign2(crt, crt, key, digest, 0)) != 0 ||
	    (r = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, pem)) != 0)
		trouble(t, EIO, "the certificate cannot be made: %s",
		    gnutls_strerror(r));
	if (crt != NULL)
		gnutls_x509_crt_deinit(crt);
	return r == 0 ? 0 : -1;
}

int
generate_request(gnutls_x509_privkey_t key, const char *name,
    gnutls_datum_t *pem, struct trouble *t)
{
	gnutls_digest_algorithm_t digest;
	gnutls_x509_crq_t crq = NULL;
	size_t len = strlen(name);
	int r;

	if ((r = digest_for(key, &digest)) != 0 ||
	    (r = gnutls_x509_crq_init(&crq)) != 0 ||
	    (r = gnutls_x509_crq_set_version(crq, 1)) != 0 ||
	    (r = gnutls_x509_crq_set_key(crq, key)) != 0 ||
	    (len <= COMMON_NAME_MAX && (r = gnutls_x509_crq_set_dn_by_oid(crq,
					    GNUTLS_OID_X520_COMMON_NAME, 0,
					    name, (unsigned)len)) != 0) ||
	    (r = gnutls_x509_crq_set_subject_alt_name(crq, kind_of(name), name,
		 (unsigned)len, GNUTLS_FSAN_SET)) != 0 ||
	    (r = gnutls_x509_crq_set_key_usage(crq, key_usage_of(key))) != 0 ||
	    (r = gnutls_x509_crq_sign2(crq, key, digest, 0)) != 0 ||
	    (r = gnutls_x509_crq_export2(crq, GNUTLS_X509_FMT_PEM, pem)) != 0)
		trouble(t, EIO, "the request cannot be made: %s",
		    gnutls_strerror(r));
	if (crq != NULL)
		gnutls_x509_crq_deinit(crq);
	return r == 0 ? 0 : -1;
}
