/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * pkix: path.c finds the ways to an anchor, and here each of them is held
 * against the rules, until one keeps all of them.  Nothing is left to GnuTLS
 * but the signatures.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/verifier/constraints.h"
#include "daemon/verifier/extensions.h"
#include "daemon/verifier/path.h"
#include "daemon/verifier/pkix.h"
#include "daemon/verifier/revocation.h"
#include "daemon/verifier/strength.h"

/* One verdict under way. */
struct work {
	struct verdict *v;
	struct cert certs[VERDICT_MAX_CHAIN]; /* of the peer */
	unsigned ncerts;
	struct path path;
	unsigned comparisons; /* that may still be made */
	struct revocation revocation;
	uint64_t until;
	bool (*wanted)(void *arg, gnutls_x509_crt_t); /* NULL: any will do */
	void *arg;
};

/* In the words of GnuTLS, and what it means to us and to the peer. */
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

static enum says
check_keys(struct verdict *v)
{
	char subject[SUBJECT_TEXT];

	for (unsigned i = 0; i < v->nchain; i++)
		if (!strength_key_usable(v->chain[i]))
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
refuse_cert(struct verdict *v, gnutls_x509_crt_t cert, const char *reason)
{
	char subject[SUBJECT_TEXT];

	return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE,
	    "%s %s", subject_text(cert, subject), reason);
}

/* GNUTLS_CERT_… of what is wrong with the dates, or 0. */
static unsigned
time_fault(const struct work *w, const struct cert *cert)
{
	time_t from = gnutls_x509_crt_get_activation_time(cert->crt);
	time_t until = gnutls_x509_crt_get_expiration_time(cert->crt);

	if (until == (time_t)-1 || until < w->v->now)
		return GNUTLS_CERT_EXPIRED;
	if (from == (time_t)-1 || from > w->v->now)
		return GNUTLS_CERT_NOT_ACTIVATED;
	return 0;
}

/*
 * What is wrong with one certificate, but for its dates: a part of a sentence,
 * or NULL; and GNUTLS_CERT_…, which has sentences of its own.
 */
static const char *
fault_of(const struct work *w, const struct cert *cert, enum cert_place place,
    unsigned *status)
{
	bool server = w->v->peer_is_server;
	const char *fault =
	    extensions_fault(cert, place, w->v->trust->pkix_strict);

	*status = 0;
	if (fault != NULL)
		return fault;
	/* What an anchor is for was settled by configuring it. */
	if (place != PLACE_ANCHOR &&
	    !extensions_allow(cert,
		server ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT))
		return server ? "is not for TLS servers"
			      : "is not for TLS clients";
	if (!strength_key(cert->crt) ||
	    (place != PLACE_ANCHOR && !strength_signature(cert->crt)))
		*status = GNUTLS_CERT_INSECURE_ALGORITHM;
	return NULL;
}

static bool
is_usable(void *arg, const struct cert *cert, bool anchor)
{
	const struct work *w = arg;
	unsigned status;

	return time_fault(w, cert) == 0 &&
	       fault_of(w, cert, anchor ? PLACE_ANCHOR : PLACE_MIDDLE,
		   &status) == NULL &&
	       status == 0;
}

static enum cert_place
place_of(const struct path *path, unsigned at)
{
	if (at == 0)
		return PLACE_LEAF;
	return at + 1 == path->n ? PLACE_ANCHOR : PLACE_MIDDLE;
}

static enum says
check_certs(struct work *w, const struct path *path)
{
	const char *fault;
	unsigned status;

	for (unsigned i = 0; i < path->n; i++) {
		const struct cert *cert = path->links[i];

		fault = fault_of(w, cert, place_of(path, i), &status);
		if (fault != NULL)
			return refuse_cert(w->v, cert->crt, fault);
		if (status != 0)
			return refuse_status(w->v, status, cert->crt);
	}
	return SAYS_YES;
}

/*
 * RFC 5280, section 4.2.1.9: how many authorities may follow, of which those
 * that are self-issued, and the leaf, do not count.  What a leaf says of it
 * means nothing.
 */
