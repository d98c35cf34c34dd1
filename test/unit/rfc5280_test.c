/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * rfc5280_test: chains that keep, or break, one rule of RFC 5280 or RFC 9525
 * each, and forests that would take for ever.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "daemon/ipc/credential.h"
#include "daemon/verifier/path.h"
#include "daemon/verifier/pkix.h"
#include "test/unit/authority.h"

/* clang-format off */
#define CN(text) { { OID_CN, text } }
#define DNS(text) { GNUTLS_SAN_DNSNAME, text, 0 }
#define MAIL(text) { GNUTLS_SAN_RFC822NAME, text, 0 }
#define URI(text) { GNUTLS_SAN_URI, text, 0 }
#define IP(text) { GNUTLS_SAN_IPADDRESS, text, sizeof(text) - 1 }
#define ONLY(tag, text) { false, tag, text, sizeof(text) - 1 }
#define NOT(tag, text) { true, tag, text, sizeof(text) - 1 }
#define RAW(oid, der, critical) { oid, der, sizeof(der) - 1, critical }
#define CA .ca = true
#define MIDDLE .subject = CN("Middle"), CA
#define WWW .alt = { DNS("www.example.com") }
#define SHAPE(...) &(const struct shape){ __VA_ARGS__ }

/* Names of one part, CN=…, in DER. */
#define DN_MIDDLE "\x30\x11\x31\x0f\x30\x0d\x06\x03\x55\x04\x03\x0c\x06Middle"
#define DN_OTHER "\x30\x10\x31\x0e\x30\x0c\x06\x03\x55\x04\x03\x0c\x05Other"
#define DN_LEAF "\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x0c\x04Leaf"
/* As a PrintableString, and in other letters. */
#define DN_LOUD "\x30\x10\x31\x0e\x30\x0c\x06\x03\x55\x04\x03\x13\x05LEAF "
#define DN_LONG "\x30\x10\x31\x0e\x30\x0c\x06\x03\x55\x04\x03\x0c\x05Leaf2"

#define BROKEN "may not issue such a certificate"
#define MALFORMED "name constraints that are malformed"

enum {
	T_OTHER = 0xa0,
	T_MAIL = 0x81,
	T_DNS = 0x82,
	T_DIRECTORY = 0xa4,
	T_URI = 0x86,
	T_IP = 0x87,
	T_ID = 0x88,
};

