/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * extensions: a table of those that have to be, or must not be, critical, and
 * a function for every group of rules.
 */
#include <string.h>

#include "daemon/verifier/extensions.h"

enum {
	SERIAL_MAX = 20,    /* bytes: RFC 5280, section 4.1.2.2 */
	STATUS_REQUEST = 5, /* of TLS: RFC 6066, section 8 */
};

static const struct {
	enum cert_extension ext;
	bool critical; /* has to be; else must not be */
	const char *fault;
} criticality[] = {
	{ EXT_SUBJECT_ATTRIBUTES, false,
	    "has subject directory attributes that are critical" },
	{ EXT_SUBJECT_KEY, false,
	    "has a subject key identifier that is "
	    "critical" },
	{ EXT_AUTHORITY_KEY, false,
	    "has an authority key identifier that is "
	    "critical" },
	{ EXT_FRESHEST, false, "has a freshest CRL that is critical" },
	{ EXT_AUTHORITY_INFO, false,
	    "has authority information that is "
	    "critical" },
	{ EXT_SUBJECT_INFO, false, "has subject information that is critical" },
	{ EXT_POLICY_LIMITS, true,
	    "has policy constraints that are not "
	    "critical" },
	{ EXT_INHIBIT_ANY, true,
	    "has an inhibition of any policy that is not "
	    "critical" },
};

static const char *
criticality_fault(const struct cert *c)
{
	if (c->unknown_critical)
		return "has a critical extension that is unknown";
	for (size_t i = 0; i < sizeof(criticality) / sizeof(*criticality);
	     i++) {
		enum cert_extension ext = criticality[i].ext;

		if (c->ext[ext].present &&
		    c->ext[ext].critical != criticality[i].critical)
			return criticality[i].fault;
	}
	return NULL;
}

/*
 * Policies are not asked for here, so that all of them will do; but one that
 * requires an explicit policy (section 4.2.1.11) asks for a check that is not
 * made.
 */
static const char *
policy_fault(const struct cert *c)
{
	struct tlv in = c->ext[EXT_POLICY_LIMITS].value, list, skip;

	if (!c->ext[EXT_POLICY_LIMITS].present)
		return NULL;
	if (tlv_get(&in, TLV_SEQUENCE, &list) != 0 || in.len != 0 ||
	    list.len == 0)
		return "has policy constraints that are malformed";
	if (tlv_take(&list, TLV_CONTEXT | 0, &skip))
		return "requires an explicit policy, which is not known here";
	return NULL;
}

static const char *
purposes_fault(const struct cert *c)
{
	struct tlv in = c->ext[EXT_PURPOSES].value, list, oid;

	if (!c->ext[EXT_PURPOSES].present)
		return NULL;
	if (tlv_get(&in, TLV_SEQUENCE, &list) != 0 || in.len != 0)
		return "has an extended key usage that is malformed";
	if (list.len == 0)
		return "has an extended key usage that is empty";
	while (list.len > 0)
		if (tlv_get(&list, TLV_OID, &oid) != 0)
			return "has an extended key usage that is malformed";
	return NULL;
}

/* Section 4.2.1.6. */
static const char *
alt_names_fault(const struct cert *c)
{
	static const char malformed[] =
	    "has a subjectAltName that is malformed";
	struct tlv in = c->ext[EXT_ALT_NAMES].value, list, name;
	uint8_t tag;

	if (!c->ext[EXT_ALT_NAMES].present)
		return NULL;
	if (tlv_get(&in, TLV_SEQUENCE, &list) != 0 || in.len != 0 ||
	    list.len == 0)
		return malformed;
	while (list.len > 0)
		if (tlv_next(&list, &tag, &name) != 0 ||
		    (tag & 0xc0) != TLV_CONTEXT)
			return malformed;
	return NULL;
}

/* Sections 4.1.2.1, 4.1.2.2, 4.1.2.4, 4.2. */
static const char *
basics_fault(const struct cert *c)
{
	if (c->any_extension && c->version != 3)
		return "has extensions, which its version does not have";
	if (!tlv_equal(c->algorithm, c->signed_algorithm))
		return "names two algorithms for its signature";
	if (c->duplicate)
		return "has an extension twice";
	if (c->serial.len == 0 || c->serial.len > SERIAL_MAX + 1 ||
	    (c->serial.len > SERIAL_MAX && c->serial.data[0] != 0))
		return "has a serial number that is too long";
	if (c->issuer.len <= 2)
		return "names no issuer";
	return NULL;
}

/* Section 4.1.2.6, 4.2.1.3, 4.2.1.9. */
static const char *
authority_fault(const struct cert *c, enum cert_place place)
{
	/* An old root: that it is one is what the administrator says
	 * (section 6.1.4, (k)). */
	if (place == PLACE_ANCHOR && c->version != 3)
		return NULL;
	if (!c->ca)
		return "is no authority";
	if (!cert_has_subject(c))
		return "is an authority without a subject";
	if (!c->ext[EXT_BASIC].critical)
		return "is an authority by a basicConstraints that is not "
		       "critical";
	if (c->ext[EXT_KEY_USAGE].present &&
	    (c->usage & GNUTLS_KEY_KEY_CERT_SIGN) == 0)
		return "is not for signing certificates";
	return NULL;
}

