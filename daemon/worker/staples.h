/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * staples: the answers of OCSP that this worker staples to certificates of
 * the pool's.  The verifier fetches them; no handshake waits for one.
 */
#ifndef TLSPOOL_WORKER_STAPLES_H
#define TLSPOOL_WORKER_STAPLES_H

#include <gnutls/abstract.h>

#include "daemon/ipc/wire.h"

struct edge;
struct packet;
struct staple;

/* What there is, or will be, for a chain: counted.  NULL: no memory. */
struct staple *staple_get(const gnutls_pcert_st *, unsigned nchain);
void staple_unref(struct staple *); /* NULL is fine */

/*
 * Asks the verifier, where that is due, with the keeper's word that the chain
 * is ours.
 */
void staple_ask(struct staple *, struct blob voucher, const gnutls_pcert_st *,
    unsigned nchain);

/* For GnuTLS: a copy of the answer in *out, or GNUTLS_E_NO_CERTIFICATE_STATUS
 * where there is none that is good now. */
int staple_copy(const struct staple *, gnutls_datum_t *out);

/* The verifier has something: a row of the table of edge_handlers. */
int staple_answered(struct edge *, struct packet *, void *staple_ans);

/* The verifier has gone, and with it whom it wanted to tell. */
void staples_edge_down(void);

/* At the end, when no credentials are left. */
void staples_forget(void);

#endif
