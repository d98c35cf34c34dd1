/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * authority: certificates and revocation lists of any shape, good and bad,
 * made in memory for tests.
 */
#ifndef TLSPOOL_TEST_AUTHORITY_H
#define TLSPOOL_TEST_AUTHORITY_H

#include <stdbool.h>

#include <gnutls/x509.h>

#include "daemon/ipc/wire.h"

enum {
	HOUR = 3600,
	DAY = 24 * HOUR,
};

#define OID_DC	"0.9.2342.19200300.100.1.25"
#define OID_UID "0.9.2342.19200300.100.1.1"
#define OID_CN	"2.5.4.3"
#define OID_OU	"2.5.4.11"

/* A certificate and its key. */
struct holder {
	gnutls_x509_crt_t cert;
	gnutls_x509_privkey_t key;
};

/* What it is to look like; all zeroes is a good leaf without a name. */
struct shape {
	/* In the order of the DER, most general first. */
	struct {
		const char *oid, *value;
	} subject[6];
	struct {
		unsigned type; /* gnutls_x509_subject_alt_name_t */
		const char *value;
		size_t len; /* 0: of the text */
	} alt[6];
	long from, until; /* seconds from now; both 0: an hour ago, a day on */
	bool ca;
	int pathlen;	/* of a CA, + 1; 0: no limit */
	unsigned usage; /* 0: not said */
	const char *purposes[3];
	const char *permitted;		  /* name constraint: a domain */
	gnutls_digest_algorithm_t digest; /* 0: SHA-256 */
	unsigned rsa_bits;		  /* 0: ECDSA P-256 */
	bool pss;			  /* an RSA-PSS key */
	bool only_public;      /* RSA: a number for the key, which nobody has */
	size_t exponent_bytes; /* of such a one; 0: 65537 */
	const struct holder *key_of; /* NULL: a key of its own */
	bool critical_unknown;	     /* has an unknown extension */
	bool no_basic;		     /* no basicConstraints */
	bool first_version;	     /* version 1 */
	struct {
		bool excluded;
		uint8_t tag; /* of a GeneralName */
		const char *value;
		size_t len; /* 0: of the text */
	} limits[4];	    /* name constraints, whatever they are */
	struct {
		const char *oid, *value;
		size_t len;
		bool critical;
	} raw[4];	    /* extensions, in DER */
	const char *serial; /* NULL: the next one */
	size_t serial_len;
	bool quiet_names; /* alt never critical, even without a subject */
};

/* issuer NULL: self-signed.  Fails the test where it cannot be made. */
struct holder holder_make(const struct shape *, const struct holder *issuer);
void holder_free(struct holder *);

/* A revocation list of the n certificates; free with gnutls_free(). */
gnutls_datum_t crl_make(const struct holder *issuer,
    const struct holder *const *revoked, size_t n, long from, long until,
    gnutls_x509_crt_fmt_t format);

/* The certificates in PEM, one behind the other. */
gnutls_datum_t pem_make(const struct holder *const *, size_t n);

/* The certificates as a list of a message, in buf. */
struct blob chain_make(
    const struct holder *const *, size_t n, uint8_t *buf, size_t size);

#endif
