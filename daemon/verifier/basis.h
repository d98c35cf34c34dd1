/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * basis: one number for everything of the administrator's that verdicts rest
 * on: the same after a restart, and another one when anything has changed.
 */
#ifndef TLSPOOL_VERIFIER_BASIS_H
#define TLSPOOL_VERIFIER_BASIS_H

#include "daemon/verifier/trust.h"

/*
 * Notes what the configuration says of trust, authorization and the DNS, with
 * the trust anchor of DNSSEC as it stands in its file.
 */
void basis_configure(struct trust *, const struct config *);

/* Computes trust->basis anew, and trust->generation where it is another. */
void basis_renew(struct trust *);

/*
 * Changes whenever anything that a verdict rests on does, also when it changes
 * back: what was begun before is not to be remembered.
 */
uint64_t basis_generation(const struct trust *);

/* The first eight bytes of trust->basis, as a number. */
uint64_t basis_mark(const struct trust *);

#endif
