/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * ocsp: what a responder of an authority says of a certificate (RFC 6960):
 * the request, and the judgement of an answer, wherever that came from.
 */
#ifndef TLSPOOL_VERIFIER_OCSP_H
#define TLSPOOL_VERIFIER_OCSP_H

#include <time.h>

#include "daemon/ipc/wire.h"
#include "daemon/verifier/cert.h"
#include "daemon/verifier/crls.h"

enum {
	OCSP_REQUEST_MAX = 128,	     /* bytes */
	OCSP_URL_MAX = 1024,	     /* with the NUL */
	OCSP_SIGNERS = 4,	     /* certificates of an answer */
	OCSP_LATE = 5 * 60,	     /* seconds that clocks may differ */
	OCSP_UNDATED = 24 * 60 * 60, /* seconds: see ocsp_judge() */
};

enum ocsp_status {
	OCSP_NONE, /* nothing that can be used */
	OCSP_GOOD,
	OCSP_REVOKED,
};

struct ocsp {
	/* The question. */
	const struct cert *cert, *issuer; /* whose key has signed cert */
	struct crls *crls;		  /* on which a responder may be */
	time_t now;
	unsigned signatures; /* that may still be checked */

	/* The answer. */
	const char *fault; /* of NONE: "is signed by nobody who may" … */
	time_t this_update, until;
};

/*
 * What does the answer (OCSPResponse, DER) say?  Only what the issuer has
 * signed, or a responder that it has appointed for that, counts, and only
 * between thisUpdate and nextUpdate.  An answer that names no nextUpdate is
 * good for a day.
 */
enum ocsp_status ocsp_judge(struct ocsp *, struct blob answer);

/* The request for cert; its length, or 0. */
size_t ocsp_request(const struct ocsp *, uint8_t buf[OCSP_REQUEST_MAX]);

/*
 * The first http URL of a responder that the certificate names (RFC 5280,
 * section 4.2.2.1); NULL: none.
 */
const char *ocsp_responder(const struct cert *, char url[OCSP_URL_MAX]);

#endif
