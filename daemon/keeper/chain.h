/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * chain: a certificate and those that lead from it towards an anchor.
 */
#ifndef TLSPOOL_KEEPER_CHAIN_H
#define TLSPOOL_KEEPER_CHAIN_H

#include <stdbool.h>
#include <time.h>

#include <gnutls/gnutls.h>

#include "daemon/ipc/credential.h"
#include "daemon/ipc/voucher.h"
#include "daemon/keeper/trouble.h"

enum {
	CHAIN_LINKS = 16,
	CHAIN_NAMES = 128,
};

struct chain_link {
	char *subject;
	time_t from, until;
};

struct chain {
	size_t nlinks; /* [0] is the leaf */
	struct chain_link links[CHAIN_LINKS];
	struct blob der; /* list of certificates, as in credential_row */
	uint8_t id[KEY_ID_SIZE];
	uint8_t whole[CHAIN_ID_SIZE]; /* see voucher.h */
	bool responder;		      /* the leaf names one, of OCSP */
	gnutls_pk_algorithm_t pk;
	unsigned bits;
	char *issuer; /* of the leaf */
	size_t nnames;
	char *names[CHAIN_NAMES]; /* that the leaf has, in lower case */
};

/*
 * Parses PEM, or DER of one certificate, and checks all that does not change
 * with time: order, kind and size of key.  NULL and trouble.  Incomplete
 * chains are fine.
 */
struct chain *chain_parse(const uint8_t *data, size_t len, struct trouble *);
void chain_free(struct chain *);

/* The size of a key as people say it: GnuTLS counts P-521 in whole bytes. */
unsigned chain_key_bits(gnutls_pk_algorithm_t, unsigned bits);

/* May a key of this kind and size be used?  0, or -1 and trouble. */
int chain_check_key(gnutls_pk_algorithm_t, unsigned bits, struct trouble *);

/* Is every certificate valid at that time?  0, or -1 and EKEYEXPIRED. */
int chain_check_time(const struct chain *, time_t now, struct trouble *);

/* Does the leaf name this identity (in lower case)? */
bool chain_covers(const struct chain *, const char *name);

/* "ECDSA P-256", "RSA 2048", "Ed25519". */
void chain_key_type(const struct chain *, char *out, size_t size);

#endif
