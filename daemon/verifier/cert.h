/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * cert: the parts of a certificate that decide whether it may stand where it
 * stands in a chain (RFC 5280, section 4).
 */
#ifndef TLSPOOL_VERIFIER_CERT_H
#define TLSPOOL_VERIFIER_CERT_H

#include <gnutls/x509.h>

#include "daemon/verifier/tlv.h"

/* The extensions that are known. */
enum cert_extension {
	EXT_SUBJECT_ATTRIBUTES,
	EXT_SUBJECT_KEY,
	EXT_KEY_USAGE,
	EXT_ALT_NAMES,
	EXT_BASIC,
	EXT_CONSTRAINTS,
	EXT_POLICIES,
	EXT_MAPPINGS,
	EXT_AUTHORITY_KEY,
	EXT_POLICY_LIMITS,
	EXT_PURPOSES,
	EXT_FRESHEST,
	EXT_INHIBIT_ANY,
	EXT_AUTHORITY_INFO,
	EXT_SUBJECT_INFO,
	EXT_FEATURES, /* of TLS: RFC 7633 */
	EXT_N,
};

struct cert {
	gnutls_x509_crt_t crt; /* not owned */
	gnutls_datum_t der;    /* owned; the rest points into it */

	struct tlv signed_part, signature; /* what is signed, and by what */
	struct tlv algorithm, signed_algorithm;
	struct tlv serial, issuer, subject; /* names: with their tags */
	struct tlv key;			    /* SubjectPublicKeyInfo */
	unsigned version;		    /* 1, 2, 3 */
	struct {
		bool present, critical;
		struct tlv value;
	} ext[EXT_N];
	bool any_extension, duplicate, unknown_critical;

	bool ca;
	int pathlen;	/* -1: none */
	unsigned usage; /* GNUTLS_KEY_…, where EXT_KEY_USAGE is present */
};

/* 0; -1 where it is not DER as RFC 5280 has it, or there is no memory.
 * cert_free() in every case. */
int cert_read(struct cert *, gnutls_x509_crt_t);
void cert_free(struct cert *);

/* Issuer and subject are the same name. */
bool cert_is_self_issued(const struct cert *);

/* Has its subject any part at all? */
bool cert_has_subject(const struct cert *);

bool cert_equal(const struct cert *, const struct cert *);

#endif