static enum says
check_lengths(struct work *w, const struct path *path)
{
	int below = 0;

	for (unsigned i = 1; i < path->n; i++) {
		const struct cert *cert = path->links[i];

		if (cert->pathlen >= 0 && below > cert->pathlen)
			return refuse_cert(w->v, cert->crt,
			    "may have fewer authorities below it");
		if (!cert_is_self_issued(cert))
			below++;
	}
	return SAYS_YES;
}

/* Section 6.1.3, (b) and (c): those of all authorities above hold. */
static enum says
check_constraints(struct work *w, const struct path *path)
{
	for (unsigned above = 1; above < path->n; above++) {
		const struct cert *authority = path->links[above];

		for (unsigned i = 0; i < above; i++) {
			const struct cert *cert = path->links[i];

			if (i > 0 && cert_is_self_issued(cert))
				continue;
			switch (constraints_check(authority, cert,
			    i == 0 ? &w->v->identity : NULL, &w->comparisons)) {
			case CONSTRAINTS_KEPT:
				break;
			case CONSTRAINTS_BROKEN:
				return refuse_status(w->v,
				    GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE,
				    cert->crt);
			case CONSTRAINTS_MALFORMED:
				return refuse_cert(w->v, authority->crt,
				    "has name constraints that are malformed");
			case CONSTRAINTS_TOO_MANY:
				return refuse_cert(w->v, authority->crt,
				    "has more name constraints than can be "
				    "checked");
			}
		}
	}
	return SAYS_YES;
}

static enum says
check_times(struct work *w, const struct path *path)
{
	for (unsigned i = 0; i < path->n; i++) {
		gnutls_x509_crt_t cert = path->links[i]->crt;
		unsigned status = time_fault(w, path->links[i]);

		if (status != 0)
			return refuse_status(w->v, status, cert);
		least(&w->until, gnutls_x509_crt_get_expiration_time(cert));
	}
	return SAYS_YES;
}

/*
 * A peer that is an anchor itself was trusted on purpose, and self-signed
 * certificates often claim to be authorities.  It still signs handshakes, and
 * has its dates.
 */
static enum says
check_anchor(struct work *w, const struct cert *cert)
{
	bool server = w->v->peer_is_server;

	if (cert->unknown_critical)
		return refuse_cert(w->v, cert->crt,
		    "has a critical extension that is unknown");
	if (cert->ext[EXT_KEY_USAGE].present &&
	    (cert->usage & GNUTLS_KEY_DIGITAL_SIGNATURE) == 0)
		return refuse_cert(
		    w->v, cert->crt, "is not for digital signatures");
	if (!extensions_allow(cert,
		server ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT))
		return refuse_cert(w->v, cert->crt,
		    server ? "is not for TLS servers"
			   : "is not for TLS clients");
	if (!strength_key(cert->crt))
		return refuse_status(
		    w->v, GNUTLS_CERT_INSECURE_ALGORITHM, cert->crt);
	return SAYS_YES;
}

static enum says
check_wanted(struct work *w, const struct path *path)
{
	if (w->wanted == NULL)
		return SAYS_YES;
	for (unsigned i = 1; i < path->n; i++)
		if (w->wanted(w->arg, path->links[i]->crt))
			return SAYS_YES;
	return refuse_cert(w->v, path->links[path->n - 1]->crt,
	    "is not reached through the authority that is wanted");
}

static bool
keeps_the_rules(struct work *w, const struct path *path)
{
	if (check_wanted(w, path) != SAYS_YES)
		return false;
	if (path->n == 1)
		return check_anchor(w, path->links[0]) == SAYS_YES &&
		       check_times(w, path) == SAYS_YES;
	return check_certs(w, path) == SAYS_YES &&
	       check_lengths(w, path) == SAYS_YES &&
	       check_constraints(w, path) == SAYS_YES &&
	       check_times(w, path) == SAYS_YES &&
	       revocation_check(w->v, path, &w->revocation, &w->until) ==
		   SAYS_YES;
}

/* From the leaf to the anchor. */
static void
note_way(const struct work *w, const struct path *path)
{
	char text[VERDICT_TEXT], subject[SUBJECT_TEXT];
	size_t len = 0;

	for (unsigned i = 0; i < path->n && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
		    i == 0 ? "" : " <- ",
		    subject_text(path->links[i]->crt, subject));
	verdict_step(w->v, "pkix: tries the way %s", text);
}

