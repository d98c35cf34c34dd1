/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * fingerprint: everything that a verdict rests on, as one SHA-256.  Verdicts
 * on questions with the same fingerprint are the same.
 */
#ifndef TLSPOOL_VERIFIER_FINGERPRINT_H
#define TLSPOOL_VERIFIER_FINGERPRINT_H

#include "daemon/ipc/verify.h"
#include "daemon/verifier/trust.h"

/* What a grant says of a question. */
struct fingerprint_asker {
	uint8_t role; /* enum app_role, ours */
	uint32_t flags;
	uint32_t uid;
	bool uid_counts; /* authorization depends on it */
};

/* False where it cannot be known: then there is none to be used. */
bool fingerprint_make(uint8_t out[DIGEST_SIZE], const struct trust *,
    const struct verify_req *, const struct fingerprint_asker *);

#endif
