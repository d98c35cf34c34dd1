/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * bare: the order of the fields of RFC 5280, section 4.1.
 */
#include <stdlib.h>

#include "daemon/verifier/bare.h"
#include "daemon/verifier/der.h"

bool
bare_key(gnutls_x509_crt_t cert, gnutls_datum_t *der, gnutls_datum_t *spki)
{
	struct der in, certificate, tbs, part;
	const uint8_t *key;
	bool found;

	if (gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_DER, der) != 0)
		return false;
	in = (struct der){ der->data, der->data + der->size };
	found = der_enter(&in, DER_SEQUENCE, &certificate) &&
		der_enter(&certificate, DER_SEQUENCE, &tbs);
	if (found) /* the version: not there in version 1 */
		(void)der_enter(&tbs, DER_EXPLICIT, &part);
	found = found && der_enter(&tbs, DER_INTEGER, &part) && /* serial */
		der_enter(&tbs, DER_SEQUENCE, &part) &&		/* signature */
		der_enter(&tbs, DER_SEQUENCE, &part) &&		/* issuer */
		der_enter(&tbs, DER_SEQUENCE, &part) &&		/* validity */
		der_enter(&tbs, DER_SEQUENCE, &part);		/* subject */
	key = found ? tbs.at : NULL;
	if (!found || !der_enter(&tbs, DER_SEQUENCE, &part)) {
		gnutls_free(der->data);
		der->data = NULL;
		return false;
	}
	spki->data = der->data + (key - der->data);
	spki->size = (unsigned)(tbs.at - key);
	return true;
}

/* What is the same in all of them. */

/* ecdsa-with-SHA256, which is what the signature claims to be */
static const uint8_t algorithm[] = { DER_SEQUENCE, 10, 0x06, 8, 0x2a, 0x86,
	0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };

/* a BIT STRING of a SEQUENCE of two numbers */
static const uint8_t signature[] = { DER_BIT_STRING, 9, 0, DER_SEQUENCE, 6,
	DER_INTEGER, 1, 1, DER_INTEGER, 1, 1 };

/* [3] { basicConstraints: critical, CA; keyUsage: critical, keyCertSign and
 * cRLSign } */
static const uint8_t extensions[] = { DER_EXPLICIT + 3, 35, DER_SEQUENCE, 33,
	DER_SEQUENCE, 15, 0x06, 3, 0x55, 0x1d, 0x13, DER_BOOLEAN, 1, 0xff,
	DER_OCTET_STRING, 5, DER_SEQUENCE, 3, DER_BOOLEAN, 1, 0xff,
	DER_SEQUENCE, 14, 0x06, 3, 0x55, 0x1d, 0x0f, DER_BOOLEAN, 1, 0xff,
	DER_OCTET_STRING, 4, DER_BIT_STRING, 2, 1, 0x06 };

/* from 1970 to what RFC 5280, 4.1.2.5, calls no well-defined end */
static const uint8_t validity[] = { DER_SEQUENCE, 32, DER_UTC_TIME, 13, '7',
	'0', '0', '1', '0', '1', '0', '0', '0', '0', '0', '0', 'Z',
	DER_GENERALIZED_TIME, 15, '9', '9', '9', '9', '1', '2', '3', '1', '2',
	'3', '5', '9', '5', '9', 'Z' };

/* [0] { version 3 }, and serial number 1 */
static const uint8_t head[] = { DER_EXPLICIT, 3, DER_INTEGER, 1, 2, DER_INTEGER,
	1, 1 };

gnutls_x509_crt_t
bare_authority(const gnutls_datum_t *name, const gnutls_datum_t *spki)
{
	struct der_writer w = { 0 };
	gnutls_x509_crt_t cert = NULL;
	gnutls_datum_t der;
	size_t size, end;

	size = 256 + 2 * (size_t)name->size + spki->size;
	if ((w.data = malloc(size)) == NULL)
		return NULL;
	w.at = size;
	der_put(&w, signature, sizeof(signature));
	der_put(&w, algorithm, sizeof(algorithm));
	end = w.at;
	der_put(&w, extensions, sizeof(extensions));
	der_put(&w, spki->data, spki->size);
	der_put(&w, name->data, name->size);
	der_put(&w, validity, sizeof(validity));
	der_put(&w, name->data, name->size);
	der_put(&w, algorithm, sizeof(algorithm));
	der_put(&w, head, sizeof(head));
	der_wrap(&w, DER_SEQUENCE, end);
	der_wrap(&w, DER_SEQUENCE, size);
	der = (gnutls_datum_t){ w.data + w.at, (unsigned)(size - w.at) };
	if (w.full || gnutls_x509_crt_init(&cert) != 0) {
		cert = NULL;
	} else if (gnutls_x509_crt_import(cert, &der, GNUTLS_X509_FMT_DER) !=
		   0) {
		gnutls_x509_crt_deinit(cert);
		cert = NULL;
	}
	free(w.data);
	return cert;
}
