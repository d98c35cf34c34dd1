/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * digest: the SHA-256 of a row of values, each with its length in front, so
 * that no two rows look the same.
 */
#ifndef TLSPOOL_VERIFIER_DIGEST_H
#define TLSPOOL_VERIFIER_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gnutls/crypto.h>

enum { DIGEST_SIZE = 32 };

struct digest {
	gnutls_hash_hd_t hash; /* NULL: there was no memory */
};

void digest_begin(struct digest *);
void digest_bytes(struct digest *, const void *, size_t len);
void digest_text(struct digest *, const char *text_or_null);
void digest_number(struct digest *, uint64_t);
/* To be called in every case.  False, and zeros: there was no memory. */
bool digest_end(struct digest *, uint8_t out[DIGEST_SIZE]);

#endif
