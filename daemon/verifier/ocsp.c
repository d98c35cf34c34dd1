/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * ocsp: reads an answer as it stands, and checks its signature last, because
 * that is what costs most: GnuTLS would take an answer about another
 * certificate, a responder that has expired, and a hash that is broken.
 */
#include <string.h>
#include <strings.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

#include "daemon/verifier/tlv.h"
#include "daemon/verifier/extensions.h"
#include "daemon/verifier/ocsp.h"
#include "daemon/verifier/path.h"
#include "daemon/verifier/strength.h"

enum {
	TAG_ENUMERATED = 0x0a,
	TAG_URI = TLV_CONTEXT | 6,
	DIGEST_MAX = 64,
};

/* An answer, taken apart. */
struct answer {
	struct tlv data; /* what is signed, with its tag */
	struct tlv algorithm, signature;
	struct tlv certs; /* those that came along */
	bool by_key;
	struct tlv responder; /* its name, with the tag, or its key's hash */
	struct tlv singles;
};

/* What it says of one certificate. */
struct single {
	struct tlv hash, name, key, serial; /* CertID */
	uint8_t status;			    /* the tag */
	time_t this_update, next_update;    /* next: (time_t)-1 */
};

/* The OIDs of algorithms, without tag and length. */
static const struct {
	const char *oid;
	size_t len;
	gnutls_sign_algorithm_t sign;
} signatures[] = {
	{ "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", 9, GNUTLS_SIGN_RSA_SHA256 },
	{ "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c", 9, GNUTLS_SIGN_RSA_SHA384 },
	{ "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d", 9, GNUTLS_SIGN_RSA_SHA512 },
	{ "\x2a\x86\x48\xce\x3d\x04\x03\x02", 8, GNUTLS_SIGN_ECDSA_SHA256 },
	{ "\x2a\x86\x48\xce\x3d\x04\x03\x03", 8, GNUTLS_SIGN_ECDSA_SHA384 },
	{ "\x2a\x86\x48\xce\x3d\x04\x03\x04", 8, GNUTLS_SIGN_ECDSA_SHA512 },
	{ "\x2b\x65\x70", 3, GNUTLS_SIGN_EDDSA_ED25519 },
	{ "\x2b\x65\x71", 3, GNUTLS_SIGN_EDDSA_ED448 },
};

/* A name for issuer and key, which the signature is over; so SHA-1 will do,
 * and is what most responders know. */
