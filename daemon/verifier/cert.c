/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * cert: read from the bytes that are signed.  GnuTLS has parsed them before;
 * what it does not tell (which extensions, how often, whether critical, where
 * the signed part ends) is found here in one pass.
 */
#include <string.h>

#include "daemon/verifier/cert.h"

/* OIDs without tag and length; id-ce is 2.5.29, id-pe 1.3.6.1.5.5.7.1. */
#define CE "\x55\x1d"
#define PE "\x2b\x06\x01\x05\x05\x07\x01"

static const struct {
	const char *oid;
	size_t len;
} oids[EXT_N] = {
	[EXT_SUBJECT_ATTRIBUTES] = { CE "\x09", 3 },
	[EXT_SUBJECT_KEY] = { CE "\x0e", 3 },
	[EXT_KEY_USAGE] = { CE "\x0f", 3 },
	[EXT_ALT_NAMES] = { CE "\x11", 3 },
	[EXT_BASIC] = { CE "\x13", 3 },
	[EXT_CONSTRAINTS] = { CE "\x1e", 3 },
	[EXT_POLICIES] = { CE "\x20", 3 },
	[EXT_MAPPINGS] = { CE "\x21", 3 },
	[EXT_AUTHORITY_KEY] = { CE "\x23", 3 },
	[EXT_POLICY_LIMITS] = { CE "\x24", 3 },
	[EXT_PURPOSES] = { CE "\x25", 3 },
	[EXT_FRESHEST] = { CE "\x2e", 3 },
	[EXT_INHIBIT_ANY] = { CE "\x36", 3 },
	[EXT_AUTHORITY_INFO] = { PE "\x01", 8 },
	[EXT_SUBJECT_INFO] = { PE "\x0b", 8 },
	[EXT_FEATURES] = { PE "\x18", 8 },
};

static void
note_extension(struct cert *c, struct tlv oid, bool critical, struct tlv value)
{
	for (size_t i = 0; i < EXT_N; i++) {
		if (oid.len != oids[i].len ||
		    memcmp(oid.data, oids[i].oid, oid.len) != 0)
			continue;
		if (c->ext[i].present)
			c->duplicate = true;
		c->ext[i].present = true;
		c->ext[i].critical = critical;
		c->ext[i].value = value;
		return;
	}
	if (critical)
		c->unknown_critical = true;
}

static int
get_boolean(struct tlv *in, bool *value)
{
	struct tlv byte;

	*value = false;
	if (!tlv_take(in, TLV_BOOLEAN, &byte))
		return 0;
	if (byte.len != 1 || (byte.data[0] != 0 && byte.data[0] != 0xff))
		return -1;
	*value = byte.data[0] != 0;
	return 0;
}

static int
read_extensions(struct cert *c, struct tlv in)
{
	struct tlv list, one, oid, value;
	bool critical;

	if (tlv_get(&in, TLV_SEQUENCE, &list) != 0 || in.len != 0)
		return -1;
	while (list.len > 0) {
		if (tlv_get(&list, TLV_SEQUENCE, &one) != 0 ||
		    tlv_get(&one, TLV_OID, &oid) != 0 ||
		    get_boolean(&one, &critical) != 0 ||
		    tlv_get(&one, TLV_OCTET_STRING, &value) != 0 ||
		    one.len != 0)
			return -1;
		c->any_extension = true;
		note_extension(c, oid, critical, value);
	}
	return 0;
}

static int
read_basic(struct cert *c)
{
	struct tlv in = c->ext[EXT_BASIC].value, list, number;

	c->pathlen = -1;
	if (!c->ext[EXT_BASIC].present)
		return 0;
	if (tlv_get(&in, TLV_SEQUENCE, &list) != 0 || in.len != 0 ||
	    get_boolean(&list, &c->ca) != 0)
		return -1;
	if (!tlv_take(&list, TLV_INTEGER, &number))
		return list.len == 0 ? 0 : -1;
	if (list.len != 0 || number.len == 0 || (number.data[0] & 0x80) != 0)
		return -1;
	/* More than fit in a byte is no limit on a chain. */
	if (number.len == 1)
		c->pathlen = number.data[0];
	return 0;
}

