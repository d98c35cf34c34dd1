/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * staple: what has to hold of an answer before it is kept and shown.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/verifier/path.h"
#include "daemon/verifier/staple.h"

enum { SIGNATURES = 8 }; /* that one answer may cost */

static gnutls_x509_crt_t
import(const uint8_t *data, size_t len)
{
	gnutls_datum_t der = { .size = (unsigned)len };
	gnutls_x509_crt_t crt = NULL;

	der.data = (unsigned char *)(uintptr_t)data;
	if (gnutls_x509_crt_init(&crt) != 0)
		return NULL;
	if (gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER) == 0)
		return crt;
	gnutls_x509_crt_deinit(crt);
	return NULL;
}

/* Takes it, if its key has signed the leaf. */
static bool
take_issuer(struct staple *s, const uint8_t *data, size_t len)
{
	s->crts[1] = import(data, len);
	if (s->crts[1] != NULL && cert_read(&s->issuer, s->crts[1]) == 0 &&
	    tlv_equal(s->issuer.subject, s->cert.issuer) &&
	    path_signature(&s->cert, &s->issuer))
		return true;
	cert_free(&s->issuer);
	if (s->crts[1] != NULL)
		gnutls_x509_crt_deinit(s->crts[1]);
	s->crts[1] = NULL;
	return false;
}

static bool
find_issuer(struct staple *s, struct blob next, const struct anchors *anchors)
{
	const struct cert *anchor;
	size_t n = 0;

	if (next.len > 0 && take_issuer(s, next.data, next.len))
		return true;
	if (anchors == NULL)
		return false;
	anchor = anchors_find(anchors, s->cert.issuer, &n);
	for (size_t i = 0; i < n; i++)
		if (take_issuer(s, anchor[i].der.data, anchor[i].der.size))
			return true;
	return false;
}

static const char *
find_trouble(struct staple *s, struct blob next, const struct anchors *anchors)
{
	if (ocsp_responder(&s->cert, s->url) == NULL)
		return "the certificate names no responder of http";
	if (http_server(s->url, s->server) != 0)
		return "the certificate names a responder that is not asked";
	if (!find_issuer(s, next, anchors))
		return "the issuer is neither in the chain nor an anchor";
	return NULL;
}

struct staple *
staple_new(const uint8_t id[CHAIN_ID_SIZE], struct blob chain,
    const struct anchors *anchors)
{
	struct staple *s = calloc(1, sizeof(*s));
	struct blob leaf, next = { NULL, 0 };
	uint8_t *copy = malloc(chain.len + 1);
	const char *trouble;

	if (s == NULL || copy == NULL) {
		free(copy);
		free(s);
		return NULL;
	}
	if (chain.len > 0)
		memcpy(copy, chain.data, chain.len);
	chain.data = copy;
	s->chain = chain;
	if (wire_list_next(&chain, &leaf) != 1 ||
	    (s->crts[0] = import(leaf.data, leaf.len)) == NULL ||
	    cert_read(&s->cert, s->crts[0]) != 0) {
		staple_free(s);
		return NULL;
	}
	memcpy(s->id, id, CHAIN_ID_SIZE);
	(void)wire_list_next(&chain, &next);
	trouble = find_trouble(s, next, anchors);
	if (trouble != NULL) {
		s->url[0] = '\0';
		snprintf(s->trouble, sizeof(s->trouble), "%s", trouble);
	}
	return s;
}

void
staple_free(struct staple *s)
{
	if (s == NULL)
		return;
	cert_free(&s->cert);
	cert_free(&s->issuer);
	for (size_t i = 0; i < 2; i++)
		if (s->crts[i] != NULL)
			gnutls_x509_crt_deinit(s->crts[i]);
	gnutls_free(s->answer.data);
	free((void *)(uintptr_t)s->chain.data);
	free(s);
}

/*
 * That the leaf is revoked is as true as that it is not: who hides it only
 * helps whoever has stolen the key.  An answer that is older than the one
 * that is there may be one that somebody plays again.
 */
int
staple_take(struct staple *s, struct blob answer, struct crls *crls, time_t now,
    const char **why)
{
	struct ocsp o = { .cert = &s->cert,
		.issuer = &s->issuer,
		.crls = crls,
		.now = now,
		.signatures = SIGNATURES };
	enum ocsp_status status = ocsp_judge(&o, answer);
	unsigned char *copy;

	*why = o.fault;
	if (status == OCSP_NONE)
		return -1;
	*why = "is older than the one that is there";
	if (s->answer.size > 0 && o.this_update < s->this_update)
		return -1;
	*why = "finds no memory";
	if ((copy = gnutls_malloc(answer.len)) == NULL)
		return -1;
	memcpy(copy, answer.data, answer.len);
	gnutls_free(s->answer.data);
	s->answer.data = copy;
	s->answer.size = (unsigned)answer.len;
	s->revoked = status == OCSP_REVOKED;
	s->this_update = o.this_update;
	s->until = o.until;
	*why = NULL;
	return 0;
}

bool
staple_is_fresh(const struct staple *s, time_t now)
{
	return s->answer.size > 0 && s->until > now;
}

time_t
staple_wait(const struct staple *s, time_t now)
{
	time_t half = staple_is_fresh(s, now) ? (s->until - now) / 2 + 1 : 0;
	time_t wait = STAPLE_RETRY_LEAST, most = STAPLE_RETRY_MOST;

	if (s->failures == 0)
		return half;
	/* In time, where there is still time. */
	if (half > STAPLE_RETRY_LEAST && half < most)
		most = half;
	for (unsigned i = 1; i < s->failures && wait < most; i++)
		wait *= 2;
	return wait < most ? wait : most;
}