static const struct {
	const char *oid;
	size_t len;
	gnutls_digest_algorithm_t digest;
} hashes[] = {
	{ "\x2b\x0e\x03\x02\x1a", 5, GNUTLS_DIG_SHA1 },
	{ "\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9, GNUTLS_DIG_SHA256 },
	{ "\x60\x86\x48\x01\x65\x03\x04\x02\x02", 9, GNUTLS_DIG_SHA384 },
	{ "\x60\x86\x48\x01\x65\x03\x04\x02\x03", 9, GNUTLS_DIG_SHA512 },
};

static bool
is_text(struct tlv tlv, const char *text, size_t len)
{
	return tlv_equal(tlv, (struct tlv){ (const uint8_t *)text, len });
}

/* What is in an explicit tag, and nothing behind it. */
static int
get_inner(struct tlv *in, uint8_t tag, uint8_t inner, struct tlv *value)
{
	struct tlv outer;

	return tlv_get(in, tag, &outer) == 0 &&
		       tlv_get(&outer, inner, value) == 0 && outer.len == 0
		   ? 0
		   : -1;
}

/* Nothing that can be in an answer needs to be understood: so a critical
 * extension is one that is not. */
static int
pass_extensions(struct tlv *in)
{
	struct tlv list, one, skip;

	if (in->len == 0)
		return 0;
	if (get_inner(in, TLV_EXPLICIT | 1, TLV_SEQUENCE, &list) != 0 ||
	    in->len != 0)
		return -1;
	while (list.len > 0)
		if (tlv_get(&list, TLV_SEQUENCE, &one) != 0 ||
		    tlv_get(&one, TLV_OID, &skip) != 0 ||
		    tlv_get(&one, TLV_OCTET_STRING, &skip) != 0 || one.len != 0)
			return -1;
	return 0;
}

/* YYYYMMDDHHMMSSZ: RFC 5280, section 4.1.2.5.2, which RFC 6960 refers to. */
static int
get_time(struct tlv *in, time_t *t)
{
	struct tlv text;
	struct tm tm = { 0 };
	int n[7];

	if (tlv_get(in, TLV_GENERALIZED_TIME, &text) != 0 || text.len != 15 ||
	    text.data[14] != 'Z')
		return -1;
	for (size_t i = 0; i < 14; i++)
		if (text.data[i] < '0' || text.data[i] > '9')
			return -1;
	for (size_t i = 0; i < 7; i++)
		n[i] =
		    (text.data[2 * i] - '0') * 10 + text.data[2 * i + 1] - '0';
	tm.tm_year = n[0] * 100 + n[1] - 1900;
	tm.tm_mon = n[2] - 1;
	tm.tm_mday = n[3];
	tm.tm_hour = n[4];
	tm.tm_min = n[5];
	tm.tm_sec = n[6];
	if (n[2] < 1 || n[2] > 12 || n[3] < 1 || n[3] > 31 || n[4] > 23 ||
	    n[5] > 59 || n[6] > 60)
		return -1;
	*t = timegm(&tm);
	return 0;
}

/* ResponseData: RFC 6960, section 4.2.1. */
static int
read_data(struct answer *a)
{
	struct tlv whole = a->data, in, skip;

	if (tlv_get(&whole, TLV_SEQUENCE, &in) != 0)
		return -1;
	/* DER leaves version 1 out, and there is no other. */
	if (tlv_take(&in, TLV_EXPLICIT | 1, &a->responder)) {
		skip = a->responder;
		if (tlv_whole(&skip, TLV_SEQUENCE, &a->responder) != 0 ||
		    skip.len != 0)
			return -1;
	} else if (get_inner(&in, TLV_EXPLICIT | 2, TLV_OCTET_STRING,
		       &a->responder) == 0) {
		a->by_key = true;
	} else {
		return -1;
	}
	return tlv_get(&in, TLV_GENERALIZED_TIME, &skip) == 0 &&
		       tlv_get(&in, TLV_SEQUENCE, &a->singles) == 0
		   ? pass_extensions(&in)
		   : -1;
}

/* OCSPResponse and BasicOCSPResponse.  What is wrong, or NULL. */
static const char *
read_answer(struct answer *a, struct tlv in)
{
	static const char malformed[] = "is malformed";
	struct tlv outer, status, bytes, type, basic;

	memset(a, 0, sizeof(*a));
	if (tlv_get(&in, TLV_SEQUENCE, &outer) != 0 || in.len != 0 ||
	    tlv_get(&outer, TAG_ENUMERATED, &status) != 0 || status.len != 1)
		return malformed;
	if (status.data[0] != 0)
		return "says that the responder could not answer";
	if (get_inner(&outer, TLV_EXPLICIT | 0, TLV_SEQUENCE, &bytes) != 0 ||
	    outer.len != 0 || tlv_get(&bytes, TLV_OID, &type) != 0 ||
	    tlv_get(&bytes, TLV_OCTET_STRING, &outer) != 0 || bytes.len != 0)
		return malformed;
	if (!is_text(type, "\x2b\x06\x01\x05\x05\x07\x30\x01\x01", 9))
		return "is of an unknown type";
	if (tlv_get(&outer, TLV_SEQUENCE, &basic) != 0 || outer.len != 0 ||
	    tlv_whole(&basic, TLV_SEQUENCE, &a->data) != 0 ||
	    tlv_get(&basic, TLV_SEQUENCE, &a->algorithm) != 0 ||
	    tlv_get(&basic, TLV_BIT_STRING, &a->signature) != 0 ||
	    a->signature.len < 2 || a->signature.data[0] != 0)
		return malformed;
	a->signature.data++;
	a->signature.len--;
	if (basic.len != 0 && (get_inner(&basic, TLV_EXPLICIT | 0, TLV_SEQUENCE,
				   &a->certs) != 0 ||
				  basic.len != 0))
		return malformed;
	return read_data(a) == 0 ? NULL : malformed;
}

static int
read_single(struct single *s, struct tlv *singles)
{
	struct tlv in, id, algorithm, skip;

	s->next_update = (time_t)-1;
	if (tlv_get(singles, TLV_SEQUENCE, &in) != 0 ||
	    tlv_get(&in, TLV_SEQUENCE, &id) != 0 ||
	    tlv_get(&id, TLV_SEQUENCE, &algorithm) != 0 ||
	    tlv_get(&algorithm, TLV_OID, &s->hash) != 0 ||
	    tlv_get(&id, TLV_OCTET_STRING, &s->name) != 0 ||
	    tlv_get(&id, TLV_OCTET_STRING, &s->key) != 0 ||
	    tlv_get(&id, TLV_INTEGER, &s->serial) != 0 || id.len != 0 ||
	    tlv_next(&in, &s->status, &skip) != 0 ||
	    get_time(&in, &s->this_update) != 0)
		return -1;
	if (tlv_take(&in, TLV_EXPLICIT | 0, &skip) &&
	    (get_time(&skip, &s->next_update) != 0 || skip.len != 0))
		return -1;
	return pass_extensions(&in);
}

/* The bits of a key, which are what is hashed. */
static struct tlv
key_bits(const struct cert *cert)
{
	struct tlv in = cert->key, skip, bits;

	if (tlv_get(&in, TLV_SEQUENCE, &skip) != 0 ||
	    tlv_get(&in, TLV_BIT_STRING, &bits) != 0 || bits.len == 0)
		return (struct tlv){ NULL, 0 };
	return (struct tlv){ bits.data + 1, bits.len - 1 };
}

static bool
is_hash_of(struct tlv hash, gnutls_digest_algorithm_t digest, struct tlv data)
{
	uint8_t right[DIGEST_MAX];

	return data.data != NULL && hash.len == gnutls_hash_get_len(digest) &&
	       gnutls_hash_fast(digest, data.data, data.len, right) == 0 &&
	       memcmp(hash.data, right, hash.len) == 0;
}

static bool
is_about(const struct single *s, const struct ocsp *o)
{
	if (!tlv_equal(s->serial, o->cert->serial))
		return false;
	for (size_t i = 0; i < sizeof(hashes) / sizeof(*hashes); i++)
		if (is_text(s->hash, hashes[i].oid, hashes[i].len))
			return is_hash_of(s->name, hashes[i].digest,
				   o->cert->issuer) &&
			       is_hash_of(s->key, hashes[i].digest,
				   key_bits(o->issuer));
	return false;
}

/* The newest that it says of the certificate.  What is wrong, or NULL. */
static const char *
find_single(const struct answer *a, const struct ocsp *o, struct single *out)
{
	struct tlv singles = a->singles;
	struct single s = { .status = 0 };
	bool found = false;

	while (singles.len > 0) {
		if (read_single(&s, &singles) != 0)
			return "is malformed, or has a critical extension";
		if (!is_about(&s, o) ||
		    (found && s.this_update < out->this_update))
			continue;
		*out = s;
		found = true;
	}
	return found ? NULL : "is about other certificates";
}

static const char *
check_dates(const struct single *s, struct ocsp *o)
{
	o->this_update = s->this_update;
	o->until = s->next_update != (time_t)-1 ? s->next_update
						: s->this_update + OCSP_UNDATED;
	if (s->this_update > o->now + OCSP_LATE)
		return "is of a time to come";
	if (o->until <= o->now)
		return "is out of date";
	return NULL;
}

static bool
check_signature(struct ocsp *o, const struct answer *a,
    const struct cert *signer, gnutls_sign_algorithm_t sign)
{
	gnutls_pubkey_t key = NULL;
	gnutls_datum_t data, signature;
	bool good;

	if (o->signatures == 0 || gnutls_pubkey_init(&key) != 0)
		return false;
	o->signatures--;
	data.data = (unsigned char *)(uintptr_t)a->data.data;
	data.size = (unsigned)a->data.len;
	signature.data = (unsigned char *)(uintptr_t)a->signature.data;
	signature.size = (unsigned)a->signature.len;
	good = gnutls_pubkey_import_x509(key, signer->crt, 0) == 0 &&
	       gnutls_pubkey_verify_data2(key, sign, 0, &data, &signature) >= 0;
	gnutls_pubkey_deinit(key);
	return good;
}

static bool
is_responder(const struct answer *a, const struct cert *cert)
{
	if (a->by_key)
		return is_hash_of(
		    a->responder, GNUTLS_DIG_SHA1, key_bits(cert));
	return tlv_equal(a->responder, cert->subject);
}

/*
 * Has the issuer itself appointed it for that (RFC 6960, section 4.2.2.2),
 * and does that hold?  That it need not be asked about (id-pkix-ocsp-nocheck)
 * does not protect one that is on a list.
 */
static bool
is_appointed(struct ocsp *o, const struct cert *cert)
{
	time_t until;

	if (o->signatures == 0 ||
	    !tlv_equal(cert->issuer, o->issuer->subject) ||
	    !extensions_signs_ocsp(cert) ||
	    extensions_fault(cert, PLACE_LEAF, false) != NULL ||
	    gnutls_x509_crt_get_activation_time(cert->crt) > o->now ||
	    gnutls_x509_crt_get_expiration_time(cert->crt) < o->now ||
	    !strength_key_usable(cert->crt) || !strength_key(cert->crt) ||
	    !strength_signature(cert->crt))
		return false;
	o->signatures--;
	return path_signature(cert, o->issuer) &&
	       crls_check(o->crls, cert->crt, o->issuer->crt, o->now, &until) !=
		   CRLS_REVOKED;
}

/* Is the answer signed by this certificate, which came with it? */
static bool
is_by(struct ocsp *o, const struct answer *a, struct tlv der,
    gnutls_sign_algorithm_t sign)
{
	gnutls_datum_t d = { .size = (unsigned)der.len };
	gnutls_x509_crt_t crt = NULL;
	struct cert cert;
	bool good = false;

	d.data = (unsigned char *)(uintptr_t)der.data;
	if (gnutls_x509_crt_init(&crt) != 0)
		return false;
	if (gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_DER) == 0) {
		good = cert_read(&cert, crt) == 0 && is_responder(a, &cert) &&
		       is_appointed(o, &cert) &&
		       check_signature(o, a, &cert, sign);
		cert_free(&cert);
	}
	gnutls_x509_crt_deinit(crt);
	return good;
}

