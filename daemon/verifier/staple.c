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

/*
 * A certificate that is looked at.  GnuTLS has a tree of many small pieces for
 * each, so that none is held for longer than that.
 */
struct open_cert {
	gnutls_x509_crt_t crt;
	struct cert cert;
};

static void
shut(struct open_cert *c)
{
	cert_free(&c->cert);
	if (c->crt != NULL)
		gnutls_x509_crt_deinit(c->crt);
	c->crt = NULL;
}

/* 0, or -1; shut() in every case. */
static int
look_at(struct open_cert *c, const uint8_t *data, size_t len)
{
	gnutls_datum_t der = { .size = (unsigned)len };

	memset(c, 0, sizeof(*c));
	der.data = (unsigned char *)(uintptr_t)data;
	if (gnutls_x509_crt_init(&c->crt) != 0)
		return -1;
	return gnutls_x509_crt_import(c->crt, &der, GNUTLS_X509_FMT_DER) == 0
		   ? cert_read(&c->cert, c->crt)
		   : -1;
}

/* Takes it, if its key has signed the leaf. */
static bool
take_issuer(
    struct staple *s, const struct cert *leaf, const uint8_t *data, size_t len)
{
	struct open_cert issuer = { NULL };
	bool good = look_at(&issuer, data, len) == 0 &&
		    tlv_equal(issuer.cert.subject, leaf->issuer) &&
		    path_signature(leaf, &issuer.cert) &&
		    (s->issuer.data = gnutls_malloc(len)) != NULL;

	shut(&issuer);
	if (!good)
		return false;
	memcpy(s->issuer.data, data, len);
	s->issuer.size = (unsigned)len;
	return true;
}

static bool
find_issuer(struct staple *s, const struct cert *leaf, struct blob next,
    const struct anchors *anchors)
{
	const struct cert *anchor;
	size_t n = 0;

	if (next.len > 0 && take_issuer(s, leaf, next.data, next.len))
		return true;
	if (anchors == NULL)
		return false;
	anchor = anchors_find(anchors, leaf->issuer, &n);
	for (size_t i = 0; i < n; i++)
		if (take_issuer(
			s, leaf, anchor[i].der.data, anchor[i].der.size))
			return true;
	return false;
}

static const char *
find_trouble(struct staple *s, const struct cert *leaf, struct blob next,
    const struct anchors *anchors)
{
	if (ocsp_responder(leaf, s->url) == NULL)
		return "the certificate names no responder of http";
	if (http_server(s->url, s->server) != 0)
		return "the certificate names a responder that is not asked";
	if (!find_issuer(s, leaf, next, anchors))
		return "the issuer is neither in the chain nor an anchor";
	return NULL;
}

/* 0, or -1: there is no chain, or no leaf that can be read. */
static int
take_chain(struct staple *s, struct blob chain, const struct anchors *anchors)
{
	struct blob der, next = { NULL, 0 };
	struct open_cert leaf = { NULL };
	const char *trouble;
	uint8_t *copy;
	int rv = -1;

	if (chain.len == 0 || (copy = malloc(chain.len)) == NULL)
		return -1;
	memcpy(copy, chain.data, chain.len);
	s->chain = (struct blob){ copy, chain.len };
	if (wire_list_next(&chain, &der) != 1 ||
	    look_at(&leaf, der.data, der.len) != 0)
		goto err;
	(void)wire_list_next(&chain, &next);
	(void)subject_text(leaf.crt, s->subject);
	s->expires = gnutls_x509_crt_get_expiration_time(leaf.crt);
	trouble = find_trouble(s, &leaf.cert, next, anchors);
	if (trouble != NULL) {
		s->url[0] = '\0';
		snprintf(s->trouble, sizeof(s->trouble), "%s", trouble);
	}
	rv = 0;
err:
	shut(&leaf);
	return rv;
}

struct staple *
staple_new(const uint8_t id[CHAIN_ID_SIZE], struct blob chain,
    const struct anchors *anchors)
{
	struct staple *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	memcpy(s->id, id, CHAIN_ID_SIZE);
	if (take_chain(s, chain, anchors) == 0)
		return s;
	staple_free(s);
	return NULL;
}

void
staple_free(struct staple *s)
{
	if (s == NULL)
		return;
	gnutls_free(s->issuer.data);
	gnutls_free(s->answer.data);
	free((void *)(uintptr_t)s->chain.data);
	free(s);
}

/* The leaf and its issuer, for a question or for an answer: 0, or -1. */
static int
look_at_both(const struct staple *s, struct open_cert both[2])
{
	struct blob chain = s->chain, der;

	memset(both, 0, 2 * sizeof(*both));
	return wire_list_next(&chain, &der) == 1 &&
		       look_at(&both[0], der.data, der.len) == 0 &&
		       look_at(&both[1], s->issuer.data, s->issuer.size) == 0
		   ? 0
		   : -1;
}

static void
shut_both(struct open_cert both[2])
{
	shut(&both[0]);
	shut(&both[1]);
}

size_t
staple_request_make(const struct staple *s, uint8_t buf[OCSP_REQUEST_MAX])
{
	struct open_cert both[2];
	struct ocsp o = { .cert = &both[0].cert, .issuer = &both[1].cert };
	size_t len = 0;

	if (look_at_both(s, both) == 0)
		len = ocsp_request(&o, buf);
	shut_both(both);
	return len;
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
	struct open_cert both[2];
	struct ocsp o = { .cert = &both[0].cert,
		.issuer = &both[1].cert,
		.crls = crls,
		.now = now,
		.signatures = SIGNATURES,
		.fault = "finds no memory" };
	enum ocsp_status status = OCSP_NONE;
	unsigned char *copy;

	if (look_at_both(s, both) == 0)
		status = ocsp_judge(&o, answer);
	shut_both(both);
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
	/* The responder whose answers end as soon as they come is asked once
	 * a second. */
	time_t half = staple_is_fresh(s, now) ? (s->until - now) / 2 + 1
		      : s->fetched != 0	      ? 1
					      : 0;
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
