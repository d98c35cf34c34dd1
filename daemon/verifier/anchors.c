/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * anchors: parsed once, into a list of GnuTLS that drops what stands there
 * twice, and in the order of their names for our own search.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/verifier/anchors.h"

struct anchors {
	gnutls_x509_trust_list_t list;
	struct cert *certs; /* with copies of the list's */
	size_t n;
};

static int
compare_names(struct tlv a, struct tlv b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int r = memcmp(a.data, b.data, len);

	return r != 0 ? r : (a.len > b.len) - (a.len < b.len);
}

static int
by_subject(const void *a, const void *b)
{
	const struct cert *x = a, *y = b;

	return compare_names(x->subject, y->subject);
}

/*
 * Reads what the list took.  One that is not as RFC 5280 has it is left out:
 * it could not issue anything that is believed.
 */
static int
sort_list(struct anchors *anchors, size_t most)
{
	gnutls_x509_trust_list_iter_t iter = NULL;
	gnutls_x509_crt_t crt = NULL;

	anchors->certs = calloc(most, sizeof(*anchors->certs));
	if (anchors->certs == NULL)
		return -1;
	while (anchors->n < most && gnutls_x509_trust_list_iter_get_ca(
					anchors->list, &iter, &crt) == 0) {
		struct cert *cert = &anchors->certs[anchors->n];

		if (cert_read(cert, crt) == 0) {
			anchors->n++;
			continue;
		}
		cert_free(cert);
		gnutls_x509_crt_deinit(crt);
	}
	/* At the end it frees itself. */
	if (anchors->n == most && iter != NULL)
		gnutls_x509_trust_list_iter_deinit(iter);
	qsort(anchors->certs, anchors->n, sizeof(*anchors->certs), by_subject);
	return anchors->n > 0 ? 0 : -1;
}

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
	if (r <= 0 || sort_list(anchors, (size_t)r) != 0) {
		snprintf(error, error_size, "no certificate in it can be used");
		goto err;
	}
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
	for (size_t i = 0; i < anchors->n; i++) {
		gnutls_x509_crt_deinit(anchors->certs[i].crt);
		cert_free(&anchors->certs[i]);
	}
	free(anchors->certs);
	if (anchors->list != NULL)
		gnutls_x509_trust_list_deinit(anchors->list, 1);
	free(anchors);
}

size_t
anchors_count(const struct anchors *anchors)
{
	return anchors == NULL ? 0 : anchors->n;
}

const struct cert *
anchors_find(const struct anchors *anchors, struct tlv subject, size_t *n)
{
	size_t low = 0, high = anchors->n, middle;

	*n = 0;
	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare_names(anchors->certs[middle].subject, subject) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	while (low + *n < anchors->n &&
	       tlv_equal(anchors->certs[low + *n].subject, subject))
		(*n)++;
	return *n > 0 ? &anchors->certs[low] : NULL;
}

bool
anchors_has(const struct anchors *anchors, const struct cert *cert)
{
	size_t n;
	const struct cert *same = anchors_find(anchors, cert->subject, &n);

	for (size_t i = 0; i < n; i++)
		if (cert_equal(&same[i], cert))
			return true;
	return false;
}
