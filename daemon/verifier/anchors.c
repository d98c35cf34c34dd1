/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * anchors: parsed once into the hashed list that GnuTLS searches.
 */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/verifier/anchors.h"

struct anchors {
	gnutls_x509_trust_list_t list;
	size_t n;
};

struct anchors *
anchors_parse(const gnutls_datum_t *pem, char *error, size_t error_size)
{
	struct anchors *anchors = NULL;
	gnutls_x509_crt_t *certs = NULL;
	unsigned n = 0;
	int r;

	r = gnutls_x509_crt_list_import2(
	    &certs, &n, pem, GNUTLS_X509_FMT_PEM, 0);
	if (r < 0) {
		snprintf(error, error_size,
		    "its certificates cannot be read: %s", gnutls_strerror(r));
		return NULL;
	}
	anchors = calloc(1, sizeof(*anchors));
	if (anchors == NULL ||
	    gnutls_x509_trust_list_init(&anchors->list, n) != 0) {
		for (unsigned i = 0; i < n; i++)
			gnutls_x509_crt_deinit(certs[i]);
		snprintf(error, error_size, "no memory");
		goto err;
	}
	/* From here on the certificates are the list's. */
	r = gnutls_x509_trust_list_add_cas(
	    anchors->list, certs, n, GNUTLS_TL_NO_DUPLICATES);
	if (r <= 0) {
		snprintf(error, error_size, "no certificate in it can be used");
		goto err;
	}
	anchors->n = (size_t)r;
	gnutls_free(certs);
	return anchors;
err:
	gnutls_free(certs);
	anchors_free(anchors);
	return NULL;
}

void
anchors_free(struct anchors *anchors)
{
	if (anchors == NULL)
		return;
	if (anchors->list != NULL)
		gnutls_x509_trust_list_deinit(anchors->list, 1);
	free(anchors);
}

size_t
anchors_count(const struct anchors *anchors)
{
	return anchors == NULL ? 0 : anchors->n;
}

gnutls_x509_trust_list_t
anchors_list(const struct anchors *anchors)
{
	return anchors->list;
}