/* What is wrong with who has signed, or NULL. */
static const char *
check_signer(struct ocsp *o, const struct answer *a)
{
	struct tlv algorithm = a->algorithm, certs = a->certs, oid, der;
	gnutls_sign_algorithm_t sign = GNUTLS_SIGN_UNKNOWN;

	if (tlv_get(&algorithm, TLV_OID, &oid) != 0)
		return "is malformed";
	for (size_t i = 0; i < sizeof(signatures) / sizeof(*signatures); i++)
		if (is_text(oid, signatures[i].oid, signatures[i].len))
			sign = signatures[i].sign;
	if (sign == GNUTLS_SIGN_UNKNOWN)
		return "is signed with an algorithm that is too weak, or "
		       "unknown";
	if (is_responder(a, o->issuer) &&
	    check_signature(o, a, o->issuer, sign))
		return NULL;
	for (unsigned i = 0; i < OCSP_SIGNERS && certs.len > 0; i++) {
		if (tlv_whole(&certs, TLV_SEQUENCE, &der) != 0)
			return "is malformed";
		if (is_by(o, a, der, sign))
			return NULL;
	}
	return "is signed by nobody who may";
}

enum ocsp_status
ocsp_judge(struct ocsp *o, struct blob data)
{
	struct answer a;
	struct single s = { .status = 0 };

	o->fault = read_answer(&a, (struct tlv){ data.data, data.len });
	if (o->fault == NULL)
		o->fault = find_single(&a, o, &s);
	if (o->fault == NULL)
		o->fault = check_dates(&s, o);
	if (o->fault == NULL)
		o->fault = check_signer(o, &a);
	if (o->fault != NULL)
		return OCSP_NONE;
	switch (s.status) {
	case TLV_CONTEXT | 0:
		return OCSP_GOOD;
	case TLV_EXPLICIT | 1:
		return OCSP_REVOKED;
	default:
		o->fault = "says that the certificate is unknown";
		return OCSP_NONE;
	}
}

