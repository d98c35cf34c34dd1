/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * anchors: the certificates of authorities that chains may end in.
 */
#ifndef TLSPOOL_VERIFIER_ANCHORS_H
#define TLSPOOL_VERIFIER_ANCHORS_H

#include <gnutls/x509.h>

#include "daemon/verifier/cert.h"

enum { ANCHORS_FILE_MAX = 16 * 1024 * 1024 };

struct anchors;

/*
 * Reads a file of PEM certificates, terminated by a NUL behind its size.
 * Returns them, or NULL and one sentence in error.
 */
struct anchors *anchors_parse(
    const gnutls_datum_t *pem, char *error, size_t error_size);
void anchors_free(struct anchors *);

size_t anchors_count(const struct anchors *);

/*
 * The anchors of this name (with its tag), of which there may be several.
 * NULL: there is none, and *n is 0.
 */
const struct cert *anchors_find(
    const struct anchors *, struct tlv subject, size_t *n);

/* Is this very certificate an anchor? */
bool anchors_has(const struct anchors *, const struct cert *);

#endif
