/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * shown: certificates, a raw public key, and stapled answers, out of GnuTLS.
 */
#include <string.h>

#include <gnutls/ocsp.h>

#include "daemon/sys/shown.h"

/* The chain as a list; its length, or 0 where it is too long. */
static size_t
list_chain(gnutls_session_t tls, uint8_t *buf, size_t size)
{
	struct wire_writer w = { .data = buf, .size = size };
	const gnutls_datum_t *chain;
	unsigned n = 0;

	chain = gnutls_certificate_get_peers(tls, &n);
	for (unsigned i = 0; chain != NULL && i < n; i++)
		wire_put_string(&w, chain[i].data, chain[i].size);
	return w.full ? 0 : w.len;
}

/* A SubjectPublicKeyInfo in the place of a chain; its length, or 0. */
static size_t
raw_key(gnutls_session_t tls, uint8_t *buf, size_t size)
{
	unsigned n = 0;
	const gnutls_datum_t *key = gnutls_certificate_get_peers(tls, &n);

	if (key == NULL || n != 1 || key->size > size)
		return 0;
	memcpy(buf, key->data, key->size);
	return key->size;
}

/*
 * The answers of OCSP that came with the chain, as a list, as many as it has
 * room for: those of the leaf come first.  Where one is left out it is as if
 * the peer had not sent it.
 */
static size_t
list_ocsp(gnutls_session_t tls, uint8_t *buf, size_t size)
{
	struct wire_writer w = { .data = buf, .size = size };
	gnutls_datum_t answer;
	unsigned n = 0;

	(void)gnutls_certificate_get_peers(tls, &n);
	for (unsigned i = 0; i < n; i++)
		if (gnutls_ocsp_status_request_get2(tls, i, &answer) == 0 &&
		    answer.size > 0 && w.len + 4 + answer.size <= w.size)
			wire_put_string(&w, answer.data, answer.size);
	return w.len;
}

bool
shown_take(gnutls_session_t tls, bool raw, uint8_t buf[SHOWN_MAX],
    struct verify_req *q)
{
	uint8_t *ocsp = buf + CHAIN_MAX;
	size_t len;

	if (raw) {
		len = raw_key(tls, buf, RAW_KEY_MAX);
		q->raw_key = (struct blob){ buf, len };
	} else {
		len = list_chain(tls, buf, CHAIN_MAX);
		q->chain = (struct blob){ buf, len };
		q->ocsp =
		    (struct blob){ ocsp, list_ocsp(tls, ocsp, STAPLED_MAX) };
	}
	return len > 0;
}
