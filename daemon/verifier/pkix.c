/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * pkix: GnuTLS builds and checks the chain; what the certificates may be used
 * for, whether they are revoked, and whose they are, is checked here, along
 * the path that it found.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <gnutls/abstract.h>

#include "daemon/verifier/pkix.h"

enum {
	/*
	 * RSA keys of a peer that is not known yet: checking a signature with
	 * a key of the peer's making must not take seconds.
	 */
	RSA_MAX_MODULUS = 8192 / 8, /* bytes */
	RSA_MAX_EXPONENT = 4,	    /* bytes */
};

/* The path from the leaf to the anchor: each certificate with its issuer. */
struct path {
	struct link {
		gnutls_x509_crt_t cert, issuer;
	} links[VERDICT_MAX_CHAIN + 1]; /* from the anchor's end */
	unsigned n;
	gnutls_x509_crt_t anchor;
	gnutls_x509_crt_t failed; /* where GnuTLS found a fault, or NULL */
	uint64_t until;
};

/* GnuTLS tells the links to a function without an argument. */
static _Thread_local struct path *walked;

static int
walk(gnutls_x509_crt_t cert, gnutls_x509_crt_t issuer, gnutls_x509_crl_t crl,
    unsigned status)
{
	if ((status & GNUTLS_CERT_INVALID) != 0 && walked->failed == NULL)
		walked->failed = cert;
	if (walked->n < VERDICT_MAX_CHAIN + 1)
		walked->links[walked->n++] = (struct link){ cert, issuer };
	return 0;
}

/* What GnuTLS says, gravest first, and what it means to us and to the peer. */
static const struct fault {
	unsigned status;
	int error;
	unsigned alert;
	const char *text;
} faults[] = {
	{ GNUTLS_CERT_SIGNATURE_FAILURE, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE,
	    "the signature on %s is wrong" },
	{ GNUTLS_CERT_SIGNER_NOT_FOUND, EKEYREJECTED, GNUTLS_A_UNKNOWN_CA,
	    "the issuer of %s is unknown" },
	{ GNUTLS_CERT_SIGNER_NOT_CA, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE,
	    "the issuer of %s is no authority" },
	{ GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, EKEYREJECTED,
	    GNUTLS_A_BAD_CERTIFICATE,
	    "an authority above %s may not issue such a certificate" },
	{ GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS, EKEYREJECTED,
	    GNUTLS_A_BAD_CERTIFICATE,
	    "%s has a critical extension that is unknown" },
	{ GNUTLS_CERT_INSECURE_ALGORITHM, EKEYREJECTED,
	    GNUTLS_A_INSUFFICIENT_SECURITY,
	    "the key or the signature of %s is too weak" },
	{ GNUTLS_CERT_REVOKED, EKEYREVOKED, GNUTLS_A_CERTIFICATE_REVOKED,
	    "%s is revoked" },
	{ GNUTLS_CERT_EXPIRED, EKEYEXPIRED, GNUTLS_A_CERTIFICATE_EXPIRED,
	    "%s has expired" },
	{ GNUTLS_CERT_NOT_ACTIVATED, EKEYREJECTED, GNUTLS_A_CERTIFICATE_EXPIRED,
	    "%s is not yet valid" },
	{ 0, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE, "%s cannot be trusted" },
};

static enum says
refuse_status(struct verdict *v, unsigned status, gnutls_x509_crt_t failed)
{
	gnutls_x509_crt_t cert = failed != NULL ? failed : v->chain[0];
	char subject[SUBJECT_TEXT], reason[VERDICT_TEXT];
	const struct fault *fault = faults;

	subject_text(cert, subject);
	while (fault->status != 0 && (status & fault->status) == 0)
		fault++;
	if (fault->status == GNUTLS_CERT_SIGNER_NOT_FOUND &&
	    gnutls_x509_crt_check_issuer(cert, cert) != 0)
		return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_UNKNOWN_CA,
		    "%s is self-signed, and no trust anchor", subject);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(reason, sizeof(reason), fault->text, subject);
