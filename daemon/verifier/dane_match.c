/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dane_match: the usages in the order of what they ask for.  Chains and names
 * are judged by pkix alone, with copies of the verdict, so that what it says
 * of one anchor leaves nothing behind when another one is tried.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/verifier/bare.h"
#include "daemon/verifier/dane_match.h"
#include "daemon/verifier/pkix.h"

enum {
	/*
	 * Authorities that are tried for one verdict.  The owner of the name and
	 * the peer may be the same adversary: each one costs the checking of
	 * a chain.
	 */
	TRIES_MAX = 16,
	/* Signatures that are checked with bare keys, to find whose they are. */
	SIGNATURES_MAX = 64,
};

struct match {
	struct verdict *v;
	const struct dane_set *set;
	const struct peername *name;
	unsigned tries, signatures;
	bool noted; /* what became of the record that is tried */

	/* Once it is asked: what pkix says by the configured anchors. */
	bool configured_asked;
	enum says configured_says;
	struct verdict configured;

	/* The first record that matched in vain, and why. */
	const struct tlsa *in_vain;
	struct verdict refusal;
};

static enum says
accept(struct match *m, const struct tlsa *t, uint64_t until, const char *what)
{
	char text[TLSA_TEXT];

	return verdict_accept(m->v, "dane", until, "record %s at %s %s",
	    tlsa_text(t, text), m->set->owner, what);
}

/* What became of a record, for whoever wants to know. */
static void
note(struct verdict *v, const struct tlsa *t, const char *fate, const char *why)
{
	char text[TLSA_TEXT];

	if (v->steps != NULL)
		verdict_step(
		    v, "dane: record %s %s%s", tlsa_text(t, text), fate, why);
}

static void
note_refusal(
    struct match *m, const struct tlsa *t, const struct verdict *refusal)
{
	note(m->v, t, "matches, but ", refusal->reason);
	m->noted = true;
	if (m->in_vain != NULL)
		return;
	m->in_vain = t;
	m->refusal = *refusal;
}

/* The name that pkix looks for: the first that the peer presents. */
static const struct peername *
choose_name(const struct verdict *v, const struct dane_set *set)
{
	for (size_t i = 0; i < set->nnames; i++) {
		const struct peername *name = &set->names[i];

		if (v->peer_is_server ? names_present(v->chain[0], name)
				      : peername_equal(&v->identity, name))
			return name;
	}
	return &set->names[0];
}

/* Of a record of usage 0: was an authority seen that it matches? */
struct wanted {
	const struct tlsa *record;
	bool seen;
};

static bool
is_wanted(void *arg, gnutls_x509_crt_t authority)
{
	struct wanted *w = arg;
	bool matches = tlsa_matches_cert(w->record, authority);

	w->seen = w->seen || matches;
	return matches;
}

/* Asks pkix on a copy.  Anchors NULL: the configured ones; wanted NULL: every
 * way to them will do. */
static enum says
ask_pkix(const struct match *m, struct anchors *anchors, struct wanted *wanted,
    struct verdict *copy)
{
	struct trust trust = *m->v->trust;
	enum says says;

	*copy = *m->v;
	copy->error = 0;
	copy->expected = *m->name;
	if (anchors != NULL) {
		trust.anchors = anchors;
		copy->trust = &trust;
	}
	says = wanted == NULL ? pkix_ask(copy)
			      : pkix_ask_through(copy, is_wanted, wanted);
	copy->trust = m->v->trust;
	if (says == SAYS_CANNOT)
		verdict_refuse(copy, EKEYREJECTED, GNUTLS_A_UNKNOWN_CA,
		    "no trust anchors are configured");
	return says;
}

static enum says
ask_configured(struct match *m)
{
	if (m->configured_asked)
		return m->configured_says;
	m->configured_asked = true;
	m->configured_says = ask_pkix(m, NULL, NULL, &m->configured);
	return m->configured_says;
}

/* A set of one anchor. */
static struct anchors *
only(gnutls_x509_crt_t cert)
{
	gnutls_datum_t pem = { NULL, 0 };
	struct anchors *anchors = NULL;
	char error[128];

	if (gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &pem) == 0)
		anchors = anchors_parse(&pem, error, sizeof(error));
	gnutls_free(pem.data);
	return anchors;
}

static enum says
too_many_tries(struct verdict *copy)
{
	return verdict_refuse(copy, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE,
	    "there are more than %d authorities to try", TRIES_MAX);
}

