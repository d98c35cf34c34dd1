/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tlsa: one TLSA or SMIMEA record (RFC 6698, RFC 8162; their RDATA is the
 * same), what can be used of it, and which certificates and keys it matches.
 */
#ifndef TLSPOOL_VERIFIER_TLSA_H
#define TLSPOOL_VERIFIER_TLSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gnutls/x509.h>

enum tlsa_usage {
	TLSA_PKIX_TA = 0,
	TLSA_PKIX_EE = 1,
	TLSA_DANE_TA = 2,
	TLSA_DANE_EE = 3,
};

enum tlsa_selector {
	TLSA_CERT = 0,
	TLSA_SPKI = 1,
};

enum tlsa_matching {
	TLSA_FULL = 0,
	TLSA_SHA256 = 1,
	TLSA_SHA512 = 2,
};

struct tlsa {
	uint8_t usage, selector, matching;
	const uint8_t *data; /* of the certificate association; the RDATA's */
	size_t len;
	/* Why it is not used, or NULL.  Whoever asks may have reasons of its
	 * own: RFC 7672, 3.1.3, has SMTP do without usages 0 and 1. */
	const char *unusable;
};

/*
 * Takes the RDATA of a record, any bytes at all, which must outlive *tlsa.
 * It never fails: what cannot be used says so.  A record that came from DNS
 * is there, were it only to be unusable.
 */
void tlsa_parse(struct tlsa *, const uint8_t *rdata, size_t len);

/*
 * Digest algorithm agility (RFC 7671, section 9): among the records of the
 * same usage and selector only the strongest digest is used, and the full
 * data.  Returns how many of all of them remain to be used.
 */
size_t tlsa_choose(struct tlsa *records, size_t n);

/* Does a record that is usable match? */
bool tlsa_matches_cert(const struct tlsa *, gnutls_x509_crt_t);

/* The same for a SubjectPublicKeyInfo that comes without a certificate (RFC
 * 7250); a record of a certificate never does. */
bool tlsa_matches_key(const struct tlsa *, const gnutls_datum_t *spki);

/* "3 1 1 8cb0fc6c527506a0…", for people. */
enum { TLSA_TEXT = 64 };
const char *tlsa_text(const struct tlsa *, char text[TLSA_TEXT]);

#endif
