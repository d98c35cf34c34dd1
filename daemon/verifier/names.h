/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * names: the names that a certificate carries, and which of them is the
 * identity of its holder.  Nothing here says whether the certificate is to be
 * believed.
 */
#ifndef TLSPOOL_VERIFIER_NAMES_H
#define TLSPOOL_VERIFIER_NAMES_H

#include <gnutls/x509.h>

#include "daemon/verifier/peername.h"

/*
 * Does the certificate present the expected name?  A domain is looked for in
 * the dNSNames, an address in the iPAddresses, a user in the rfc822Names of
 * the subjectAltName; the subject's common name does not count.
 */
bool names_present(gnutls_x509_crt_t, const struct peername *expected);

/*
 * Calls for each name in the subjectAltName, of whatever kind, with its
 * gnutls_x509_subject_alt_name_t; for none where that cannot be read.
 */
void names_each(gnutls_x509_crt_t,
    void (*call)(unsigned type, const gnutls_datum_t *, void *arg), void *arg);

enum names_result {
	NAMES_FOUND,
	NAMES_NONE,	      /* there is no name in it */
	NAMES_USER_REFUSED,   /* there is only a user */
	NAMES_DOMAIN_REFUSED, /* there is only a domain */
	NAMES_BOTH_REFUSED,
};

/*
 * Maps the certificate to one identity: the first rfc822Name that is a user;
 * else the first dNSName that is a domain and no wildcard; else the first one
 * that is the name of a client only, see peername_client(); and where there is
 * no subjectAltName of these kinds, the subject: dc=… is a domain, uid=…,dc=…
 * a user.  The kinds in flags (APP_REFUSE_USERS, APP_REFUSE_DOMAINS) are
 * passed over.
 */
enum names_result names_identity(
    gnutls_x509_crt_t, uint32_t flags, struct peername *identity);

/* One sentence about a result that is not NAMES_FOUND. */
const char *names_reason(enum names_result);

/* Is this kind of name one that flags refuse? */
enum names_result names_refused(enum peername_kind, uint32_t flags);

#endif
