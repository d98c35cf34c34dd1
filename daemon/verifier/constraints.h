/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * constraints: whether the names of a certificate are ones that an authority
 * above it may vouch for (RFC 5280, section 4.2.1.10).
 */
#ifndef TLSPOOL_VERIFIER_CONSTRAINTS_H
#define TLSPOOL_VERIFIER_CONSTRAINTS_H

#include "daemon/verifier/cert.h"
#include "daemon/verifier/peername.h"

enum constraints {
	CONSTRAINTS_KEPT,
	CONSTRAINTS_BROKEN,
	CONSTRAINTS_MALFORMED, /* the constraints themselves */
	CONSTRAINTS_TOO_MANY,  /* comparisons */
};

/*
 * Compares the names of the certificate with the constraints of the authority,
 * which may have none.  Identity, where it is not NULL, is one more of its
 * names: one that was read from a subject is not in the subjectAltName.  Every
 * comparison takes one off budget.
 */
enum constraints constraints_check(const struct cert *authority,
    const struct cert *, const struct peername *identity, unsigned *budget);

#endif
