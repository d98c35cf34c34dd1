/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * paper: keys and certificates for tests, good ones and bad ones.
 */
#ifndef TLSPOOL_TEST_PAPER_H
#define TLSPOOL_TEST_PAPER_H

#include <stdbool.h>

#include <gnutls/x509.h>

struct paper {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
};

enum { DAY = 24 * 3600 };

/* What to make; zeroes are what is usual. */
struct paper_wish {
	const char *name; /* dNSName, or rfc822Name where it has an @ */
	const char *dn;	  /* subject, instead of CN=name */
	const struct paper *issuer; /* NULL: itself */
	gnutls_pk_algorithm_t pk;   /* ECDSA */
	unsigned bits;
	long from, until; /* seconds from now; -DAY and DAY */
	bool ca;
	bool no_names;
	const char *responder; /* the URL of one, of OCSP */
};

/* Ends the test where it cannot be made. */
struct paper paper_make(const struct paper_wish *);
void paper_free(struct paper *);

/* Writes PEM to a file in dir, and its path to path; each of certs is
 * appended to the one before. */
void paper_write_key(const struct paper *, const char *path);
void paper_write_chain(
    const struct paper *const *certs, size_t n, const char *path);

#endif
