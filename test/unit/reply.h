/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * reply: answers of OCSP of any shape, good and bad, made in memory for tests.
 */
#ifndef TLSPOOL_TEST_REPLY_H
#define TLSPOOL_TEST_REPLY_H

#include "test/unit/authority.h"

/* All zeroes but for the three holders is a good answer, an hour old. */
struct reply {
	const struct holder *cert, *issuer; /* whom it is about */
	const struct holder *signer;
	const struct holder *along;  /* a certificate in it, or NULL */
	const struct holder *along2; /* another one, in front of it */
	bool by_key;		     /* the responder is named by its key */
	const struct holder *posing; /* who it says it is; NULL: signer */
	enum { REPLY_GOOD, REPLY_REVOKED, REPLY_UNKNOWN } status;
	long from, until;		  /* seconds from now; 0: an hour */
	bool undated;			  /* no nextUpdate */
	gnutls_digest_algorithm_t id;	  /* of the CertID; 0: SHA-1 */
	gnutls_digest_algorithm_t digest; /* signed with; 0: SHA-256 */
	uint8_t response_status;	  /* 0: successful */
	bool wrong_name, wrong_key;	  /* in the CertID */
	bool critical, critical_single;	  /* an unknown extension */
	bool plain_extension;		  /* one that is not critical */
	bool short_date;		  /* a date without seconds */
	bool local_date;		  /* one that is not in UTC */
	bool other_type;		  /* no id-pkix-ocsp-basic */
	bool trailing;			  /* a byte behind it */
	/* In front of it, another single answer, about the same certificate:
	 * an older one that says REVOKED. */
	bool older_revoked;
};

/* The answer, in DER; free with gnutls_free(). */
gnutls_datum_t reply_make(const struct reply *);

#endif
