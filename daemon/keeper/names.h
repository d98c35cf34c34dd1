/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * names: the identities that a certificate names.
 */
#ifndef TLSPOOL_KEEPER_NAMES_H
#define TLSPOOL_KEEPER_NAMES_H

#include <stddef.h>

#include <gnutls/x509.h>

/*
 * Fills names (each to be freed) with the dNSName and rfc822Name entries, in
 * lower case; where there are none, with what uid= and dc= of the subject
 * say.  Names that are no identities are passed over.  0, or -1 (no memory).
 */
int names_of_certificate(
    gnutls_x509_crt_t, char **names, size_t space, size_t *n);

#endif
