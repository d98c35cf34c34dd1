/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * crls: a directory of revocation lists, and what they say of a certificate.
 */
#ifndef TLSPOOL_VERIFIER_CRLS_H
#define TLSPOOL_VERIFIER_CRLS_H

#include "daemon/verifier/crl.h"
#include "daemon/verifier/digest.h"

enum {
	CRLS_MAX = 4096, /* files */
	CRLS_FILE_MAX = 64 * 1024 * 1024,
};

struct crls;

/* An empty set; NULL where there is no memory. */
struct crls *crls_new(void);
void crls_free(struct crls *);

/* How many lists there are. */
size_t crls_count(const struct crls *);

/* How often anything in it has changed. */
uint64_t crls_changes(const struct crls *);

/* Adds what the files say, in the order of their names. */
void crls_digest(const struct crls *, struct digest *);

/*
 * Takes up what has changed in the directory: files that are new, other, or
 * gone.  A file that is bad is logged, and what it said before stays.
 * Returns 0, or -1 and errno where the directory cannot be read: all stays.
 */
int crls_refresh(struct crls *, const char *directory);

/*
 * Takes up the contents of one file, PEM or DER, in the place of what the file
 * of that name had.  Returns 0, or -1 and one sentence in error.
 */
int crls_add(struct crls *, const char *name, const gnutls_datum_t *,
    char *error, size_t error_size);

enum crls_result {
	CRLS_GOOD,    /* a fresh list does not have it */
	CRLS_REVOKED, /* the newest list has it */
	CRLS_UNKNOWN, /* there is no list of the issuer, or no fresh one */
};

/*
 * Is the certificate, which issuer has signed, revoked?  GOOD: *until is when
 * the list is out of date.
 */
enum crls_result crls_check(struct crls *, gnutls_x509_crt_t,
    gnutls_x509_crt_t issuer, time_t now, time_t *until);

#endif