static void
put_hash(struct tlv_writer *w, struct tlv data)
{
	uint8_t digest[DIGEST_MAX];
	size_t end = w->at;

	if (data.data == NULL || gnutls_hash_fast(GNUTLS_DIG_SHA1, data.data,
				     data.len, digest) != 0) {
		w->full = true;
		return;
	}
	tlv_put(w, digest, gnutls_hash_get_len(GNUTLS_DIG_SHA1));
	tlv_wrap(w, TLV_OCTET_STRING, end);
}

/* Written from its end: OCSPRequest, of RFC 6960, section 4.1.1. */
size_t
ocsp_request(const struct ocsp *o, uint8_t buf[OCSP_REQUEST_MAX])
{
	static const uint8_t sha1[] = { 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e,
		0x03, 0x02, 0x1a, 0x05, 0x00 };
	const size_t end = OCSP_REQUEST_MAX;
	struct tlv_writer w = { .data = buf, .at = end };

	tlv_put(&w, o->cert->serial.data, o->cert->serial.len);
	tlv_wrap(&w, TLV_INTEGER, end);
	put_hash(&w, key_bits(o->issuer));
	put_hash(&w, o->cert->issuer);
	tlv_put(&w, sha1, sizeof(sha1));
	/* CertID, Request, requestList, TBSRequest, OCSPRequest */
	for (int i = 0; i < 5; i++)
		tlv_wrap(&w, TLV_SEQUENCE, end);
	if (w.full)
		return 0;
	memmove(buf, buf + w.at, end - w.at);
	return end - w.at;
}

