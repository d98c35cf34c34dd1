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

#endif
