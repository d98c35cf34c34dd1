/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * generate: makes keys, self-signed certificates and signing requests.  All of it
 * may take its time, and is called in a thread.
 */
#ifndef TLSPOOL_KEEPER_GENERATE_H
#define TLSPOOL_KEEPER_GENERATE_H

#include <stdint.h>

#include <gnutls/x509.h>

#include "daemon/keeper/trouble.h"

/* Checks the type ("ecdsa", "ed25519", "rsa"; NULL: ecdsa) and size of a key
 * to be made (0: the default); 0, or -1 and trouble. */
int generate_check(const char *type, uint32_t bits, struct trouble *);

/* Makes a key that generate_check() has let pass; NULL and trouble. */
gnutls_x509_privkey_t generate_key(
    const char *type, uint32_t bits, struct trouble *);

/* PEM, to be freed with gnutls_free(); the key's (PKCS #8) is to be wiped
 * first.  0, or -1 and trouble. */
int generate_pem(gnutls_x509_privkey_t, gnutls_datum_t *, struct trouble *);
int generate_certificate(gnutls_x509_privkey_t, const char *name, uint32_t days,
    gnutls_datum_t *, struct trouble *);
int generate_request(gnutls_x509_privkey_t, const char *name, gnutls_datum_t *,
    struct trouble *);

#endif
