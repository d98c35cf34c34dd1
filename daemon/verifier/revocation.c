/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * revocation: a list and an answer that contradict each other do no harm: who
 * is revoked by either of them is.  Which answer is about which certificate
 * is asked of the answers, not of their order.
 */
#include <errno.h>

#include "daemon/verifier/extensions.h"
#include "daemon/verifier/ocsp.h"
#include "daemon/verifier/revocation.h"

/* One certificate of the path and the one above it. */
struct check {
	struct verdict *v;
	const struct cert *cert, *issuer;
	struct revocation *spent;
	uint64_t *until;
	const char *fault; /* of the first answer that cannot be used */
};

static void
least(uint64_t *until, time_t t)
{
	if ((uint64_t)t < *until)
		*until = (uint64_t)t;
}

/* "pkix: CN=…: a stapled answer of OCSP says that it is not revoked". */
static void
note(struct check *c, const char *source, const char *what)
{
	char subject[SUBJECT_TEXT];

	if (c->v->steps != NULL)
		verdict_step(c->v, "pkix: %s: %s %s",
		    subject_text(c->cert->crt, subject), source, what);
}

static enum says
refuse(struct check *c)
{
	char subject[SUBJECT_TEXT];

	return verdict_refuse(c->v, EKEYREVOKED, GNUTLS_A_CERTIFICATE_REVOKED,
	    "%s is revoked", subject_text(c->cert->crt, subject));
}

static enum says
check_lists(struct check *c)
{
	struct verdict *v = c->v;
	char subject[SUBJECT_TEXT];
	time_t fresh;

	switch (crls_check(
	    v->trust->crls, c->cert->crt, c->issuer->crt, v->now, &fresh)) {
	case CRLS_REVOKED:
		note(c, "a list of its issuer", "has it");
		return refuse(c);
	case CRLS_GOOD:
		note(c, "a fresh list of its issuer", "does not have it");
		least(c->until, fresh);
		return SAYS_YES;
	case CRLS_UNKNOWN:
		note(c, "no fresh list of its issuer", "is there");
		break;
	}
	if (!v->require_crl)
		return SAYS_YES;
	return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_CERTIFICATE_UNKNOWN,
	    "there is no fresh revocation list of %s",
	    subject_text(c->issuer->crt, subject));
}

/* GOOD where one of the answers is, and none says that it is revoked. */
static enum ocsp_status
ask_answers(struct check *c)
{
	struct ocsp o = { .cert = c->cert,
		.issuer = c->issuer,
		.crls = c->v->trust->crls,
		.now = c->v->now,
		.signatures = REVOCATION_SIGNATURES - c->spent->signatures };
	struct blob list = c->v->ocsp, answer;
	enum ocsp_status status = OCSP_NONE;

	while (status != OCSP_REVOKED && wire_list_next(&list, &answer) == 1) {
		enum ocsp_status says = ocsp_judge(&o, answer);

		note(c, "a stapled answer of OCSP",
		    says == OCSP_GOOD	   ? "says that it is not revoked"
		    : says == OCSP_REVOKED ? "says that it is revoked"
					   : o.fault);
		if (says == OCSP_GOOD)
			least(c->until, o.until);
		if (says != OCSP_NONE)
			status = says;
		else if (c->fault == NULL)
			c->fault = o.fault;
	}
	c->spent->signatures = REVOCATION_SIGNATURES - o.signatures;
	return status;
}

/*
 * An answer that cannot be used is as good as none: whoever stole a key would
 * send none.  Only a certificate that demands one tells the two apart (RFC
 * 7633, section 4); a client cannot be asked for one before TLS 1.3, so that
 * this is not asked of it.
 */
static enum says
check_answers(struct check *c, bool leaf)
{
	char subject[SUBJECT_TEXT];

	switch (ask_answers(c)) {
	case OCSP_REVOKED:
		return refuse(c);
	case OCSP_GOOD:
		return SAYS_YES;
	case OCSP_NONE:
		break;
	}
	if (!leaf || !c->v->peer_is_server || !extensions_must_staple(c->cert))
		return SAYS_YES;
	return verdict_refuse(c->v, EKEYREJECTED, ALERT_BAD_STATUS_RESPONSE,
	    "%s must come with an answer of OCSP, and %s%s",
	    subject_text(c->cert->crt, subject),
	    c->fault == NULL ? "came without" : "the one that it came with ",
	    c->fault == NULL ? "" : c->fault);
}

enum says
revocation_check(struct verdict *v, const struct path *path,
    struct revocation *spent, uint64_t *until)
{
	for (unsigned i = 0; i + 1 < path->n; i++) {
		struct check c = { .v = v,
			.cert = path->links[i],
			.issuer = path->links[i + 1],
			.spent = spent,
			.until = until };

		if (check_lists(&c) != SAYS_YES ||
		    check_answers(&c, i == 0) != SAYS_YES)
			return SAYS_NO;
	}
	return SAYS_YES;
}
