/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * paper: makes keys and certificates with GnuTLS.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <gnutls/abstract.h>

#include "test/unit/paper.h"

#define OK(call) assert_int_equal(call, 0)

static void
make_key(struct paper *p, const struct paper_wish *w)
{
	gnutls_pk_algorithm_t pk = w->pk != 0 ? w->pk : GNUTLS_PK_ECDSA;
	unsigned bits = w->bits;

	if (bits == 0 && pk == GNUTLS_PK_ECDSA)
		bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
	else if (bits == 0 && (pk == GNUTLS_PK_RSA || pk == GNUTLS_PK_RSA_PSS))
		bits = 2048;
	else if (bits == 0)
		bits = pk == GNUTLS_PK_EDDSA_ED448 ? 456 : 256;
	OK(gnutls_x509_privkey_init(&p->key));
	OK(gnutls_x509_privkey_generate(p->key, pk, bits, 0));
}

static gnutls_digest_algorithm_t
digest_for(const struct paper *p)
{
	switch (gnutls_x509_privkey_get_pk_algorithm(p->key)) {
	case GNUTLS_PK_EDDSA_ED25519:
		return GNUTLS_DIG_SHA512;
	case GNUTLS_PK_EDDSA_ED448:
		return GNUTLS_DIG_SHAKE_256;
	default:
		return GNUTLS_DIG_SHA256;
	}
}

struct paper
paper_make(const struct paper_wish *w)
{
	static unsigned char serial[4] = { 1, 0, 0, 0 };
	struct paper p = { NULL, NULL };
	const struct paper *issuer = w->issuer != NULL ? w->issuer : &p;
	time_t now = time(NULL);
	char dn[512];

	make_key(&p, w);
	OK(gnutls_x509_crt_init(&p.crt));
	OK(gnutls_x509_crt_set_version(p.crt, 3));
	serial[3]++;
	OK(gnutls_x509_crt_set_serial(p.crt, serial, sizeof(serial)));
	OK(gnutls_x509_crt_set_activation_time(
	    p.crt, now + (w->from != 0 ? w->from : -DAY)));
	OK(gnutls_x509_crt_set_expiration_time(
	    p.crt, now + (w->until != 0 ? w->until : DAY)));
	OK(gnutls_x509_crt_set_key(p.crt, p.key));
	snprintf(dn, sizeof(dn), "CN=%s", w->name);
	OK(gnutls_x509_crt_set_dn(p.crt, w->dn != NULL ? w->dn : dn, NULL));
	OK(gnutls_x509_crt_set_basic_constraints(p.crt, w->ca, -1));
	if (!w->no_names)
		OK(gnutls_x509_crt_set_subject_alt_name(p.crt,
		    strchr(w->name, '@') != NULL ? GNUTLS_SAN_RFC822NAME
						 : GNUTLS_SAN_DNSNAME,
		    w->name, (unsigned)strlen(w->name), GNUTLS_FSAN_SET));
	if (w->responder != NULL) {
		gnutls_datum_t url = { .size = (unsigned)strlen(w->responder) };

		url.data = (unsigned char *)(uintptr_t)w->responder;
		OK(gnutls_x509_crt_set_authority_info_access(
		    p.crt, GNUTLS_IA_OCSP_URI, &url));
	}
	OK(gnutls_x509_crt_sign2(p.crt,
	    w->issuer != NULL ? w->issuer->crt : p.crt, issuer->key,
	    digest_for(issuer), 0));
	return p;
}

void
paper_free(struct paper *p)
{
	gnutls_x509_privkey_deinit(p->key);
	gnutls_x509_crt_deinit(p->crt);
	memset(p, 0, sizeof(*p));
}

static void
append(const char *path, const char *mode, gnutls_datum_t *pem)
{
	FILE *f = fopen(path, mode);

	assert_non_null(f);
	assert_int_equal(fwrite(pem->data, 1, pem->size, f), pem->size);
	OK(fclose(f));
	gnutls_free(pem->data);
}

void
paper_write_key(const struct paper *p, const char *path)
{
	gnutls_datum_t pem;

	OK(gnutls_x509_privkey_export2_pkcs8(
	    p->key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem));
	append(path, "w", &pem);
}

void
paper_write_chain(const struct paper *const *certs, size_t n, const char *path)
{
	gnutls_datum_t pem;

	for (size_t i = 0; i < n; i++) {
		OK(gnutls_x509_crt_export2(
		    certs[i]->crt, GNUTLS_X509_FMT_PEM, &pem));
		append(path, i == 0 ? "w" : "a", &pem);
	}
}