/* NULL: a good one, and for middle and below: none. */
static const struct rule {
	const char *title;
	const struct shape *leaf, *below, *middle, *root;
	const char *text;     /* of the reason; NULL: it is believed */
	const char *expected; /* NULL: www.example.com; "": any client */
	bool strict;
} rules[] = {
	{ "as simple as can be" },
	{ "with an intermediate", NULL, NULL, SHAPE(MIDDLE) },
	{ "with two", NULL, SHAPE(.subject = CN("Below"), CA),
	    SHAPE(MIDDLE) },
	{ "RSA", SHAPE(.subject = CN("Leaf"), WWW, .rsa_bits = 2048), NULL,
	    SHAPE(MIDDLE, .rsa_bits = 2048), SHAPE(.subject = CN("Root"), CA,
	    .rsa_bits = 2048) },
	{ "RSA-PSS", NULL, NULL, SHAPE(MIDDLE, .rsa_bits = 2048, .pss = true) },

	/* Section 4.2.1.10: which names are compared. */
	{ "constraint kept", NULL, NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_DNS, "example.com") }) },
	{ "constraint broken", NULL, NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_DNS, "else.example") }),
	    .text = BROKEN },
	{ "constraint of the anchor broken", NULL, NULL, NULL,
	    SHAPE(.subject = CN("Root"), CA,
	    .limits = { ONLY(T_DNS, "else.example") }), BROKEN },
	{ "constraint that is a suffix, but not of labels", NULL, NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_DNS, "xample.com") }),
	    .text = BROKEN },
	{ "constraint in other letters", NULL, NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_DNS, "EXAMPLE.com") }) },
	{ "one of several", NULL, NULL, SHAPE(MIDDLE, .limits = {
	    ONLY(T_DNS, "else.example"), ONLY(T_DNS, "example.com") }) },
	{ "another form is free", NULL, NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_MAIL, "else.example") }) },
	{ "excluded", NULL, NULL,
	    SHAPE(MIDDLE, .limits = { NOT(T_DNS, "example.com") }),
	    .text = BROKEN },
	{ "another is excluded", NULL, NULL,
	    SHAPE(MIDDLE, .limits = { NOT(T_DNS, "else.example") }) },
	{ "permitted and excluded", NULL, NULL, SHAPE(MIDDLE, .limits = {
	    ONLY(T_DNS, "example.com"), NOT(T_DNS, "www.example.com") }),
	    .text = BROKEN },
	{ "all are excluded", NULL, NULL,
	    SHAPE(MIDDLE, .limits = { { true, T_DNS, "\0", 0 } }),
	    .text = BROKEN },
	{ "every name counts", SHAPE(.subject = CN("Leaf"),
	    .alt = { DNS("www.example.com"), DNS("else.example") }), NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_DNS, "example.com") }),
	    .text = BROKEN },
	{ "both authorities count", NULL, SHAPE(.subject = CN("Below"), CA,
	    .limits = { ONLY(T_DNS, "example.com") }),
	    SHAPE(MIDDLE, .limits = { ONLY(T_DNS, "else.example") }),
	    .text = BROKEN },
	{ "an intermediate's name", NULL, SHAPE(.subject = CN("Below"), CA,
	    .alt = { DNS("ca.else.example") }),
	    SHAPE(MIDDLE, .limits = { ONLY(T_DNS, "example.com") }),
	    .text = BROKEN },
	{ "an intermediate's name kept", NULL, SHAPE(.subject = CN("Below"),
	    CA, .alt = { DNS("ca.example.com") }),
	    SHAPE(MIDDLE, .limits = { ONLY(T_DNS, "example.com") }) },
	{ "of a self-issued one not", NULL, SHAPE(MIDDLE,
	    .alt = { DNS("ca.else.example") }),
	    SHAPE(MIDDLE, .limits = { ONLY(T_DNS, "example.com") }) },
	{ "its own name does not count", NULL, NULL, SHAPE(MIDDLE,
	    .alt = { DNS("ca.else.example") },
	    .limits = { ONLY(T_DNS, "example.com") }) },
	{ "a wildcard inside", SHAPE(.subject = CN("Leaf"),
	    .alt = { DNS("*.example.com") }), NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_DNS, "example.com") }) },
	{ "a wildcard that is wider", SHAPE(.subject = CN("Leaf"),
	    .alt = { DNS("*.example.com") }), NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_DNS, "www.example.com") }),
	    .text = BROKEN },
	{ "a wildcard over what is excluded", SHAPE(.subject = CN("Leaf"),
	    .alt = { DNS("*.example.com") }), NULL,
	    SHAPE(MIDDLE, .limits = { NOT(T_DNS, "secret.example.com") }),
	    .text = BROKEN },
	{ "a wildcard, excluded deeper", SHAPE(.subject = CN("Leaf"),
	    .alt = { DNS("*.example.com") }), NULL,
	    SHAPE(MIDDLE, .limits = { NOT(T_DNS, "a.b.example.com") }) },
	{ "a malformed name", SHAPE(.subject = CN("Leaf"),
	    .alt = { DNS("www.example.com"), DNS("www..example.com") }), NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_DNS, "example.com") }),
	    .text = BROKEN },
	{ "a malformed name beside an exclusion", SHAPE(.subject = CN("Leaf"),
	    .alt = { DNS("www.example.com"), DNS("else.example.") }), NULL,
	    SHAPE(MIDDLE, .limits = { NOT(T_DNS, "else.example") }),
	    .text = BROKEN },
	{ "a constraint with a leading dot", NULL, NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_DNS, ".example.com") }),
	    .text = MALFORMED },
	{ "a constraint with a wildcard", NULL, NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_DNS, "*.example.com") }),
	    .text = MALFORMED },
	{ "constraints that are empty", NULL, NULL, SHAPE(MIDDLE,
	    .raw = { RAW("2.5.29.30", "\x30\0", true) }), .text = MALFORMED },
	{ "constraints with a minimum", NULL, NULL, SHAPE(MIDDLE,
	    .raw = { RAW("2.5.29.30", "\x30\x0a\xa0\x08\x30\x06\x82\x01"
	    "a\x80\x01\1", true) }), .text = MALFORMED },
	{ "constraints in a leaf", SHAPE(.subject = CN("Leaf"), WWW,
	    .limits = { ONLY(T_DNS, "example.com") }),
	    .text = "CN=Leaf has name constraints, and is no authority" },
	{ "mail of a host", SHAPE(.subject = CN("Leaf"),
	    .alt = { DNS("www.example.com"), MAIL("a@example.com") }), NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_MAIL, "example.com") }) },
	{ "mail of a host below", SHAPE(.subject = CN("Leaf"),
	    .alt = { DNS("www.example.com"), MAIL("a@b.example.com") }), NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_MAIL, "example.com") }),
	    .text = BROKEN },
	{ "mail of hosts below", SHAPE(.subject = CN("Leaf"),
	    .alt = { DNS("www.example.com"), MAIL("a@b.example.com") }), NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_MAIL, ".example.com") }) },
	{ "one mailbox", SHAPE(.subject = CN("Leaf"),
	    .alt = { DNS("www.example.com"), MAIL("a@example.com") }), NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_MAIL, "a@example.com") }) },
	{ "another mailbox", SHAPE(.subject = CN("Leaf"),
	    .alt = { DNS("www.example.com"), MAIL("b@example.com") }), NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_MAIL, "a@example.com") }),
	    .text = BROKEN },
	{ "an excluded mailbox in other letters", SHAPE(.subject = CN("Leaf"),
	    .alt = { DNS("www.example.com"), MAIL("A@example.com") }), NULL,
	    SHAPE(MIDDLE, .limits = { NOT(T_MAIL, "a@example.com") }),
	    .text = BROKEN },
	{ "an address inside", SHAPE(.subject = CN("Leaf"),
	    .alt = { DNS("www.example.com"), IP("\12\1\2\3") }), NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_IP, "\12\0\0\0\377\0\0\0") }) },
	{ "an address outside", SHAPE(.subject = CN("Leaf"),
	    .alt = { DNS("www.example.com"), IP("\13\1\2\3") }), NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_IP, "\12\0\0\0\377\0\0\0") }),
	    .text = BROKEN },
	{ "an address of the other family", SHAPE(.subject = CN("Leaf"),
	    .alt = { DNS("www.example.com"),
	    IP("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1") }), NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_IP, "\12\0\0\0\377\0\0\0") }),
	    .text = BROKEN },
	{ "an address that is none", SHAPE(.subject = CN("Leaf"),
	    .alt = { DNS("www.example.com"), IP("\12\1\2") }), NULL,
	    SHAPE(MIDDLE, .limits = { NOT(T_IP, "\13\0\0\0\377\0\0\0") }),
	    .text = BROKEN },
	{ "a mask with holes", NULL, NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_IP, "\12\0\0\0\377\0\377\0") }),
	    .text = MALFORMED },
	{ "a subject inside", SHAPE(.subject = CN("Leaf"), WWW), NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_DIRECTORY, DN_LEAF) }) },
	{ "a subject in other letters", SHAPE(.subject = CN("Leaf"), WWW),
	    NULL, SHAPE(MIDDLE, .limits = { ONLY(T_DIRECTORY, DN_LOUD) }) },
	{ "a subject outside", SHAPE(.subject = CN("Leaf"), WWW), NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_DIRECTORY, DN_LONG) }),
	    .text = BROKEN },
	{ "a subject excluded in other letters", SHAPE(.subject = CN("Leaf"),
	    WWW), NULL, SHAPE(MIDDLE, .limits = { NOT(T_DIRECTORY, DN_LOUD) }),
	    .text = BROKEN },
	{ "an intermediate's subject", NULL, SHAPE(.subject = CN("Other"), CA),
	    SHAPE(MIDDLE, .limits = { NOT(T_DIRECTORY, DN_OTHER) }),
	    .text = "above CN=Other may not" },
	{ "a self-issued subject", NULL, SHAPE(MIDDLE),
	    SHAPE(MIDDLE, .limits = { NOT(T_DIRECTORY, DN_MIDDLE) }) },
	{ "a URI inside", SHAPE(.subject = CN("Leaf"), .alt = {
	    DNS("www.example.com"), URI("https://a.example.com:1/x") }), NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_URI, ".example.com") }) },
	{ "a URI with a user", SHAPE(.subject = CN("Leaf"), .alt = {
	    DNS("www.example.com"), URI("https://example.com@else/") }), NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_URI, "example.com") }),
	    .text = BROKEN },
	{ "a URI without a host", SHAPE(.subject = CN("Leaf"), .alt = {
	    DNS("www.example.com"), URI("urn:example.com") }), NULL,
	    SHAPE(MIDDLE, .limits = { NOT(T_URI, "else.example") }),
	    .text = BROKEN },
	{ "a URI of an address", SHAPE(.subject = CN("Leaf"), .alt = {
	    DNS("www.example.com"), URI("https://10.1.2.3/") }), NULL,
	    SHAPE(MIDDLE, .limits = { NOT(T_URI, "else.example") }),
	    .text = BROKEN },
	{ "a form that is not known", SHAPE(.subject = CN("Leaf"), .raw = {
	    RAW("2.5.29.17", "\x30\x16\x82\x0fwww.example.com\x88\x03\x2a\3\4",
	    false) }), NULL, SHAPE(MIDDLE,
	    .limits = { NOT(T_ID, "\x2a\3\5") }), .text = BROKEN },
	{ "a form that is not known, not there", NULL, NULL,
	    SHAPE(MIDDLE, .limits = { NOT(T_ID, "\x2a\3\5") }) },
	{ "a subject that maps to a domain", SHAPE(.subject = {
	    { OID_DC, "com" }, { OID_DC, "example" } }), NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_DNS, "else.example") }),
	    .text = BROKEN, .expected = "" },
	{ "a subject that maps to a domain inside", SHAPE(.subject = {
	    { OID_DC, "com" }, { OID_DC, "example" } }), NULL,
	    SHAPE(MIDDLE, .limits = { ONLY(T_DNS, "example.com") }),
	    .expected = "" },

	/* Section 4.2.1.9: lengths of paths. */
	{ "a path length in a leaf", SHAPE(.subject = CN("Leaf"), WWW,
	    .no_basic = true, .raw = { RAW("2.5.29.19", "\x30\3\2\1\0",
	    true) }) },
	{ "a path that is too long", NULL, SHAPE(.subject = CN("Below"), CA),
	    SHAPE(MIDDLE, .pathlen = 1),
	    .text = "CN=Middle may have fewer authorities below it" },
	{ "a path as long as may be", NULL, SHAPE(.subject = CN("Below"), CA),
	    SHAPE(MIDDLE, .pathlen = 2) },
	{ "self-issued ones do not count", NULL, SHAPE(MIDDLE),
	    SHAPE(MIDDLE, .pathlen = 1) },
	{ "the anchor's limit", NULL, NULL, SHAPE(MIDDLE),
	    SHAPE(.subject = CN("Root"), CA, .pathlen = 1),
	    "CN=Root may have fewer" },

	/* What a certificate is by itself. */
	{ "a leaf that may sign", SHAPE(.subject = CN("Leaf"), WWW,
	    .usage = GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_CERT_SIGN),
	    .text = "may sign certificates" },
	{ "a leaf without basicConstraints", SHAPE(.subject = CN("Leaf"), WWW,
	    .no_basic = true) },
	{ "an extended key usage that is empty", SHAPE(.subject = CN("Leaf"),
	    WWW, .raw = { RAW("2.5.29.37", "\x30\0", false) }),
	    .text = "an extended key usage that is empty" },
	{ "an extended key usage that is critical", SHAPE(.subject =
	    CN("Leaf"), WWW, .raw = { RAW("2.5.29.37",
	    "\x30\x0a\x06\x08\x2b\6\1\5\5\7\3\1", true) }) },
	{ "that of an intermediate", NULL, NULL, SHAPE(MIDDLE,
	    .purposes = { GNUTLS_KP_TLS_WWW_CLIENT }),
	    .text = "CN=Middle is not for TLS servers" },
	{ "names that are not critical, no subject", SHAPE(WWW,
	    .quiet_names = true), .text = "has no subject" },
	{ "names that are critical, no subject", SHAPE(WWW) },
	{ "names that are malformed", SHAPE(.subject = CN("Leaf"),
	    .raw = { RAW("2.5.29.17", "\x30\0", false) }),
	    .text = "subjectAltName that is malformed" },
	{ "an authority without a subject", NULL, NULL, SHAPE(CA),
	    .text = "names no issuer" },
	{ "basicConstraints that are not critical", NULL, NULL, SHAPE(
	    .subject = CN("Middle"), .no_basic = true, .raw = {
	    RAW("2.5.29.19", "\x30\3\1\1\377", false) }),
	    .text = "basicConstraints that is not critical" },
	{ "those of the anchor", NULL, NULL, NULL, SHAPE(
	    .subject = CN("Root"), .no_basic = true, .raw = {
	    RAW("2.5.29.19", "\x30\3\1\1\377", false) }),
	    "CN=Root is an authority by a basicConstraints" },
	{ "an intermediate without basicConstraints", NULL, NULL, SHAPE(
	    .subject = CN("Middle"), .no_basic = true),
	    .text = "CN=Middle is no authority" },
	{ "an anchor of version 1", NULL, NULL, NULL, SHAPE(
	    .subject = CN("Root"), .no_basic = true, .first_version = true) },
	{ "an intermediate of version 1", NULL, NULL, SHAPE(
	    .subject = CN("Middle"), .no_basic = true, .first_version = true),
	    .text = "CN=Middle is no authority" },
	{ "an authority that may not sign", NULL, NULL, SHAPE(MIDDLE,
	    .usage = GNUTLS_KEY_CRL_SIGN),
	    .text = "CN=Middle is not for signing certificates" },
	{ "an anchor that may not sign", NULL, NULL, NULL, SHAPE(
	    .subject = CN("Root"), CA, .usage = GNUTLS_KEY_CRL_SIGN),
	    "CN=Root is not for signing certificates" },
	{ "a critical key identifier", SHAPE(.subject = CN("Leaf"), WWW,
	    .raw = { RAW("2.5.29.14", "\4\1x", true) }),
	    .text = "a subject key identifier that is critical" },
	{ "a critical key identifier of the issuer", SHAPE(.subject =
	    CN("Leaf"), WWW, .raw = { RAW("2.5.29.35", "\x30\3\x80\1x",
	    true) }), .text = "an authority key identifier that is critical" },
	{ "critical authority information", SHAPE(.subject = CN("Leaf"), WWW,
	    .raw = { RAW("1.3.6.1.5.5.7.1.1", "\x30\0", true) }),
	    .text = "authority information that is critical" },
	{ "policy constraints that are not critical", NULL, NULL, SHAPE(MIDDLE,
	    .raw = { RAW("2.5.29.36", "\x30\3\x81\1\0", false) }),
	    .text = "policy constraints that are not critical" },
	{ "an explicit policy", NULL, NULL, SHAPE(MIDDLE,
	    .raw = { RAW("2.5.29.36", "\x30\3\x80\1\0", true) }),
	    .text = "requires an explicit policy" },
	{ "policies", SHAPE(.subject = CN("Leaf"), WWW, .raw = {
	    RAW("2.5.29.32", "\x30\6\x30\4\6\2\x2a\3", true) }) },
	{ "an unknown critical extension of an intermediate", NULL, NULL,
	    SHAPE(MIDDLE, .critical_unknown = true),
	    .text = "CN=Middle has a critical extension that is unknown" },
	{ "that of an anchor", NULL, NULL, NULL, SHAPE(.subject = CN("Root"),
	    CA, .critical_unknown = true),
	    "CN=Root has a critical extension that is unknown" },
	{ "a serial number that is too long", SHAPE(.subject = CN("Leaf"), WWW,
	    .serial = "\1abcdefghijklmnopqrst", .serial_len = 21),
	    .text = "a serial number that is too long" },
	{ "one of 20 bytes", SHAPE(.subject = CN("Leaf"), WWW,
	    .serial = "\1abcdefghijklmnopqrs", .serial_len = 20) },
	{ "an intermediate that signs with SHA-1", NULL, NULL,
	    SHAPE(MIDDLE, .digest = GNUTLS_DIG_SHA1), .text = "too weak" },
	{ "an anchor that signed itself with SHA-1", NULL, NULL, NULL,
	    SHAPE(.subject = CN("Root"), CA, .digest = GNUTLS_DIG_SHA1) },
	{ "an anchor that has expired", NULL, NULL, NULL,
	    SHAPE(.subject = CN("Root"), CA, .from = -2 * DAY,
	    .until = -HOUR), "CN=Root has expired" },

	/* RFC 9525. */
	{ "an underscore", SHAPE(.subject = CN("Leaf"),
	    .alt = { DNS("a_b.example.com") }), .expected = "a_b.example.com",
	    .text = "cannot be the name of a peer" },
	{ "an underscore under a wildcard", SHAPE(.subject = CN("Leaf"),
	    .alt = { DNS("*.a_b.example.com") }),
	    .expected = "c.a_b.example.com",
	    .text = "cannot be the name of a peer" },
	{ "an address in a DNS name", SHAPE(.subject = CN("Leaf"),
	    .alt = { DNS("10.1.2.3") }), .expected = "10.1.2.3",
	    .text = "is not one of 10.1.2.3" },
	{ "an address", SHAPE(.subject = CN("Leaf"),
	    .alt = { IP("\12\1\2\3") }), .expected = "10.1.2.3" },
	{ "a common name is no name", SHAPE(.subject =
	    CN("www.example.com")), .text = "is not one of www.example.com" },

	/* What private authorities leave out. */
	{ "no key identifiers", NULL, NULL, SHAPE(MIDDLE), .strict = true,
	    .text = "has no authority key identifier" },
	{ "no key identifier of the anchor", SHAPE(.subject = CN("Leaf"), WWW,
	    .raw = { RAW("2.5.29.35", "\x30\3\x80\1x", false) }),
	    .strict = true,
	    .text = "CN=Root is an authority without a subject key" },
	{ "no key usage", SHAPE(.subject = CN("Leaf"), WWW,
	    .raw = { RAW("2.5.29.35", "\x30\3\x80\1x", false) }), NULL, NULL,
	    SHAPE(.subject = CN("Root"), CA,
	    .raw = { RAW("2.5.29.14", "\4\1x", false) }),
	    "CN=Root is an authority without a key usage", .strict = true },
	{ "all of them", SHAPE(.subject = CN("Leaf"), WWW,
	    .raw = { RAW("2.5.29.35", "\x30\3\x80\1x", false) }), NULL, NULL,
	    SHAPE(.subject = CN("Root"), CA, .usage = GNUTLS_KEY_KEY_CERT_SIGN,
	    .raw = { RAW("2.5.29.14", "\4\1x", false) }), .strict = true },
};
/* clang-format on */

