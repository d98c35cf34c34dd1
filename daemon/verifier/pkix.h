/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * pkix: the method that believes a chain of certificates to a configured
 * anchor (RFC 5280) and the names in its leaf (RFC 9525).
 */
#ifndef TLSPOOL_VERIFIER_PKIX_H
#define TLSPOOL_VERIFIER_PKIX_H

#include "daemon/verifier/verdict.h"

/* Cannot speak only of raw public keys, and where the configuration has no
 * anchors. */
enum says pkix_ask(struct verdict *);

/*
 * The same, but only by ways that lead through an authority that is wanted:
 * wanted() is called with each that is above the leaf, the anchor included.
 */
enum says pkix_ask_through(
    struct verdict *, bool (*wanted)(void *arg, gnutls_x509_crt_t), void *arg);

#endif
