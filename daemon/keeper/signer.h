/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * signer: a private key that can sign, and nothing else.  It is called in
 * threads, several at a time.
 */
#ifndef TLSPOOL_KEEPER_SIGNER_H
#define TLSPOOL_KEEPER_SIGNER_H

#include <gnutls/abstract.h>

#include "daemon/ipc/wire.h"
#include "daemon/keeper/trouble.h"

/* What is done with the digest. */
enum scheme {
	SCHEME_ECDSA,
	SCHEME_EDDSA, /* the message itself is signed */
	SCHEME_PKCS1, /* RSASSA-PKCS1-v1_5, RFC 8017 section 8.2 */
	SCHEME_PSS,   /* RSASSA-PSS with MGF1 of the same hash, and a salt as
			 long as it: RFC 8446 section 4.2.3 */
};

struct algorithm {
	gnutls_sign_algorithm_t sign;
	gnutls_pk_algorithm_t pk;
	enum scheme scheme;
	unsigned bits;	 /* of the only curve; 0: any size */
	unsigned digest; /* bytes; 0: the message itself */
};

enum { SIGNATURE_MAX = 2048 }; /* bytes: RSA with 16384 bits */

struct signature {
	size_t len;
	uint8_t data[SIGNATURE_MAX];
};

/* A private key, by those who can use it. */
struct signer {
	/* What algorithm_check() has let pass: 0, or -1 and trouble. */
	int (*sign)(void *key, const struct algorithm *, struct blob digest,
	    struct signature *, struct trouble *);
	void (*release)(void *key);
	void *key;
};

/* By GnuTLS, wherever the key is.  Takes it over. */
void signer_gnutls(struct signer *, gnutls_privkey_t);

/*
 * By the library that configure has chosen for keys in the memory of this
 * process.  begin: before the sandbox; 0, or -1.  memory, from one thread only:
 * takes the key over, also where it fails: 0, or -1 and trouble.
 */
int signer_begin(void);
/* The longest key of RSA, in bits, that it signs with in some 0.3 ms. */
extern const unsigned signer_quick_rsa;
int signer_memory(struct signer *, gnutls_privkey_t, struct trouble *);

/* One that is all zeroes is fine. */
void signer_release(struct signer *);

#endif