static const struct shape good_root = { .subject = CN("Root"), CA };
static const struct shape good_leaf = { .subject = CN("Leaf"), WWW };

static struct anchors *
anchors_of(const struct holder *const *holders, size_t n)
{
	gnutls_datum_t pem = pem_make(holders, n);
	char error[256];
	struct anchors *anchors = anchors_parse(&pem, error, sizeof(error));

	assert_non_null(anchors);
	gnutls_free(pem.data);
	return anchors;
}

static struct verdict *
ask(struct trust *trust, const struct holder *const *chain, size_t n,
    const char *expected)
{
	static uint8_t buf[CHAIN_MAX];
	bool client = expected != NULL && expected[0] == '\0';
	struct verify_req req = {
		.chain = chain_make(chain, n, buf, sizeof(buf)),
		.remote_name = client		  ? NULL
			       : expected != NULL ? expected
						  : "www.example.com",
	};
	struct verdict *v = verdict_new(
	    trust, &req, client ? APP_ROLE_SERVER : APP_ROLE_CLIENT, 0, 1000);

	assert_non_null(v);
	if (v->error == 0)
		pkix_ask(v);
	return v;
}

static void
check_rule(const struct rule *r)
{
	struct holder root = holder_make(
			  r->root != NULL ? r->root : &good_root, NULL),
		      middle = { NULL, NULL }, below = { NULL, NULL }, leaf;
	const struct holder *issuer = &root, *anchor = &root, *chain[3];
	struct trust trust;
	struct verdict *v;
	size_t n = 1;

	if (r->middle != NULL) {
		middle = holder_make(r->middle, issuer);
		issuer = &middle;
	}
	if (r->below != NULL) {
		below = holder_make(r->below, issuer);
		issuer = &below;
	}
	leaf = holder_make(r->leaf != NULL ? r->leaf : &good_leaf, issuer);
	chain[0] = &leaf;
	if (r->below != NULL)
		chain[n++] = &below;
	if (r->middle != NULL)
		chain[n++] = &middle;
	assert_int_equal(trust_init(&trust), 0);
	trust.pkix_strict = r->strict;
	trust.anchors = anchors_of(&anchor, 1);
	v = ask(&trust, chain, n, r->expected);
	print_message(
	    "%s: %s\n", r->title, v->method != NULL ? v->evidence : v->reason);
	assert_int_equal(v->method != NULL, r->text == NULL);
	assert_int_equal(v->error == 0, r->text == NULL);
	if (r->text != NULL)
		assert_non_null(strstr(v->reason, r->text));
	verdict_free(v);
	trust_free(&trust);
	holder_free(&root);
	holder_free(&middle);
	holder_free(&below);
	holder_free(&leaf);
}