/* Does the chain lead to this certificate, were it the only anchor? */
static enum says
ask_anchor(struct match *m, gnutls_x509_crt_t anchor, struct verdict *copy)
{
	struct anchors *anchors;
	char subject[SUBJECT_TEXT];
	enum says says;

	if (m->tries == TRIES_MAX)
		return too_many_tries(copy);
	m->tries++;
	if (m->v->steps != NULL)
		verdict_step(m->v, "dane: asks pkix for a way to %s",
		    subject_text(anchor, subject));
	if ((anchors = only(anchor)) == NULL)
		return verdict_refuse(copy, EKEYREJECTED, GNUTLS_A_UNKNOWN_CA,
		    "it cannot be a trust anchor");
	says = ask_pkix(m, anchors, NULL, copy);
	anchors_free(anchors);
	return says;
}

/* DANE-EE: neither names nor dates (RFC 7671, section 5.1). */
static enum says
try_dane_ee(struct match *m, const struct tlsa *t)
{
	const struct verdict *v = m->v;

	if (v->raw_key.data != NULL ? tlsa_matches_key(t, &v->raw_key)
				    : tlsa_matches_cert(t, v->chain[0]))
		return accept(m, t, UINT64_MAX,
		    t->selector == TLSA_CERT ? "is of its certificate"
					     : "is of its key");
	return SAYS_NO;
}

static enum says
try_anchor(struct match *m, const struct tlsa *t, gnutls_x509_crt_t anchor)
{
	struct verdict copy = { .nchain = 0 };
	char what[VERDICT_TEXT + 32];

	if (ask_anchor(m, anchor, &copy) != SAYS_YES) {
		note_refusal(m, t, &copy);
		return SAYS_NO;
	}
	snprintf(what, sizeof(what), "is of the anchor: %s", copy.evidence);
	return accept(m, t, copy.until, what);
}

/* The certificate in the record itself (2 0 0). */
static enum says
try_anchor_in_dns(struct match *m, const struct tlsa *t)
{
	gnutls_datum_t der = { .size = (unsigned)t->len };
	gnutls_x509_crt_t cert = NULL;
	enum says says = SAYS_NO;

	der.data = (unsigned char *)(uintptr_t)t->data;
	if (gnutls_x509_crt_init(&cert) != 0)
		return SAYS_NO;
	if (gnutls_x509_crt_import(cert, &der, GNUTLS_X509_FMT_DER) == 0)
		says = try_anchor(m, t, cert);
	gnutls_x509_crt_deinit(cert);
	return says;
}

/* Has this key signed the certificate, whatever else there is to say? */
static bool
has_signed(gnutls_x509_crt_t authority, gnutls_x509_crt_t cert)
{
	unsigned status = 0;

	if (gnutls_x509_crt_check_issuer(cert, authority) == 0 ||
	    gnutls_x509_crt_verify(cert, &authority, 1,
		GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_ALLOW_BROKEN,
		&status) != 0)
		return false;
	return (status & (GNUTLS_CERT_SIGNATURE_FAILURE |
			     GNUTLS_CERT_SIGNER_NOT_FOUND)) == 0;
}

/*
 * A key in the record (2 1 0) has no name: it takes that of whoever is said
 * to have issued a certificate that it has signed (RFC 7671, section 5.2.2).
 */
static enum says
try_bare_key(struct match *m, const struct tlsa *t)
{
	gnutls_datum_t spki = { .size = (unsigned)t->len };
	enum says says = SAYS_NO;

	spki.data = (unsigned char *)(uintptr_t)t->data;
	for (unsigned i = 0; i < m->v->nchain && says != SAYS_YES; i++) {
		gnutls_datum_t name = { NULL, 0 };
		gnutls_x509_crt_t authority = NULL;

		if (gnutls_x509_crt_get_raw_issuer_dn(m->v->chain[i], &name) ==
		    0)
			authority = bare_authority(&name, &spki);
		gnutls_free(name.data);
		if (authority == NULL)
			continue;
		if (m->signatures++ < SIGNATURES_MAX &&
		    has_signed(authority, m->v->chain[i]))
			says = try_anchor(m, t, authority);
		gnutls_x509_crt_deinit(authority);
	}
	return says;
}

/* DANE-TA: an anchor of the peer's own (RFC 7671, section 5.2).  The leaf
 * cannot be it: whoever means the leaf has usage 3 to say so. */
