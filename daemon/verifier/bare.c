/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * bare: the order of the fields of RFC 5280, section 4.1.
 */
#include <stdlib.h>

#include "daemon/verifier/bare.h"
#include "daemon/verifier/tlv.h"

bool
bare_key(gnutls_x509_crt_t cert, gnutls_datum_t *der, gnutls_datum_t *spki)
{
	struct tlv in, certificate, tbs, part, key;
	bool found;

	if (gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_DER, der) != 0)
		return false;
	in = (struct tlv){ der->data, der->size };
	found = tlv_take(&in, TLV_SEQUENCE, &certificate) &&
		tlv_take(&certificate, TLV_SEQUENCE, &tbs);
	if (found) /* the version: not there in version 1 */
		(void)tlv_take(&tbs, TLV_EXPLICIT, &part);
	found = found && tlv_take(&tbs, TLV_INTEGER, &part) && /* serial */
		tlv_take(&tbs, TLV_SEQUENCE, &part) &&	       /* signature */
		tlv_take(&tbs, TLV_SEQUENCE, &part) &&	       /* issuer */
		tlv_take(&tbs, TLV_SEQUENCE, &part) &&	       /* validity */
		tlv_take(&tbs, TLV_SEQUENCE, &part) &&	       /* subject */
		tlv_whole(&tbs, TLV_SEQUENCE, &key) == 0;
	if (!found) {
		gnutls_free(der->data);
		der->data = NULL;
		return false;
	}
	spki->data = der->data + (key.data - der->data);
	spki->size = (unsigned)key.len;
	return true;
}

/* What is the same in all of them. */

/* ecdsa-with-SHA256, which is what the signature claims to be */
static const uint8_t algorithm[] = { TLV_SEQUENCE, 10, 0x06, 8, 0x2a, 0x86,
	0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };

/* a BIT STRING of a SEQUENCE of two numbers */
static const uint8_t signature[] = { TLV_BIT_STRING, 9, 0, TLV_SEQUENCE, 6,
	TLV_INTEGER, 1, 1, TLV_INTEGER, 1, 1 };

/* [3] { basicConstraints: critical, CA; keyUsage: critical, keyCertSign and
 * cRLSign } */
static const uint8_t extensions[] = { TLV_EXPLICIT + 3, 35, TLV_SEQUENCE, 33,
	TLV_SEQUENCE, 15, 0x06, 3, 0x55, 0x1d, 0x13, TLV_BOOLEAN, 1, 0xff,
	TLV_OCTET_STRING, 5, TLV_SEQUENCE, 3, TLV_BOOLEAN, 1, 0xff,
	TLV_SEQUENCE, 14, 0x06, 3, 0x55, 0x1d, 0x0f, TLV_BOOLEAN, 1, 0xff,
	TLV_OCTET_STRING, 4, TLV_BIT_STRING, 2, 1, 0x06 };

/* from 1970 to what RFC 5280, 4.1.2.5, calls no well-defined end */
static const uint8_t validity[] = { TLV_SEQUENCE, 32, TLV_UTC_TIME, 13, '7',
	'0', '0', '1', '0', '1', '0', '0', '0', '0', '0', '0', 'Z',
	TLV_GENERALIZED_TIME, 15, '9', '9', '9', '9', '1', '2', '3', '1', '2',
	'3', '5', '9', '5', '9', 'Z' };

/* [0] { version 3 }, and serial number 1 */
static const uint8_t head[] = { TLV_EXPLICIT, 3, TLV_INTEGER, 1, 2, TLV_INTEGER,
	1, 1 };

gnutls_x509_crt_t
bare_authority(const gnutls_datum_t *name, const gnutls_datum_t *spki)
{
	struct tlv_writer w = { 0 };
	gnutls_x509_crt_t cert = NULL;
	gnutls_datum_t der;
	size_t size, end;

	size = 256 + 2 * (size_t)name->size + spki->size;
	if ((w.data = malloc(size)) == NULL)
		return NULL;
	w.at = size;
	tlv_put(&w, signature, sizeof(signature));
	tlv_put(&w, algorithm, sizeof(algorithm));
	end = w.at;
	tlv_put(&w, extensions, sizeof(extensions));
	tlv_put(&w, spki->data, spki->size);
	tlv_put(&w, name->data, name->size);
	tlv_put(&w, validity, sizeof(validity));
	tlv_put(&w, name->data, name->size);
	tlv_put(&w, algorithm, sizeof(algorithm));
	tlv_put(&w, head, sizeof(head));
	tlv_wrap(&w, TLV_SEQUENCE, end);
	tlv_wrap(&w, TLV_SEQUENCE, size);
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