static void
rules_are_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		check_rule(&rules[i]);
}

/*
 * One authority with two certificates: one of them may not issue the leaf.
 * In either order, and from either side.
 */
static void
finds_another_way(void **state)
{
	static const struct shape forbids = { MIDDLE,
		.limits = { ONLY(T_DNS, "else.example") } };
	struct holder root = holder_make(&good_root, NULL);
	struct holder middle = holder_make(SHAPE(MIDDLE), &root);
	struct holder other, expired, leaf = holder_make(&good_leaf, &middle);
	struct shape again = forbids;
	const struct holder *anchor = &root;
	struct trust trust;

	(void)state;
	again.key_of = &middle;
	other = holder_make(&again, &root);
	expired = holder_make(
	    SHAPE(MIDDLE, .key_of = &middle, .from = -2 * DAY, .until = -HOUR),
	    &root);
	assert_int_equal(trust_init(&trust), 0);
	trust.anchors = anchors_of(&anchor, 1);
	for (unsigned order = 0; order < 3; order++) {
		const struct holder *chains[3][4] = {
			{ &leaf, &other, &middle, &expired },
			{ &leaf, &middle, &expired, &other },
			{ &leaf, &expired, &other, &middle },
		};
		struct verdict *v = ask(&trust, chains[order], 4, NULL);

		print_message("order %u: %s\n", order, v->reason);
		assert_non_null(v->method);
		verdict_free(v);
	}
	trust_free(&trust);
	holder_free(&root);
	holder_free(&middle);
	holder_free(&other);
	holder_free(&expired);
	holder_free(&leaf);
}