/* Printable ASCII, for it is part of a request and of the log. */
static bool
take_url(struct tlv uri, char url[OCSP_URL_MAX])
{
	if (uri.len < 8 || uri.len >= OCSP_URL_MAX ||
	    strncasecmp((const char *)uri.data, "http://", 7) != 0)
		return false;
	for (size_t i = 0; i < uri.len; i++) {
		if (uri.data[i] <= ' ' || uri.data[i] > '~' ||
		    uri.data[i] == '"')
			return false;
		url[i] = (char)uri.data[i];
	}
	url[uri.len] = '\0';
	return true;
}

const char *
ocsp_responder(const struct cert *cert, char url[OCSP_URL_MAX])
{
	struct tlv in = cert->ext[EXT_AUTHORITY_INFO].value, list, one, oid,
		   uri;

	if (!cert->ext[EXT_AUTHORITY_INFO].present ||
	    tlv_get(&in, TLV_SEQUENCE, &list) != 0)
		return NULL;
	while (list.len > 0) {
		if (tlv_get(&list, TLV_SEQUENCE, &one) != 0 ||
		    tlv_get(&one, TLV_OID, &oid) != 0)
			return NULL;
		if (is_text(oid, "\x2b\x06\x01\x05\x05\x07\x30\x01", 8) &&
		    tlv_get(&one, TAG_URI, &uri) == 0 && take_url(uri, url))
			return url;
	}
	return NULL;
}
