/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * reply: DER from its end to its beginning, for GnuTLS reads such answers and
 * makes none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

#include "daemon/verifier/cert.h"
#include "daemon/verifier/tlv.h"
#include "test/unit/reply.h"

enum {
	TAG_ENUMERATED = 0x0a,
	ROOM = 16 * 1024,
};

static void
put_tlv(struct tlv_writer *w, unsigned tag, const void *data, size_t len)
{
	size_t end = w->at;

	tlv_put(w, data, len);
	tlv_wrap(w, (uint8_t)tag, end);
}

static void
put_time(struct tlv_writer *w, const struct reply *r, long from_now)
{
	time_t t = time(NULL) + from_now;
	const char *form = r->short_date   ? "%Y%m%d%H%MZ"
			   : r->local_date ? "%Y%m%d%H%M%S+0000"
					   : "%Y%m%d%H%M%SZ";
	char text[32];
	struct tm tm;

	assert_non_null(gmtime_r(&t, &tm));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	assert_true(strftime(text, sizeof(text), form, &tm) > 0);
#pragma GCC diagnostic pop
	put_tlv(w, TLV_GENERALIZED_TIME, text, strlen(text));
}

/* Explicit [1]: one extension, 1.2.3. */
static void
put_extension(struct tlv_writer *w, bool critical)
{
	size_t end = w->at;

	put_tlv(w, TLV_OCTET_STRING, "\5\0", 2);
	if (critical)
		put_tlv(w, TLV_BOOLEAN, "\xff", 1);
	put_tlv(w, TLV_OID, "\x2a\x03", 2);
	tlv_wrap(w, TLV_SEQUENCE, end);
	tlv_wrap(w, TLV_SEQUENCE, end);
	tlv_wrap(w, TLV_EXPLICIT | 1, end);
}

static void
read_holder(struct cert *cert, const struct holder *holder)
{
	assert_int_equal(cert_read(cert, holder->cert), 0);
}

/* The octets of the key in its BIT STRING, hashed. */
static void
put_key_hash(struct tlv_writer *w, const struct cert *cert,
    gnutls_digest_algorithm_t id, bool wrong)
{
	struct tlv in = cert->key, skip, bits;
	uint8_t digest[64];

	assert_int_equal(tlv_get(&in, TLV_SEQUENCE, &skip), 0);
	assert_int_equal(tlv_get(&in, TLV_BIT_STRING, &bits), 0);
	assert_int_equal(
	    gnutls_hash_fast(id, bits.data + 1, bits.len - 1, digest), 0);
	digest[0] ^= wrong;
	put_tlv(w, TLV_OCTET_STRING, digest, gnutls_hash_get_len(id));
}