#pragma GCC diagnostic pop
	return verdict_refuse(v, fault->error, fault->alert, "%s", reason);
}

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

static bool
is_key_usable(gnutls_x509_crt_t cert)
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

static enum says
check_keys(struct verdict *v)
{
	char subject[SUBJECT_TEXT];

	for (unsigned i = 0; i < v->nchain; i++)
		if (!is_key_usable(v->chain[i]))
			return verdict_refuse(v, EKEYREJECTED,
			    GNUTLS_A_UNSUPPORTED_CERTIFICATE,
			    "the key of %s is of a kind or a size that is not "
			    "used here",
			    subject_text(v->chain[i], subject));
	return SAYS_YES;
}

static void
least(uint64_t *until, time_t t)
{
	if (t != (time_t)-1 && (uint64_t)t < *until)
		*until = (uint64_t)t;
}

static enum says
check_chain(struct verdict *v, struct path *path)
{
	/* GnuTLS sorts the array that it is given. */
	gnutls_x509_crt_t chain[VERDICT_MAX_CHAIN];
	unsigned status = 0;
	int r;

	memcpy(chain, v->chain, sizeof(chain));
	walked = path;
	r = gnutls_x509_trust_list_verify_crt2(anchors_list(v->trust->anchors),
	    chain, v->nchain, NULL, 0,
	    GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM), &status, walk);
	walked = NULL;
	if (r < 0)
		return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE,
		    "the chain cannot be checked: %s", gnutls_strerror(r));
	if (status != 0)
		return refuse_status(v, status, path->failed);
	return SAYS_YES;
}

/*
 * The first link leads to the anchor.  A peer that is an anchor itself, or
 * that sent its anchor along, may have it reported as its own issuer: that is
 * no link, and an anchor is neither revoked nor limited by others.
 */
static enum says
find_anchor(struct verdict *v, struct path *path)
{
	path->anchor = v->chain[0];
	if (path->n > 0)
		path->anchor = path->links[0].issuer;
	for (unsigned i = 0; i < path->n; i++)
		if (path->links[i].issuer == NULL)
			return refuse_status(v, 0, path->links[i].cert);
	if (path->n > 0 && gnutls_x509_crt_equals(path->links[0].cert,
			       path->links[0].issuer) != 0) {
		path->n--;
		memmove(path->links, path->links + 1,
		    path->n * sizeof(*path->links));
	}
	least(&path->until, gnutls_x509_crt_get_expiration_time(path->anchor));
	for (unsigned i = 0; i < path->n; i++)
		least(&path->until,
		    gnutls_x509_crt_get_expiration_time(path->links[i].cert));
	return SAYS_YES;
}

/* May it be used for this, or does it not say? */
static bool
has_purpose(gnutls_x509_crt_t cert, const char *wanted)
{
	char oid[128];
	size_t len;
	int r;

	for (unsigned i = 0;; i++) {
		len = sizeof(oid);
		r = gnutls_x509_crt_get_key_purpose_oid(
		    cert, i, oid, &len, NULL);
		if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return i == 0;
		/* One that is too long is none that we know. */
		if (r == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue;
		if (r < 0)
			return false;
		if (strcmp(oid, wanted) == 0 || strcmp(oid, GNUTLS_KP_ANY) == 0)
			return true;
	}
}

static enum says
refuse_usage(struct verdict *v, gnutls_x509_crt_t cert, const char *reason)
{
	char subject[SUBJECT_TEXT];

	return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE,
	    "%s %s", subject_text(cert, subject), reason);
}

/*
 * The leaf signs handshakes, and is the end of the chain, not an authority; it
 * and everything between it and the anchor is for this side of TLS.
 */
