/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * chain: parses certificate chains, and refuses those that cannot work.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "daemon/keeper/chain.h"
#include "daemon/sys/name.h"
#include "daemon/keeper/names.h"

enum {
	RSA_LEAST = 2048, /* bits; NIST SP 800-57 part 1, until 2030 */
	RSA_MOST = 16384,
	EC_LEAST = 256,
};

void
chain_free(struct chain *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->nlinks; i++)
		free(c->links[i].subject);
	for (size_t i = 0; i < c->nnames; i++)
		free(c->names[i]);
	free((void *)(uintptr_t)c->der.data);
	free(c->issuer);
	free(c);
}

static char *
dn_text(gnutls_x509_crt_t crt, bool issuer)
{
	gnutls_datum_t dn = { NULL, 0 };
	char *text;
	int r;

	r = issuer ? gnutls_x509_crt_get_issuer_dn3(crt, &dn, 0)
		   : gnutls_x509_crt_get_dn3(crt, &dn, 0);
	if (r != 0 || dn.data == NULL)
		return strdup("(no name)");
	/* More is never shown, and no message has room for it. */
	text = strndup((const char *)dn.data, APP_REASON_MAX / 2);
	gnutls_free(dn.data);
	return text;
}

/* "certificate 2 (CN=Example CA)", in static memory of the caller. */
static const char *
link_text(const struct chain *c, size_t i, char *out, size_t size)
{
	snprintf(
	    out, size, "certificate %zu (%.200s)", i + 1, c->links[i].subject);
	return out;
}

static int
check_order(const struct chain *c, gnutls_x509_crt_t *crts, struct trouble *t)
{
	char above[256], below[256];

	for (size_t i = 0; i + 1 < c->nlinks; i++)
		if (gnutls_x509_crt_check_issuer(crts[i], crts[i + 1]) == 0)
			return trouble(t, EINVAL,
			    "the chain is out of order: %s did not issue %s",
			    link_text(c, i + 1, above, sizeof(above)),
			    link_text(c, i, below, sizeof(below)));
	return 0;
}

static int
take_key(struct chain *c, gnutls_x509_crt_t leaf, struct trouble *t)
{
	gnutls_pubkey_t pub = NULL;
	size_t size = KEY_ID_SIZE;
	int pk, rv = -1;

	if (gnutls_pubkey_init(&pub) != 0 ||
	    gnutls_pubkey_import_x509(pub, leaf, 0) != 0 ||
	    gnutls_pubkey_get_key_id(
		pub, GNUTLS_KEYID_USE_SHA256, c->id, &size) != 0 ||
	    (pk = gnutls_pubkey_get_pk_algorithm(pub, &c->bits)) < 0) {
		trouble(t, EINVAL,
		    "the public key of the certificate cannot be understood");
		goto err;
	}
	c->pk = (gnutls_pk_algorithm_t)pk;
	c->bits = chain_key_bits(c->pk, c->bits);
	rv = chain_check_key(c->pk, c->bits, t);
err:
	gnutls_pubkey_deinit(pub);
	return rv;
}

unsigned
chain_key_bits(gnutls_pk_algorithm_t pk, unsigned bits)
{
	return pk == GNUTLS_PK_ECDSA && bits == 528 ? 521 : bits;
}

int
chain_check_key(gnutls_pk_algorithm_t pk, unsigned bits, struct trouble *t)
{
	switch (pk) {
	case GNUTLS_PK_RSA:
	case GNUTLS_PK_RSA_PSS:
		if (bits < RSA_LEAST)
			return trouble(t, EINVAL,
			    "the key is too weak: RSA of %u bits, and %d is "
			    "the least",
			    bits, RSA_LEAST);
		if (bits > RSA_MOST)
			return trouble(t, EINVAL,
			    "the key is too large: RSA of %u bits, and %d is "
			    "the most",
			    bits, RSA_MOST);
		return 0;
	case GNUTLS_PK_ECDSA:
		if (bits < EC_LEAST)
			return trouble(t, EINVAL,
			    "the key is too weak: ECDSA of %u bits, and %d is "
			    "the least",
			    bits, EC_LEAST);
		return 0;
	case GNUTLS_PK_EDDSA_ED25519:
	case GNUTLS_PK_EDDSA_ED448:
		return 0;
	default:
		return trouble(t, EINVAL,
		    "keys of type %s cannot be used: RSA, ECDSA, Ed25519 and "
		    "Ed448 can",
		    gnutls_pk_get_name(pk));
	}
}

static int
take_der(struct chain *c, gnutls_x509_crt_t *crts, struct trouble *t)
{
	struct wire_writer w = { .size = CHAIN_MAX };
	gnutls_datum_t der;
	uint8_t *exact;

	if ((w.data = malloc(w.size)) == NULL)
		return trouble(t, ENOMEM, "out of memory");
	for (size_t i = 0; i < c->nlinks; i++) {
		if (gnutls_x509_crt_export2(
			crts[i], GNUTLS_X509_FMT_DER, &der) != 0) {
			free(w.data);
			return trouble(t, ENOMEM, "out of memory");
		}
		wire_put_string(&w, der.data, der.size);
		gnutls_free(der.data);
	}
	if (w.full) {
		free(w.data);
		return trouble(t, EFBIG,
		    "the chain is larger than %d KiB in DER", CHAIN_MAX / 1024);
	}
	exact = realloc(w.data, w.len);
	c->der = (struct blob){ exact != NULL ? exact : w.data, w.len };
	return 0;
}