static int
read_usage(struct cert *c)
{
	struct tlv in = c->ext[EXT_KEY_USAGE].value, bits;

	if (!c->ext[EXT_KEY_USAGE].present)
		return 0;
	if (tlv_get(&in, TLV_BIT_STRING, &bits) != 0 || in.len != 0 ||
	    bits.len == 0 || bits.len > 3)
		return -1;
	/* GnuTLS numbers them from the first byte's highest bit. */
	if (bits.len > 1)
		c->usage = bits.data[1];
	if (bits.len > 2)
		c->usage |= (unsigned)bits.data[2] << 8;
	return 0;
}

static int
read_version(struct cert *c, struct tlv *in)
{
	struct tlv outer, number;

	c->version = 1;
	if (!tlv_take(in, TLV_EXPLICIT | 0, &outer))
		return 0;
	if (tlv_get(&outer, TLV_INTEGER, &number) != 0 || outer.len != 0 ||
	    number.len != 1 || number.data[0] > 2)
		return -1;
	c->version = number.data[0] + 1U;
	return 0;
}

/* TBSCertificate: RFC 5280, section 4.1. */
static int
read_signed(struct cert *c, struct tlv in)
{
	struct tlv tbs, skip;

	if (tlv_get(&in, TLV_SEQUENCE, &tbs) != 0 || read_version(c, &tbs) != 0)
		return -1;
	if (tlv_get(&tbs, TLV_INTEGER, &c->serial) != 0 ||
	    tlv_whole(&tbs, TLV_SEQUENCE, &c->signed_algorithm) != 0 ||
	    tlv_whole(&tbs, TLV_SEQUENCE, &c->issuer) != 0 ||
	    tlv_get(&tbs, TLV_SEQUENCE, &skip) != 0 || /* validity */
	    tlv_whole(&tbs, TLV_SEQUENCE, &c->subject) != 0 ||
	    tlv_get(&tbs, TLV_SEQUENCE, &c->key) != 0)
		return -1;
	tlv_take(&tbs, TLV_CONTEXT | 1, &skip); /* unique identifiers */
	tlv_take(&tbs, TLV_CONTEXT | 2, &skip);
	if (tlv_take(&tbs, TLV_EXPLICIT | 3, &skip) &&
	    read_extensions(c, skip) != 0)
		return -1;
	return tbs.len == 0 ? 0 : -1;
}

int
cert_read(struct cert *c, gnutls_x509_crt_t crt)
{
	struct tlv in, outer;

	memset(c, 0, sizeof(*c));
	c->crt = crt;
	if (gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &c->der) != 0)
		return -1;
	in = (struct tlv){ c->der.data, c->der.size };
	if (tlv_get(&in, TLV_SEQUENCE, &outer) != 0 || in.len != 0 ||
	    tlv_whole(&outer, TLV_SEQUENCE, &c->signed_part) != 0 ||
	    tlv_whole(&outer, TLV_SEQUENCE, &c->algorithm) != 0 ||
	    tlv_get(&outer, TLV_BIT_STRING, &c->signature) != 0 ||
	    outer.len != 0 || c->signature.len < 2 || c->signature.data[0] != 0)
		return -1;
	c->signature.data++;
	c->signature.len--;
	if (read_signed(c, c->signed_part) != 0)
		return -1;
	return read_basic(c) == 0 && read_usage(c) == 0 ? 0 : -1;
}

void
cert_free(struct cert *c)
{
	gnutls_free(c->der.data);
	memset(c, 0, sizeof(*c));
}

bool
cert_is_self_issued(const struct cert *c)
{
	return tlv_equal(c->issuer, c->subject);
}

bool
cert_has_subject(const struct cert *c)
{
	return c->subject.len > 2;
}

bool
cert_equal(const struct cert *a, const struct cert *b)
{
	return tlv_equal((struct tlv){ a->der.data, a->der.size },
	    (struct tlv){ b->der.data, b->der.size });
}