static bool
everything(void *arg, const struct cert *cert, bool anchor)
{
	(void)arg;
	(void)cert;
	(void)anchor;
	return true;
}

static bool
nothing(void *arg, struct path *path)
{
	(void)arg;
	(void)path;
	return false;
}

enum { FOREST = PATH_CERTS - 1 };

/* Walks all of a forest, and counts what it took. */
static void
walk_forest(const struct holder *const *chain, const struct anchors *anchors)
{
	struct cert certs[PATH_CERTS];
	struct path path = { .anchors = anchors,
		.certs = certs,
		.ncerts = PATH_CERTS,
		.usable = everything,
		.try = nothing };

	for (unsigned i = 0; i < PATH_CERTS; i++)
		assert_int_equal(cert_read(&certs[i], chain[i]->cert), 0);
	assert_false(path_find(&path));
	print_message("%u signatures, %u steps, %u ways\n", path.signatures,
	    path.steps, path.tried);
	assert_true(path.spent);
	assert_true(path.signatures <= PATH_SIGNATURES);
	assert_true(path.steps <= PATH_STEPS);
	assert_true(path.tried <= PATH_COMPLETE);
	for (unsigned i = 0; i < PATH_CERTS; i++)
		cert_free(&certs[i]);
}

/*
 * Certificates that could all have issued each other: 15! ways, in cycles,
 * under no anchor; and the one that is right among as many that are wrong.
 */
