/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * extensions: the rules of RFC 5280, sections 4.1 and 4.2, that one
 * certificate keeps or breaks by itself.
 */
#ifndef TLSPOOL_VERIFIER_EXTENSIONS_H
#define TLSPOOL_VERIFIER_EXTENSIONS_H

#include "daemon/verifier/cert.h"

enum cert_place {
	PLACE_LEAF,
	PLACE_MIDDLE,
	PLACE_ANCHOR,
};

/*
 * Why the certificate may not stand in this place, as what follows its name
 * in a sentence ("has …"); NULL: it may.  Strict: also where what is wrong
 * harms nothing and is frequent among private authorities.
 */
const char *extensions_fault(const struct cert *, enum cert_place, bool strict);

/* May it be used for this purpose of RFC 5280, section 4.2.1.12, or does it
 * not say?  Purpose is GNUTLS_KP_TLS_WWW_SERVER or GNUTLS_KP_TLS_WWW_CLIENT. */
bool extensions_allow(const struct cert *, const char *purpose);

/* Is it said to be for signing answers of OCSP (RFC 6960, 4.2.2.2)?  That it
 * is for anything is not enough. */
bool extensions_signs_ocsp(const struct cert *);

/* Does it demand that a server that shows it staples an answer of OCSP, too
 * (RFC 7633)? */
bool extensions_must_staple(const struct cert *);

#endif
