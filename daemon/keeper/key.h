/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * key: a private key in the memory of this process, and nowhere else.
 */
#ifndef TLSPOOL_KEEPER_KEY_H
#define TLSPOOL_KEEPER_KEY_H

#include <stdbool.h>

#include "daemon/ipc/credential.h"
#include "daemon/keeper/file.h"
#include "daemon/keeper/signer.h"

struct chain;

struct key {
	struct signer signer;
	gnutls_pk_algorithm_t pk;
	unsigned bits;
	uint8_t id[KEY_ID_SIZE];
	bool quick;	    /* to sign takes no more than some 0.3 ms … */
	bool slow;	    /* … or any time */
	struct stamp stamp; /* of its file */
};

/*
 * Loads what a reference names: "file:/absolute/path", or the URI of a key in
 * a token, which is that of the certificate and is not looked at before it
 * signs.  NULL and trouble: EACCES the keeper may not read it, EINVAL it is no
 * key, or an encrypted one, EOPNOTSUPP a reference that is not served.
 */
struct key *key_load(
    const char *reference, const struct chain *, struct trouble *);

/* The same from PEM or DER: PKCS #8, PKCS #1 or SEC 1. */
struct key *key_parse(const uint8_t *data, size_t len, struct trouble *);

void key_free(struct key *);

/* The path of a reference; NULL where it names no file. */
const char *key_path(const char *reference);

#endif
