/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * bare: bare public keys: that of a certificate, as it stands in it, and the
 * certificate that an authority might have that is known only by its key.
 */
#ifndef TLSPOOL_VERIFIER_BARE_H
#define TLSPOOL_VERIFIER_BARE_H

#include <stdbool.h>

#include <gnutls/x509.h>

/*
 * The SubjectPublicKeyInfo of a certificate, octet for octet, which GnuTLS
 * encodes anew when it is asked.  *der is to be freed with gnutls_free();
 * *spki points into it.  False where there is none.
 */
bool bare_key(gnutls_x509_crt_t, gnutls_datum_t *der, gnutls_datum_t *spki);

/*
 * A certificate of an authority of that name (DER) with that key, whose own
 * signature is nobody's; it never expires.  NULL where the key is none, or
 * there is no memory.
 */
gnutls_x509_crt_t bare_authority(
    const gnutls_datum_t *name, const gnutls_datum_t *spki);

#endif
