/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * exhibit: the certificates of a peer, described for somebody who wants to see
 * them and should not have to parse them.
 */
#ifndef TLSPOOL_VERIFIER_EXHIBIT_H
#define TLSPOOL_VERIFIER_EXHIBIT_H

#include <gnutls/x509.h>

#include "daemon/ipc/app.h"
#include "daemon/ipc/credential.h"

/*
 * Writes a list of TRACE_CERT, one for each certificate, into list, of
 * APP_TRACE_CERTS_MAX bytes; it ends before the first that there is no room
 * for.
 */
struct blob exhibit_chain(
    const gnutls_x509_crt_t *chain, unsigned n, uint8_t *list);

/* The same of a raw public key, of which there is the hash, and no more. */
struct blob exhibit_key(const uint8_t hash[KEY_ID_SIZE], uint8_t *list);

#endif
