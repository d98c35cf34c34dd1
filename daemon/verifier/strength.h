/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * strength: which keys and signatures of certificates are used at all.
 */
#ifndef TLSPOOL_VERIFIER_STRENGTH_H
#define TLSPOOL_VERIFIER_STRENGTH_H

#include <stdbool.h>

#include <gnutls/x509.h>

/* Is its key of a kind and a size whose signatures can be checked in a
 * moment, whoever made it? */
bool strength_key_usable(gnutls_x509_crt_t);

/* Is its key as strong as 112 bits, the profile "medium" of GnuTLS? */
bool strength_key(gnutls_x509_crt_t);

/* Is it signed with an algorithm that is as strong? */
bool strength_signature(gnutls_x509_crt_t);

#endif