static bool
try_path(void *arg, struct path *path)
{
	struct work *w = arg;
	bool good;

	w->until = UINT64_MAX;
	if (w->v->steps != NULL)
		note_way(w, path);
	good = keeps_the_rules(w, path);
	if (!good)
		verdict_step(w->v, "pkix: refuses it: %s", w->v->reason);
	return good;
}

static enum says
read_certs(struct work *w)
{
	while (w->ncerts < w->v->nchain) {
		struct cert *cert = &w->certs[w->ncerts];

		if (cert_read(cert, w->v->chain[w->ncerts++]) != 0)
			return verdict_refuse(w->v, EKEYREJECTED,
			    GNUTLS_A_BAD_CERTIFICATE,
			    "certificate %u of the peer is malformed",
			    w->ncerts);
	}
	return SAYS_YES;
}

/* Where ways were tried, the last of them has left the reason. */
static enum says
find_path(struct work *w)
{
	struct path *path = &w->path;

	path->anchors = w->v->trust->anchors;
	path->certs = w->certs;
	path->ncerts = w->ncerts;
	path->usable = is_usable;
	path->try = try_path;
	path->arg = w;
	w->comparisons = PATH_COMPARISONS;
	if (path_find(path))
		return SAYS_YES;
	if (path->spent)
		return refuse_cert(w->v, w->certs[0].crt,
		    "has more ways to an anchor than can be checked");
	if (path->tried > 0)
		return SAYS_NO;
	if (path->forged != NULL)
		return refuse_status(
		    w->v, GNUTLS_CERT_SIGNATURE_FAILURE, path->forged->crt);
	return refuse_status(w->v, GNUTLS_CERT_SIGNER_NOT_FOUND,
	    path->orphan != NULL ? path->orphan->crt : NULL);
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
		if (is_expected(v)) {
			verdict_step(v, "pkix: the certificate is one of %s",
			    v->expected.text);
			return SAYS_YES;
		}
		return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE,
		    "the certificate is not one of %s", v->expected.text);
	}
	if (v->identity.kind == PEERNAME_CLIENT)
		return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE,
		    "only signed DNS can vouch for %s", v->identity.text);
	if (v->claimed == NAMES_FOUND)
		return SAYS_YES;
	return verdict_refuse(v, EKEYREJECTED,
	    v->claimed == NAMES_NONE ? GNUTLS_A_BAD_CERTIFICATE
				     : GNUTLS_A_ACCESS_DENIED,
	    "%s", names_reason(v->claimed));
}

static enum says
accept(struct work *w)
{
	const struct path *path = &w->path;
	char subject[SUBJECT_TEXT], until[32] = "";
	time_t t = (time_t)w->until;
	struct tm tm;

	if (gmtime_r(&t, &tm) != NULL)
		strftime(until, sizeof(until), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return verdict_accept(w->v, "pkix", w->until,
	    "chain to %s, %u certificates, valid until %s",
	    subject_text(path->links[path->n - 1]->crt, subject), path->n,
	    until);
}

enum says
pkix_ask(struct verdict *v)
{
	return pkix_ask_through(v, NULL, NULL);
}

enum says
pkix_ask_through(
    struct verdict *v, bool (*wanted)(void *arg, gnutls_x509_crt_t), void *arg)
{
	const struct trust_file *file = &v->trust->anchors_file;
	struct work w = { .v = v, .wanted = wanted, .arg = arg };
	enum says says = SAYS_NO;

	if (v->raw_key.data != NULL) {
		verdict_step(v, "pkix: a raw public key has no chain");
		return SAYS_CANNOT;
	}
	if (v->trust->anchors == NULL && file->path == NULL) {
		verdict_step(v, "pkix: no trust anchors are configured");
		return SAYS_CANNOT;
	}
	if (v->trust->anchors == NULL)
		return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_UNKNOWN_CA,
		    "the trust anchors cannot be read: %s", file->trouble);
	if (check_keys(v) == SAYS_YES && read_certs(&w) == SAYS_YES &&
	    find_path(&w) == SAYS_YES && check_name(v) == SAYS_YES)
		says = accept(&w);
	for (unsigned i = 0; i < w.ncerts; i++)
		cert_free(&w.certs[i]);
	return says;
}