static const char *
leaf_fault(const struct cert *c)
{
	if (c->ca)
		return "is an authority, and cannot be a peer";
	if (c->ext[EXT_CONSTRAINTS].present)
		return "has name constraints, and is no authority";
	if (c->ext[EXT_KEY_USAGE].present &&
	    (c->usage & GNUTLS_KEY_KEY_CERT_SIGN) != 0)
		return "may sign certificates, and is no authority";
	if (c->ext[EXT_KEY_USAGE].present &&
	    (c->usage & GNUTLS_KEY_DIGITAL_SIGNATURE) == 0)
		return "is not for digital signatures";
	if (!cert_has_subject(c) && c->ext[EXT_ALT_NAMES].present &&
	    !c->ext[EXT_ALT_NAMES].critical)
		return "has no subject, and a subjectAltName that is not "
		       "critical";
	return NULL;
}

/* Does the authority key identifier (section 4.2.1.1) have the identifier? */
static bool
names_key(const struct cert *c)
{
	struct tlv in = c->ext[EXT_AUTHORITY_KEY].value, list, key;

	return c->ext[EXT_AUTHORITY_KEY].present &&
	       tlv_get(&in, TLV_SEQUENCE, &list) == 0 &&
	       tlv_take(&list, TLV_CONTEXT | 0, &key) && key.len > 0;
}

/* What RFC 5280 asks of who issues, and breaks nothing where it is missing. */
static const char *
strict_fault(const struct cert *c, enum cert_place place)
{
	bool zero = true;

	for (size_t i = 0; i < c->serial.len; i++)
		zero = zero && c->serial.data[i] == 0;
	if (zero || (c->serial.data[0] & 0x80) != 0)
		return "has a serial number that is not positive";
	/* A self-signed one may leave it out. */
	if (!names_key(c) && !(place == PLACE_ANCHOR && cert_is_self_issued(c)))
		return "has no authority key identifier";
	if (c->ext[EXT_CONSTRAINTS].present &&
	    !c->ext[EXT_CONSTRAINTS].critical)
		return "has name constraints that are not critical";
	if (place == PLACE_LEAF)
		return NULL;
	if (c->version != 3)
		return "is an authority of an old version";
	if (!c->ext[EXT_SUBJECT_KEY].present)
		return "is an authority without a subject key identifier";
	if (!c->ext[EXT_KEY_USAGE].present)
		return "is an authority without a key usage";
	return NULL;
}

const char *
extensions_fault(const struct cert *c, enum cert_place place, bool strict)
{
	const char *fault =
	    place == PLACE_LEAF ? leaf_fault(c) : authority_fault(c, place);

	if (fault == NULL)
		fault = basics_fault(c);
	if (fault == NULL)
		fault = criticality_fault(c);
	if (fault == NULL)
		fault = policy_fault(c);
	if (fault == NULL)
		fault = purposes_fault(c);
	if (fault == NULL)
		fault = alt_names_fault(c);
	if (fault == NULL && strict)
		fault = strict_fault(c, place);
	return fault;
}

static bool
has_purpose(const struct cert *c, const char *wanted, size_t len)
{
	struct tlv in = c->ext[EXT_PURPOSES].value, list, oid;
	struct tlv known = { (const uint8_t *)wanted, len };

	if (tlv_get(&in, TLV_SEQUENCE, &list) != 0)
		return false;
	while (list.len > 0) {
		if (tlv_get(&list, TLV_OID, &oid) != 0)
			return false;
		if (tlv_equal(oid, known))
			return true;
	}
	return false;
}

/* id-kp-serverAuth, id-kp-clientAuth, id-kp-OCSPSigning. */
#define KP	  "\x2b\x06\x01\x05\x05\x07\x03"
#define KP_SERVER KP "\x01"
#define KP_CLIENT KP "\x02"
#define KP_OCSP	  KP "\x09"
#define KP_ANY	  "\x55\x1d\x25\x00"

bool
extensions_allow(const struct cert *c, const char *purpose)
{
	bool server = strcmp(purpose, GNUTLS_KP_TLS_WWW_SERVER) == 0;

	return !c->ext[EXT_PURPOSES].present ||
	       has_purpose(c, server ? KP_SERVER : KP_CLIENT, 8) ||
	       has_purpose(c, KP_ANY, 4);
}

bool
extensions_signs_ocsp(const struct cert *c)
{
	return c->ext[EXT_PURPOSES].present && has_purpose(c, KP_OCSP, 8);
}

bool
extensions_must_staple(const struct cert *c)
{
	struct tlv in = c->ext[EXT_FEATURES].value, list, number;

	if (!c->ext[EXT_FEATURES].present)
		return false;
	/* What cannot be read demands what it can. */
	if (tlv_get(&in, TLV_SEQUENCE, &list) != 0)
		return true;
	while (list.len > 0) {
		if (tlv_get(&list, TLV_INTEGER, &number) != 0)
			return true;
		if (number.len == 1 && number.data[0] == STATUS_REQUEST)
			return true;
	}
	return false;
}