static enum says
try_dane_ta(struct match *m, const struct tlsa *t)
{
	for (unsigned i = 1; i < m->v->nchain; i++)
		if (tlsa_matches_cert(t, m->v->chain[i]) &&
		    try_anchor(m, t, m->v->chain[i]) == SAYS_YES)
			return SAYS_YES;
	if (t->matching != TLSA_FULL)
		return SAYS_NO;
	return t->selector == TLSA_CERT ? try_anchor_in_dns(m, t)
					: try_bare_key(m, t);
}

/* PKIX-EE: as pkix has it, and this very leaf. */
static enum says
try_pkix_ee(struct match *m, const struct tlsa *t)
{
	char what[VERDICT_TEXT + 32];

	if (!tlsa_matches_cert(t, m->v->chain[0]))
		return SAYS_NO;
	if (ask_configured(m) != SAYS_YES) {
		note_refusal(m, t, &m->configured);
		return SAYS_NO;
	}
	snprintf(
	    what, sizeof(what), "is of its leaf: %s", m->configured.evidence);
	return accept(m, t, m->configured.until, what);
}

/* PKIX-TA: as pkix has it, by a way that leads through this authority. */
static enum says
try_pkix_ta(struct match *m, const struct tlsa *t)
{
	struct verdict copy = { .nchain = 0 };
	struct wanted wanted = { t, false };
	enum says says;
	char what[VERDICT_TEXT + 64];

	for (unsigned i = 1; i < m->v->nchain; i++)
		(void)is_wanted(&wanted, m->v->chain[i]);
	if (m->tries == TRIES_MAX)
		says = too_many_tries(&copy);
	else
		says = ask_pkix(m, NULL, &wanted, &copy);
	m->tries += m->tries < TRIES_MAX;
	if (says == SAYS_YES) {
		snprintf(what, sizeof(what), "is of an authority of it: %s",
		    copy.evidence);
		return accept(m, t, copy.until, what);
	}
	if (wanted.seen)
		note_refusal(m, t, &copy);
	return SAYS_NO;
}

/* In the order of what they need. */
static const struct {
	enum tlsa_usage usage;
	enum says (*try)(struct match *, const struct tlsa *);
} usages[] = {
	{ TLSA_DANE_EE, try_dane_ee },
	{ TLSA_DANE_TA, try_dane_ta },
	{ TLSA_PKIX_EE, try_pkix_ee },
	{ TLSA_PKIX_TA, try_pkix_ta },
};

static void
note_unused(struct verdict *v, const struct dane_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->records[i].unusable != NULL)
			note(v, &set->records[i],
			    "is not used: ", set->records[i].unusable);
}

static enum says
try_record(struct match *m, size_t u, const struct tlsa *t)
{
	enum says says;

	m->noted = false;
	says = usages[u].try(m, t);
	if (says != SAYS_YES && !m->noted)
		note(m->v, t, "matches nothing that the peer showed", "");
	return says;
}

static enum says
refuse(const struct match *m, size_t usable)
{
	char text[TLSA_TEXT];

	if (m->in_vain != NULL)
		return verdict_refuse(m->v, (int)m->refusal.error,
		    m->refusal.alert, "record %s at %s matches, but %s",
		    tlsa_text(m->in_vain, text), m->set->owner,
		    m->refusal.reason);
	return verdict_refuse(m->v, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE,
	    "the %s matches none of the %zu usable records at %s",
	    m->v->raw_key.data != NULL ? "raw public key" : "certificate",
	    usable, m->set->owner);
}

enum says
dane_match(struct verdict *v, const struct dane_set *set)
{
	struct match m = { .v = v, .set = set };
	size_t usable = tlsa_choose(set->records, set->n);
	bool raw = v->raw_key.data != NULL;

	note_unused(v, set);
	if (usable == 0)
		return SAYS_CANNOT;
	if (!raw && v->nchain == 0)
		return verdict_refuse(v, EKEYREJECTED,
		    GNUTLS_A_CERTIFICATE_REQUIRED,
		    "the peer sent no certificate");
	if (!raw)
		m.name = choose_name(v, set);
	for (size_t u = 0; u < sizeof(usages) / sizeof(usages[0]); u++) {
		/* A key alone has no chain. */
		if (raw && usages[u].usage != TLSA_DANE_EE)
			continue;
		for (size_t i = 0; i < set->n; i++)
			if (set->records[i].unusable == NULL &&
			    set->records[i].usage == usages[u].usage &&
			    try_record(&m, u, &set->records[i]) == SAYS_YES)
				return SAYS_YES;
	}
	return refuse(&m, usable);
}
