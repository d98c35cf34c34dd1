/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * crl: one certificate revocation list (RFC 5280, section 5), made ready for
 * being searched.
 */
#ifndef TLSPOOL_VERIFIER_CRL_H
#define TLSPOOL_VERIFIER_CRL_H

#include <stdbool.h>
#include <time.h>

#include <gnutls/x509.h>

struct crl;

/*
 * Takes a list that GnuTLS has parsed, in every case.  Returns it, or NULL
 * and a part of a sentence in *reason: "has … ".  Lists that are about a part
 * of the certificates of an authority, or about those of others, are not
 * used, as RFC 5280 requires of who cannot tell.
 */
struct crl *crl_new(gnutls_x509_crl_t, const char **reason);
void crl_free(struct crl *);

time_t crl_this_update(const struct crl *);
/* (time_t)-1: it does not say. */
time_t crl_next_update(const struct crl *);

/*
 * Is this a list of that authority, signed by its key?  The last key that was
 * found to be the one is remembered.
 */
bool crl_is_by(struct crl *, gnutls_x509_crt_t issuer);

/* Does it list the certificate's serial number? */
bool crl_lists(const struct crl *, gnutls_x509_crt_t);

#endif