static void
forests_are_bounded(void **state)
{
	struct holder root = holder_make(&good_root, NULL);
	struct holder first = holder_make(SHAPE(MIDDLE), NULL);
	struct holder forest[FOREST], leaf = holder_make(&good_leaf, &first);
	const struct holder *anchor = &root, *chain[PATH_CERTS] = { &leaf };
	struct trust trust;
	struct verdict *v;

	(void)state;
	for (unsigned wrong = 0; wrong < 2; wrong++) {
		assert_int_equal(trust_init(&trust), 0);
		anchor = &root;
		for (unsigned i = 0; i < FOREST; i++) {
			struct shape shape = { MIDDLE };

			shape.key_of = wrong ? NULL : &first;
			forest[i] = holder_make(&shape, &first);
			chain[i + 1] = &forest[i];
		}
		/* The anchor that issued the leaf, among strangers that
		 * have its name: it is found. */
		if (wrong)
			anchor = &first;
		trust.anchors = anchors_of(&anchor, 1);
		if (!wrong)
			walk_forest(chain, trust.anchors);
		v = ask(&trust, chain, PATH_CERTS, NULL);
		print_message("%s\n", v->reason);
		assert_int_equal(v->error == 0, wrong);
		verdict_free(v);
		trust_free(&trust);
		for (unsigned i = 0; i < FOREST; i++)
			holder_free(&forest[i]);
	}
	holder_free(&root);
	holder_free(&first);
	holder_free(&leaf);
}