static enum says
check_usage(struct verdict *v, const struct path *path)
{
	gnutls_x509_crt_t leaf = v->chain[0];
	const char *purpose = v->peer_is_server ? GNUTLS_KP_TLS_WWW_SERVER
						: GNUTLS_KP_TLS_WWW_CLIENT;
	const char *not_for = v->peer_is_server ? "is not for TLS servers"
						: "is not for TLS clients";
	unsigned usage;
	int r;

	/* A leaf that is itself an anchor was trusted on purpose, and
	 * self-signed certificates often claim to be authorities. */
	if (path->n > 0 && gnutls_x509_crt_get_ca_status(leaf, NULL) > 0)
		return refuse_usage(
		    v, leaf, "is an authority, and cannot be a peer");
	r = gnutls_x509_crt_get_key_usage(leaf, &usage, NULL);
	if (r != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE &&
	    (r < 0 || (usage & GNUTLS_KEY_DIGITAL_SIGNATURE) == 0))
		return refuse_usage(v, leaf, "is not for digital signatures");
	if (!has_purpose(leaf, purpose))
		return refuse_usage(v, leaf, not_for);
	for (unsigned i = 0; i < path->n; i++)
		if (!has_purpose(path->links[i].cert, purpose))
			return refuse_usage(v, path->links[i].cert, not_for);
	return SAYS_YES;
}

static enum says
check_revocation(struct verdict *v, struct path *path)
{
	char subject[SUBJECT_TEXT];
	time_t fresh;

	for (unsigned i = 0; i < path->n; i++) {
		const struct link *link = &path->links[i];

		switch (crls_check(
		    v->trust->crls, link->cert, link->issuer, v->now, &fresh)) {
		case CRLS_REVOKED:
			return refuse_status(
			    v, GNUTLS_CERT_REVOKED, link->cert);
		case CRLS_GOOD:
			least(&path->until, fresh);
			break;
		case CRLS_UNKNOWN:
			if (!v->require_crl)
				break;
			return verdict_refuse(v, EKEYREJECTED,
			    GNUTLS_A_CERTIFICATE_UNKNOWN,
			    "there is no fresh revocation list of %s",
			    subject_text(link->issuer, subject));
		}
	}
	return SAYS_YES;
}

/*
 * A server may be expected under any of its names, wildcards among them; a
 * client is the one that its certificate maps to.
 */
static bool
is_expected(const struct verdict *v)
{
	if (v->peer_is_server)
		return names_present(v->chain[0], &v->expected);
	return peername_equal(&v->identity, &v->expected);
}

static enum says
check_name(struct verdict *v)
{
	if (v->expected.kind != PEERNAME_NONE) {
		if (is_expected(v))
			return SAYS_YES;
		return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE,
		    "the certificate is not one of %s", v->expected.text);
	}
	if (v->claimed == NAMES_FOUND)
		return SAYS_YES;
	return verdict_refuse(v, EKEYREJECTED,
	    v->claimed == NAMES_NONE ? GNUTLS_A_BAD_CERTIFICATE
				     : GNUTLS_A_ACCESS_DENIED,
	    "%s", names_reason(v->claimed));
}

static enum says
accept(struct verdict *v, const struct path *path)
{
	char subject[SUBJECT_TEXT], until[32] = "";
	time_t t = (time_t)path->until;
	struct tm tm;

	if (gmtime_r(&t, &tm) != NULL)
		strftime(until, sizeof(until), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return verdict_accept(v, "pkix", path->until,
	    "chain to %s, %u certificates, valid until %s",
	    subject_text(path->anchor, subject), path->n + 1, until);
}

enum says
pkix_ask(struct verdict *v)
{
	const struct trust_file *file = &v->trust->anchors_file;
	struct path path = { .until = UINT64_MAX };

	if (v->trust->anchors == NULL && file->path == NULL)
		return SAYS_CANNOT;
	if (v->trust->anchors == NULL)
		return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_UNKNOWN_CA,
		    "the trust anchors cannot be read: %s", file->trouble);
	if (check_keys(v) != SAYS_YES || check_chain(v, &path) != SAYS_YES ||
	    find_anchor(v, &path) != SAYS_YES)
		return SAYS_NO;
	if (check_usage(v, &path) != SAYS_YES ||
	    check_revocation(v, &path) != SAYS_YES || check_name(v) != SAYS_YES)
		return SAYS_NO;
	return accept(v, &path);
}
