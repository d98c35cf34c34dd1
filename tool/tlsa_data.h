/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tlsa_data: the data of a TLSA record to publish, out of a certificate or a
 * key.
 */
#ifndef TLSPOOL_TOOL_TLSA_DATA_H
#define TLSPOOL_TOOL_TLSA_DATA_H

#include <stdint.h>

#include <gnutls/gnutls.h>

/* What is to be published: of the values of RFC 6698. */
struct tlsa_kind {
	uint8_t usage, selector, matching;
};

/*
 * The data, to be freed with gnutls_free(), of a certificate in DER.  0, or
 * -1 where it cannot be read.
 */
int tlsa_data_of_cert(
    const struct tlsa_kind *, const gnutls_datum_t *der, gnutls_datum_t *data);

/*
 * The same of a file, PEM: the first certificate in it, or where there is
 * none a private or a public key.  NULL, or why not (one part of a sentence:
 * "it has …").
 */
const char *tlsa_data_of_file(
    const struct tlsa_kind *, const char *path, gnutls_datum_t *data);

#endif
