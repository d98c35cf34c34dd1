/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * credentials: an identity's certificates as GnuTLS wants them.  Parsed once
 * for as long as the keeper answers with the same ones.
 */
#ifndef TLSPOOL_WORKER_CREDENTIALS_H
#define TLSPOOL_WORKER_CREDENTIALS_H

#include <gnutls/gnutls.h>

#include "daemon/ipc/wire.h"

struct credentials;

enum { CREDENTIALS_DIGEST_SIZE = 32 };

/* From credential_ans.credentials, counted; NULL: they are no credentials. */
struct credentials *credentials_get(struct blob list);
struct credentials *credentials_hold(struct credentials *);
void credentials_unref(struct credentials *);

/* The keeper's word that the certificates are ours: with it the verifier is
 * asked what there is to staple to them. */
void credentials_vouched(struct credentials *, struct blob voucher);

/* What a session of that role (enum app_role) is given. */
gnutls_certificate_credentials_t credentials_for(
    struct credentials *, unsigned role);

/* Of CREDENTIALS_DIGEST_SIZE bytes, and another one for other credentials;
 * NULL for NULL. */
const uint8_t *credentials_digest(const struct credentials *);

/* Empties the cache. */
void credentials_forget(void);

/*
 * Called by GnuTLS, through credentials, in the fiber of a handshake: a
 * signature under the keeper's key of that id.  0 or a GnuTLS error.
 */
int credentials_sign(struct blob key, gnutls_sign_algorithm_t algorithm,
    const gnutls_datum_t *digest, gnutls_datum_t *signature);

#endif