static int
take_links(
    struct chain *c, gnutls_x509_crt_t *crts, size_t n, struct trouble *t)
{
	for (size_t i = 0; i < n; i++) {
		c->links[i].from = gnutls_x509_crt_get_activation_time(crts[i]);
		c->links[i].until =
		    gnutls_x509_crt_get_expiration_time(crts[i]);
		c->links[i].subject = dn_text(crts[i], false);
		c->nlinks = i + 1;
		if (c->links[i].subject == NULL)
			return trouble(t, ENOMEM, "out of memory");
	}
	return (c->issuer = dn_text(crts[0], true)) != NULL
		   ? 0
		   : trouble(t, ENOMEM, "out of memory");
}

static int
take_responder(struct chain *c, gnutls_x509_crt_t leaf, struct trouble *t)
{
	gnutls_datum_t uri = { NULL, 0 };

	c->responder = gnutls_x509_crt_get_authority_info_access(
			   leaf, 0, GNUTLS_IA_OCSP_URI, &uri, NULL) == 0;
	gnutls_free(uri.data);
	if (chain_id(c->der, c->whole) != 0)
		return trouble(t, EIO, "the chain cannot be hashed");
	return 0;
}

static int
take_names(struct chain *c, gnutls_x509_crt_t leaf, struct trouble *t)
{
	if (names_of_certificate(leaf, c->names, CHAIN_NAMES, &c->nnames) != 0)
		return trouble(t, ENOMEM, "out of memory");
	return 0;
}

/* PEM where there is any, else one certificate in DER. */
static int
import(const uint8_t *data, size_t len, gnutls_x509_crt_t **crts, unsigned *n,
    struct trouble *t)
{
	/* Only read from. */
	gnutls_datum_t d = { (uint8_t *)(uintptr_t)data, (unsigned)len };
	gnutls_x509_crt_fmt_t fmt = GNUTLS_X509_FMT_PEM;
	int r;

	if (data != NULL && len > 0 &&
	    memmem(data, len, "-----BEGIN ", 11) == NULL)
		fmt = GNUTLS_X509_FMT_DER;
	else if (memmem(data, len, "CERTIFICATE-----", 16) == NULL)
		return trouble(t, EINVAL,
		    len == 0 ? "the file of the certificate is empty"
			     : "there is no certificate in the file");
	r = gnutls_x509_crt_list_import2(crts, n, &d, fmt, 0);
	if (r < 0)
		return trouble(t, EINVAL, "the certificate is garbled: %s",
		    gnutls_strerror(r));
	if (*n == 0 || *n > CHAIN_LINKS)
		return trouble(t, EINVAL,
		    "the chain has %u certificates; 1 to %d can be used", *n,
		    CHAIN_LINKS);
	return 0;
}

struct chain *
chain_parse(const uint8_t *data, size_t len, struct trouble *t)
{
	gnutls_x509_crt_t *crts = NULL;
	struct chain *c = NULL;
	unsigned n = 0;
	bool ok = false;

	if (import(data, len, &crts, &n, t) != 0)
		goto err;
	if ((c = calloc(1, sizeof(*c))) == NULL) {
		trouble(t, ENOMEM, "out of memory");
		goto err;
	}
	if (take_links(c, crts, n, t) != 0 || take_key(c, crts[0], t) != 0 ||
	    check_order(c, crts, t) != 0 || take_der(c, crts, t) != 0 ||
	    take_responder(c, crts[0], t) != 0 ||
	    take_names(c, crts[0], t) != 0)
		goto err;
	*t = (struct trouble){ 0 };
	ok = true;
err:
	for (unsigned i = 0; i < n; i++)
		gnutls_x509_crt_deinit(crts[i]);
	gnutls_free(crts);
	if (!ok) {
		chain_free(c);
		c = NULL;
	}
	return c;
}

static const char *
time_text(time_t when, char *out, size_t size)
{
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL ||
	    strftime(out, size, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		snprintf(out, size, "%lld", (long long)when);
	return out;
}

int
chain_check_time(const struct chain *c, time_t now, struct trouble *t)
{
	char when[64], what[256];

	for (size_t i = 0; i < c->nlinks; i++) {
		if (now > c->links[i].until)
			return trouble(t, EKEYEXPIRED, "%s expired on %s",
			    link_text(c, i, what, sizeof(what)),
			    time_text(c->links[i].until, when, sizeof(when)));
		if (now < c->links[i].from)
			return trouble(t, EKEYEXPIRED,
			    "%s is not valid before %s",
			    link_text(c, i, what, sizeof(what)),
			    time_text(c->links[i].from, when, sizeof(when)));
	}
	return 0;
}

bool
chain_covers(const struct chain *c, const char *name)
{
	for (size_t i = 0; i < c->nnames; i++)
		if (name_covers(c->names[i], name))
			return true;
	return false;
}

void
chain_key_type(const struct chain *c, char *out, size_t size)
{
	switch (c->pk) {
	case GNUTLS_PK_RSA:
		snprintf(out, size, "RSA %u", c->bits);
		break;
	case GNUTLS_PK_RSA_PSS:
		snprintf(out, size, "RSA-PSS %u", c->bits);
		break;
	case GNUTLS_PK_ECDSA:
		snprintf(out, size, "ECDSA P-%u", c->bits);
		break;
	case GNUTLS_PK_EDDSA_ED25519:
		snprintf(out, size, "Ed25519");
		break;
	case GNUTLS_PK_EDDSA_ED448:
		snprintf(out, size, "Ed448");
		break;
	default:
		snprintf(out, size, "%s", gnutls_pk_get_name(c->pk));
		break;
	}
}