static void
put_id(struct tlv_writer *w, const struct reply *r, const struct cert *cert,
    const struct cert *issuer)
{
	gnutls_digest_algorithm_t id = r->id != 0 ? r->id : GNUTLS_DIG_SHA1;
	size_t end = w->at, inner;
	uint8_t digest[64];

	put_tlv(w, TLV_INTEGER, cert->serial.data, cert->serial.len);
	put_key_hash(w, issuer, id, r->wrong_key);
	assert_int_equal(
	    gnutls_hash_fast(id, cert->issuer.data, cert->issuer.len, digest),
	    0);
	digest[0] ^= r->wrong_name;
	put_tlv(w, TLV_OCTET_STRING, digest, gnutls_hash_get_len(id));
	inner = w->at;
	if (id == GNUTLS_DIG_SHA1)
		put_tlv(w, TLV_OID, "\x2b\x0e\x03\x02\x1a", 5);
	else if (id == GNUTLS_DIG_SHA256)
		put_tlv(w, TLV_OID, "\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9);
	else /* MD5: not one that is known */
		put_tlv(w, TLV_OID, "\x2a\x86\x48\x86\xf7\x0d\x02\x05", 8);
	tlv_wrap(w, TLV_SEQUENCE, inner);
	tlv_wrap(w, TLV_SEQUENCE, end);
}

static void
put_status(struct tlv_writer *w, const struct reply *r, unsigned status)
{
	size_t end = w->at;

	if (status != REPLY_REVOKED) {
		put_tlv(w, status == REPLY_GOOD ? 0x80 : 0x82, NULL, 0);
		return;
	}
	put_time(w, r, -2 * HOUR);
	tlv_wrap(w, TLV_EXPLICIT | 1, end);
}

static void
put_single(struct tlv_writer *w, const struct reply *r, const struct cert *cert,
    const struct cert *issuer, bool older)
{
	size_t end = w->at, inner;
	long from = r->from != 0 ? r->from : -HOUR;

	if (r->critical_single || r->plain_extension)
		put_extension(w, r->critical_single);
	inner = w->at;
	if (!r->undated) {
		put_time(w, r, r->until != 0 ? r->until : HOUR);
		tlv_wrap(w, TLV_EXPLICIT | 0, inner);
	}
	put_time(w, r, older ? from - HOUR : from);
	put_status(w, r, older ? REPLY_REVOKED : (unsigned)r->status);
	put_id(w, r, cert, issuer);
	tlv_wrap(w, TLV_SEQUENCE, end);
}

static void
put_responder(struct tlv_writer *w, const struct reply *r)
{
	const struct holder *who = r->posing != NULL ? r->posing : r->signer;
	struct cert cert;
	size_t end = w->at;

	read_holder(&cert, who);
	if (r->by_key) {
		put_key_hash(w, &cert, GNUTLS_DIG_SHA1, false);
		tlv_wrap(w, TLV_EXPLICIT | 2, end);
	} else {
		tlv_put(w, cert.subject.data, cert.subject.len);
		tlv_wrap(w, TLV_EXPLICIT | 1, end);
	}
	cert_free(&cert);
}

/* ResponseData. */
static void
put_data(struct tlv_writer *w, const struct reply *r)
{
	struct cert cert, issuer;
	size_t end = w->at, inner;

	read_holder(&cert, r->cert);
	read_holder(&issuer, r->issuer);
	if (r->critical || r->plain_extension)
		put_extension(w, r->critical);
	inner = w->at;
	put_single(w, r, &cert, &issuer, false);
	if (r->older_revoked)
		put_single(w, r, &cert, &issuer, true);
	tlv_wrap(w, TLV_SEQUENCE, inner);
	put_time(w, r, 0);
	put_responder(w, r);
	tlv_wrap(w, TLV_SEQUENCE, end);
	cert_free(&cert);
	cert_free(&issuer);
}

static void
put_along(struct tlv_writer *w, const struct reply *r)
{
	const struct holder *all[] = { r->along, r->along2 };
	gnutls_datum_t der;
	size_t end = w->at;

	for (size_t i = 0; i < 2 && all[i] != NULL; i++) {
		assert_int_equal(gnutls_x509_crt_export2(
				     all[i]->cert, GNUTLS_X509_FMT_DER, &der),
		    0);
		tlv_put(w, der.data, der.size);
		gnutls_free(der.data);
	}
	if (w->at == end)
		return;
	tlv_wrap(w, TLV_SEQUENCE, end);
	tlv_wrap(w, TLV_EXPLICIT | 0, end);
}

/* The algorithm, and the signature over data. */
static void
put_signature(
    struct tlv_writer *w, const struct reply *r, const gnutls_datum_t *data)
{
	bool sha1 = r->digest == GNUTLS_DIG_SHA1;
	gnutls_privkey_t key;
	gnutls_datum_t signature;
	size_t end = w->at;

	assert_int_equal(gnutls_privkey_init(&key), 0);
	assert_int_equal(gnutls_privkey_import_x509(key, r->signer->key, 0), 0);
	assert_int_equal(gnutls_privkey_sign_data(key,
			     sha1 ? GNUTLS_DIG_SHA1 : GNUTLS_DIG_SHA256, 0,
			     data, &signature),
	    0);
	gnutls_privkey_deinit(key);
	tlv_put(w, signature.data, signature.size);
	tlv_put(w, "", 1);
	tlv_wrap(w, TLV_BIT_STRING, end);
	gnutls_free(signature.data);
	end = w->at;
	/* ecdsa-with-SHA1, ecdsa-with-SHA256 */
	if (sha1)
		put_tlv(w, TLV_OID, "\x2a\x86\x48\xce\x3d\x04\x01", 7);
	else
		put_tlv(w, TLV_OID, "\x2a\x86\x48\xce\x3d\x04\x03\x02", 8);
	tlv_wrap(w, TLV_SEQUENCE, end);
}

gnutls_datum_t
reply_make(const struct reply *r)
{
	static uint8_t inner[ROOM], outer[ROOM];
	struct tlv_writer data = { .data = inner, .at = ROOM };
	struct tlv_writer w = { .data = outer, .at = ROOM };
	gnutls_datum_t signed_part, out;
	size_t end = ROOM - r->trailing;

	put_data(&data, r);
	signed_part.data = inner + data.at;
	signed_part.size = (unsigned)(ROOM - data.at);
	outer[ROOM - 1] = 0;
	w.at = end;
	put_along(&w, r);
	put_signature(&w, r, &signed_part);
	tlv_put(&w, signed_part.data, signed_part.size);
	tlv_wrap(&w, TLV_SEQUENCE, end);
	tlv_wrap(&w, TLV_OCTET_STRING, end);
	put_tlv(&w, TLV_OID,
	    r->other_type ? "\x2b\x06\x01\x05\x05\x07\x30\x01\x02"
			  : "\x2b\x06\x01\x05\x05\x07\x30\x01\x01",
	    9);
	tlv_wrap(&w, TLV_SEQUENCE, end);
	tlv_wrap(&w, TLV_EXPLICIT | 0, end);
	put_tlv(&w, TAG_ENUMERATED, &r->response_status, 1);
	tlv_wrap(&w, TLV_SEQUENCE, end);
	assert_false(w.full || data.full);
	out.size = (unsigned)(ROOM - w.at);
	out.data = gnutls_malloc(out.size);
	assert_non_null(out.data);
	memcpy(out.data, outer + w.at, out.size);
	return out;
}