static void
put_length(uint8_t *at, size_t len)
{
	at[0] = 0x82;
	at[1] = (uint8_t)(len >> 8);
	at[2] = (uint8_t)len;
}

enum { MANY = 1200, NAME = 7 };

/* As many names as constraints, none of which is another's. */
static size_t
make_many(uint8_t *der, bool constraints)
{
	size_t each = NAME + 2 + (constraints ? 2 : 0), at = 4;

	der[0] = 0x30;
	put_length(der + 1, MANY * each + (constraints ? 4 : 0));
	if (constraints) {
		der[at++] = 0xa1;
		put_length(der + at, MANY * each);
		at += 3;
	}
	for (unsigned i = 0; i < MANY; i++) {
		if (constraints) {
			der[at++] = 0x30;
			der[at++] = NAME + 2;
		}
		der[at++] = T_DNS;
		der[at++] = NAME;
		memcpy(der + at, constraints ? "x0000.c" : "n0000.c", NAME);
		for (unsigned digit = 4, n = i; n > 0; n /= 10)
			der[at + digit--] = (uint8_t)('0' + n % 10);
		at += NAME;
	}
	return at;
}

static void
names_are_bounded(void **state)
{
	static uint8_t names[MANY * 16], limits[MANY * 16];
	struct shape many_names = { .subject = CN("Leaf") };
	struct shape many_limits = { MIDDLE };
	struct holder root = holder_make(&good_root, NULL), middle, leaf;
	const struct holder *anchor = &root, *chain[2] = { &leaf, &middle };
	struct trust trust;
	struct verdict *v;

	(void)state;
	many_names.raw[0].oid = "2.5.29.17";
	many_names.raw[0].value = (const char *)names;
	many_names.raw[0].len = make_many(names, false);
	many_limits.raw[0].oid = "2.5.29.30";
	many_limits.raw[0].value = (const char *)limits;
	many_limits.raw[0].len = make_many(limits, true);
	many_limits.raw[0].critical = true;
	middle = holder_make(&many_limits, &root);
	leaf = holder_make(&many_names, &middle);
	assert_int_equal(trust_init(&trust), 0);
	trust.anchors = anchors_of(&anchor, 1);
	v = ask(&trust, chain, 2, "n0001.c");
	print_message("%s\n", v->reason);
	assert_int_equal(v->error, EKEYREJECTED);
	assert_non_null(strstr(v->reason, "more name constraints than can"));
	verdict_free(v);
	trust_free(&trust);
	holder_free(&root);
	holder_free(&middle);
	holder_free(&leaf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_kept),
		cmocka_unit_test(finds_another_way),
		cmocka_unit_test(forests_are_bounded),
		cmocka_unit_test(names_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
