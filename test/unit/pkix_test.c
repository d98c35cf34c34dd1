/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * pkix_test: verdicts of the whole policy on chains that are right, and on
 * chains that are wrong in one way each.
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
#include "daemon/verifier/policy.h"
#include "test/unit/authority.h"

#define DNS(text)                           \
	{                                   \
		GNUTLS_SAN_DNSNAME, text, 0 \
	}
#define MAIL(text)                             \
	{                                      \
		GNUTLS_SAN_RFC822NAME, text, 0 \
	}
#define ADDRESS(text)                                        \
	{                                                    \
		GNUTLS_SAN_IPADDRESS, text, sizeof(text) - 1 \
	}
#define CN(text)                     \
	{                            \
		{                    \
			OID_CN, text \
		}                    \
	}

enum who {
	NOBODY,
	/* authorities */
	ROOT,
	OTHER_ROOT, /* no anchor */
	MIDDLE,	    /* under ROOT */
	SHORT,	    /* under ROOT, may have no authority below */
	BELOW_SHORT,
	BOUND,	   /* under ROOT, only for *.bound.example */
	MAIL_ONLY, /* under ROOT, its EKU is e-mail */
	NO_CA,	   /* a leaf that signs */
	OLD_MIDDLE,
	SELF_ANCHOR, /* self-signed, an anchor and a peer */
	/* leaves */
	GOOD,
	UNDER_MIDDLE,
	UNDER_BELOW_SHORT,
	IN_BOUND,
	OUT_OF_BOUND,
	UNDER_MAIL_ONLY,
	UNDER_NO_CA,
	UNDER_OLD,
	UNDER_OTHER,
	SELF_SIGNED,
	EXPIRED,
	NOT_YET,
	SHA1,
	WEAK_RSA,
	RSA_PSS,
	HUGE_RSA,
	HUGE_EXPONENT,
	RSA,
	CLIENT_ONLY,
	SERVER_ONLY,
	ANY_PURPOSE,
	MAIL_PURPOSE,
	NO_SIGNING,
	CA_LEAF,
	CRITICAL,
	REVOKED,
	REVOKED_BY_MIDDLE,
	USER,
	BOTH,
	NAMELESS,
	DEVICE,
	WILD,
	WRONG_SIGNATURE, /* made with the key of OTHER_ROOT, as if by ROOT */
	PEOPLE,
};

/* clang-format off */
static const struct person {
	enum who issuer;
	struct shape shape;
} people[PEOPLE] = {
	[ROOT] = { NOBODY, { .subject = CN("Root"), .ca = true,
	    .usage = GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN } },
	[OTHER_ROOT] = { NOBODY, { .subject = CN("Other"), .ca = true } },
	[MIDDLE] = { ROOT, { .subject = CN("Middle"), .ca = true } },
	[SHORT] = { ROOT, { .subject = CN("Short"), .ca = true,
	    .pathlen = 1 } },
	[BELOW_SHORT] = { SHORT, { .subject = CN("Below"), .ca = true } },
	[BOUND] = { ROOT, { .subject = CN("Bound"), .ca = true,
	    .permitted = "bound.example" } },
	[MAIL_ONLY] = { ROOT, { .subject = CN("Mail"), .ca = true,
	    .purposes = { GNUTLS_KP_EMAIL_PROTECTION } } },
	[NO_CA] = { ROOT, { .subject = CN("No CA") } },
	[OLD_MIDDLE] = { ROOT, { .subject = CN("Old"), .ca = true,
	    .from = -2 * DAY, .until = -HOUR } },
	[SELF_ANCHOR] = { NOBODY, { .subject = CN("Anchor"), .ca = true,
	    .alt = { DNS("anchor.example") } } },

	[GOOD] = { ROOT, { .subject = CN("Good"), .alt = {
	    DNS("www.example.com"), DNS("*.wild.example"),
	    ADDRESS("\177\0\0\1"), DNS("xn--bcher-kva.example") } } },
	[UNDER_MIDDLE] = { MIDDLE, { .alt = { DNS("www.example.com") } } },
	[UNDER_BELOW_SHORT] = { BELOW_SHORT,
	    { .alt = { DNS("www.example.com") } } },
	[IN_BOUND] = { BOUND, { .alt = { DNS("www.bound.example") } } },
	[OUT_OF_BOUND] = { BOUND, { .alt = { DNS("www.example.com") } } },
	[UNDER_MAIL_ONLY] = { MAIL_ONLY,
	    { .alt = { DNS("www.example.com") } } },
	[UNDER_NO_CA] = { NO_CA, { .alt = { DNS("www.example.com") } } },
	[UNDER_OLD] = { OLD_MIDDLE, { .alt = { DNS("www.example.com") } } },
	[UNDER_OTHER] = { OTHER_ROOT, { .alt = { DNS("www.example.com") } } },
	[SELF_SIGNED] = { NOBODY, { .subject = CN("Self"),
	    .alt = { DNS("www.example.com") } } },
	[EXPIRED] = { ROOT, { .from = -2 * DAY, .until = -HOUR,
	    .alt = { DNS("www.example.com") } } },
	[NOT_YET] = { ROOT, { .from = HOUR, .until = DAY,
	    .alt = { DNS("www.example.com") } } },
	[SHA1] = { ROOT, { .digest = GNUTLS_DIG_SHA1,
	    .alt = { DNS("www.example.com") } } },
	[WEAK_RSA] = { ROOT, { .rsa_bits = 1024,
	    .alt = { DNS("www.example.com") } } },
	[HUGE_RSA] = { ROOT, { .rsa_bits = 16384, .only_public = true,
	    .alt = { DNS("www.example.com") } } },
	[HUGE_EXPONENT] = { ROOT, { .rsa_bits = 2048, .only_public = true,
	    .exponent_bytes = 128, .alt = { DNS("www.example.com") } } },
	[RSA_PSS] = { ROOT, { .rsa_bits = 2048, .pss = true,
	    .alt = { DNS("www.example.com") } } },
	[RSA] = { ROOT, { .rsa_bits = 2048,
	    .alt = { DNS("www.example.com") } } },
	[CLIENT_ONLY] = { ROOT, { .purposes = { GNUTLS_KP_TLS_WWW_CLIENT },
	    .alt = { DNS("www.example.com") } } },
	[SERVER_ONLY] = { ROOT, { .purposes = { GNUTLS_KP_TLS_WWW_SERVER },
	    .alt = { DNS("www.example.com") } } },
	[ANY_PURPOSE] = { ROOT, { .purposes = { GNUTLS_KP_ANY },
	    .alt = { DNS("www.example.com") } } },
	[MAIL_PURPOSE] = { ROOT, { .purposes = { GNUTLS_KP_EMAIL_PROTECTION },
	    .alt = { DNS("www.example.com") } } },
	[NO_SIGNING] = { ROOT, { .usage = GNUTLS_KEY_KEY_ENCIPHERMENT,
	    .alt = { DNS("www.example.com") } } },
	[CA_LEAF] = { ROOT, { .ca = true,
	    .alt = { DNS("www.example.com") } } },
	[CRITICAL] = { ROOT, { .critical_unknown = true,
	    .alt = { DNS("www.example.com") } } },
	[REVOKED] = { ROOT, { .alt = { DNS("www.example.com") } } },
	[REVOKED_BY_MIDDLE] = { MIDDLE,
	    { .alt = { DNS("www.example.com") } } },
	[USER] = { ROOT, { .alt = { MAIL("anna@Example.com") } } },
	[BOTH] = { ROOT,
	    { .alt = { MAIL("anna@example.com"), DNS("example.com") } } },
	[NAMELESS] = { ROOT, { .subject = CN("www.example.com") } },
	[DEVICE] = { ROOT, { .alt = { DNS("d1._device.example.com") } } },
	[WILD] = { ROOT, { .alt = { DNS("*.example.com") } } },
};
/* clang-format on */

static struct holder holders[PEOPLE];

static int
make_people(void **state)
{
	(void)state;
	for (int i = 1; i < PEOPLE; i++)
		if (i != WRONG_SIGNATURE)
			holders[i] = holder_make(
			    &people[i].shape, people[i].issuer == NOBODY
						  ? NULL
						  : &holders[people[i].issuer]);
	/* The right names, by the wrong key. */
	holders[WRONG_SIGNATURE] = holder_make(
	    &(struct shape){ .alt = { DNS("www.example.com") } },
	    &(struct holder){ holders[ROOT].cert, holders[OTHER_ROOT].key });
	return 0;
}

static int
free_people(void **state)
{
	(void)state;
	for (int i = 0; i < PEOPLE; i++)
		holder_free(&holders[i]);
	return 0;
}

/* The lists that a case has. */
enum lists {
	NO_LISTS,
	FRESH,		    /* of ROOT and MIDDLE, with the REVOKED ones */
	STALE,		    /* the same, out of date */
	FORGED,		    /* as if of ROOT, by another key */
	FUTURE,		    /* the same as FRESH, from tomorrow on */
	ONLY_MIDDLE,	    /* nothing of ROOT */
	STALE_FORGED_NEWER, /* STALE, and a newer forged one */
};

static const struct test_case {
	const char *title;
	enum who chain[6];
	const char *expected; /* a server's name; NULL: none */
	bool is_client;	      /* the peer is */
	uint32_t flags;
	enum lists lists;
	bool require_crl;
	const char *pins; /* NULL: none */
	enum who pinned;  /* whose key */
	const char *name; /* NULL: it is refused */
	const char *method;
	int error;
	unsigned alert;
	const char *text; /* in reason or evidence */
} cases[] = {
	{ "good", { GOOD }, "www.example.com", .name = "www.example.com",
	    .method = "pkix", .text = "chain to CN=Root, 2 certificates" },
	{ "canonical name", { GOOD }, "WWW.Example.Com.",
	    .name = "www.example.com", .method = "pkix" },
	{ "wildcard", { GOOD }, "a.wild.example", .name = "a.wild.example",
	    .method = "pkix" },
	{ "wildcard, two labels", { GOOD }, "a.b.wild.example",
	    .error = EKEYREJECTED, .alert = GNUTLS_A_BAD_CERTIFICATE },
	{ "address", { GOOD }, "127.0.0.1", .name = "127.0.0.1",
	    .method = "pkix" },
	{ "other address", { GOOD }, "127.0.0.2", .error = EKEYREJECTED,
	    .alert = GNUTLS_A_BAD_CERTIFICATE },
	{ "A-label", { GOOD }, "XN--bcher-kva.example",
	    .name = "xn--bcher-kva.example", .method = "pkix" },
	{ "wrong name", { GOOD }, "mail.example.com", .error = EKEYREJECTED,
	    .alert = GNUTLS_A_BAD_CERTIFICATE,
	    .text = "not one of mail.example.com" },
	{ "a device, by a chain", { DEVICE }, NULL, true, .error = EKEYREJECTED,
	    .alert = GNUTLS_A_BAD_CERTIFICATE,
	    .text = "only signed DNS can vouch for d1._device.example.com" },
	{ "a device that is a server", { DEVICE }, NULL, .error = EKEYREJECTED,
	    .alert = GNUTLS_A_BAD_CERTIFICATE, .text = "only signed DNS" },
	{ "no name in it", { NAMELESS }, "www.example.com",
	    .error = EKEYREJECTED, .alert = GNUTLS_A_BAD_CERTIFICATE },
	{ "not a name", { GOOD }, "www_example", .error = EKEYREJECTED,
	    .alert = GNUTLS_A_BAD_CERTIFICATE, .text = "cannot be the name" },
	{ "no name expected", { GOOD }, NULL, .name = "www.example.com",
	    .method = "pkix" },
	{ "no name expected, none there", { WILD }, NULL, .error = EKEYREJECTED,
	    .alert = GNUTLS_A_BAD_CERTIFICATE,
	    .text = "neither a user nor a domain" },
	{ "user expected", { USER }, "anna@example.com",
	    .name = "anna@example.com", .method = "pkix" },
	{ "other user expected", { USER }, "bert@example.com",
	    .error = EKEYREJECTED, .alert = GNUTLS_A_BAD_CERTIFICATE },
	{ "RSA", { RSA }, "www.example.com", .name = "www.example.com",
	    .method = "pkix" },

	{ "RSA-PSS", { RSA_PSS }, "www.example.com", .name = "www.example.com",
	    .method = "pkix" },
	{ "with intermediate", { UNDER_MIDDLE, MIDDLE }, "www.example.com",
	    .name = "www.example.com", .method = "pkix",
	    .text = "3 certificates" },
	{ "with intermediate and root", { UNDER_MIDDLE, MIDDLE, ROOT },
	    "www.example.com", .name = "www.example.com", .method = "pkix",
	    .text = "3 certificates" },
	{ "out of order", { UNDER_MIDDLE, ROOT, MIDDLE }, "www.example.com",
	    .name = "www.example.com", .method = "pkix" },
	{ "with a stranger", { UNDER_MIDDLE, OTHER_ROOT, MIDDLE },
	    "www.example.com", .name = "www.example.com", .method = "pkix" },
	{ "missing intermediate", { UNDER_MIDDLE }, "www.example.com",
	    .error = EKEYREJECTED, .alert = GNUTLS_A_UNKNOWN_CA },
	{ "leaf is not first", { MIDDLE, UNDER_MIDDLE }, "www.example.com",
	    .error = EKEYREJECTED, .alert = GNUTLS_A_BAD_CERTIFICATE },
	{ "empty chain", { NOBODY }, "www.example.com", .error = EKEYREJECTED,
	    .alert = GNUTLS_A_CERTIFICATE_REQUIRED },
	{ "path too long", { UNDER_BELOW_SHORT, BELOW_SHORT, SHORT },
	    "www.example.com", .error = EKEYREJECTED,
	    .alert = GNUTLS_A_BAD_CERTIFICATE },
	{ "within constraints", { IN_BOUND, BOUND }, "www.bound.example",
	    .name = "www.bound.example", .method = "pkix" },
	{ "outside constraints", { OUT_OF_BOUND, BOUND }, "www.example.com",
	    .error = EKEYREJECTED, .alert = GNUTLS_A_BAD_CERTIFICATE },
	{ "issuer is no CA", { UNDER_NO_CA, NO_CA }, "www.example.com",
	    .error = EKEYREJECTED, .alert = GNUTLS_A_BAD_CERTIFICATE },
	{ "issuer has another purpose", { UNDER_MAIL_ONLY, MAIL_ONLY },
	    "www.example.com", .error = EKEYREJECTED,
	    .alert = GNUTLS_A_BAD_CERTIFICATE,
	    .text = "CN=Mail is not for TLS servers" },
	{ "issuer has expired", { UNDER_OLD, OLD_MIDDLE }, "www.example.com",
	    .error = EKEYEXPIRED, .alert = GNUTLS_A_CERTIFICATE_EXPIRED,
	    .text = "CN=Old has expired" },

	{ "unknown issuer", { UNDER_OTHER }, "www.example.com",
	    .error = EKEYREJECTED, .alert = GNUTLS_A_UNKNOWN_CA },
	{ "unknown issuer, sent along", { UNDER_OTHER, OTHER_ROOT },
	    "www.example.com", .error = EKEYREJECTED,
	    .alert = GNUTLS_A_UNKNOWN_CA },
	{ "self-signed", { SELF_SIGNED }, "www.example.com",
	    .error = EKEYREJECTED, .alert = GNUTLS_A_UNKNOWN_CA,
	    .text = "CN=Self is self-signed" },
	{ "self-signed, an anchor", { SELF_ANCHOR }, "anchor.example",
	    .name = "anchor.example", .method = "pkix",
	    .text = "chain to CN=Anchor, 1 certificate" },
	{ "an anchor, lists required", { SELF_ANCHOR }, "anchor.example",
	    .require_crl = true, .name = "anchor.example", .method = "pkix" },
	{ "self-signed, an anchor, wrong name", { SELF_ANCHOR },
	    "www.example.com", .error = EKEYREJECTED,
	    .alert = GNUTLS_A_BAD_CERTIFICATE },
	{ "wrong signature", { WRONG_SIGNATURE }, "www.example.com",
	    .error = EKEYREJECTED, .alert = GNUTLS_A_BAD_CERTIFICATE },
	{ "expired", { EXPIRED }, "www.example.com", .error = EKEYEXPIRED,
	    .alert = GNUTLS_A_CERTIFICATE_EXPIRED },
	{ "not yet valid", { NOT_YET }, "www.example.com",
	    .error = EKEYREJECTED, .alert = GNUTLS_A_CERTIFICATE_EXPIRED,
	    .text = "not yet valid" },
	{ "SHA-1", { SHA1 }, "www.example.com", .error = EKEYREJECTED,
	    .alert = GNUTLS_A_INSUFFICIENT_SECURITY },
	{ "weak RSA", { WEAK_RSA }, "www.example.com", .error = EKEYREJECTED,
	    .alert = GNUTLS_A_INSUFFICIENT_SECURITY },
	{ "RSA key that is too large", { HUGE_RSA }, "www.example.com",
	    .error = EKEYREJECTED, .alert = GNUTLS_A_UNSUPPORTED_CERTIFICATE },
	{ "RSA exponent that is too large", { HUGE_EXPONENT },
	    "www.example.com", .error = EKEYREJECTED,
	    .alert = GNUTLS_A_UNSUPPORTED_CERTIFICATE },
	{ "unknown critical extension", { CRITICAL }, "www.example.com",
	    .error = EKEYREJECTED, .alert = GNUTLS_A_BAD_CERTIFICATE },
	{ "authority as leaf", { CA_LEAF }, "www.example.com",
	    .error = EKEYREJECTED, .alert = GNUTLS_A_BAD_CERTIFICATE,
	    .text = "is an authority" },
	{ "no digital signature", { NO_SIGNING }, "www.example.com",
	    .error = EKEYREJECTED, .alert = GNUTLS_A_BAD_CERTIFICATE },

	{ "server for clients", { CLIENT_ONLY }, "www.example.com",
	    .error = EKEYREJECTED, .alert = GNUTLS_A_BAD_CERTIFICATE,
	    .text = "not for TLS servers" },
	{ "server for servers", { SERVER_ONLY }, "www.example.com",
	    .name = "www.example.com", .method = "pkix" },
	{ "server for anything", { ANY_PURPOSE }, "www.example.com",
	    .name = "www.example.com", .method = "pkix" },
	{ "server for mail", { MAIL_PURPOSE }, "www.example.com",
	    .error = EKEYREJECTED, .alert = GNUTLS_A_BAD_CERTIFICATE },
	{ "client for servers", { SERVER_ONLY }, .is_client = true,
	    .error = EKEYREJECTED, .alert = GNUTLS_A_BAD_CERTIFICATE,
	    .text = "not for TLS clients" },
	{ "client for clients", { CLIENT_ONLY }, .is_client = true,
	    .name = "www.example.com", .method = "pkix" },

	{ "client is a user", { USER }, .is_client = true,
	    .name = "anna@example.com", .method = "pkix" },
	{ "client without name", { NAMELESS }, .is_client = true,
	    .error = EKEYREJECTED, .alert = GNUTLS_A_BAD_CERTIFICATE },
	{ "client with a wildcard", { WILD }, .is_client = true,
	    .error = EKEYREJECTED, .alert = GNUTLS_A_BAD_CERTIFICATE },
	{ "client, expected under a wildcard", { WILD }, "www.example.com",
	    .is_client = true, .error = EKEYREJECTED,
	    .alert = GNUTLS_A_BAD_CERTIFICATE },
	{ "users refused", { USER }, .is_client = true,
	    .flags = APP_REFUSE_USERS, .error = EKEYREJECTED,
	    .alert = GNUTLS_A_ACCESS_DENIED,
	    .text = "the peer is a user, and users are refused here" },
	{ "users refused, has a domain", { BOTH }, .is_client = true,
	    .flags = APP_REFUSE_USERS, .name = "example.com",
	    .method = "pkix" },
	{ "domains refused", { GOOD }, .is_client = true,
	    .flags = APP_REFUSE_DOMAINS, .error = EKEYREJECTED,
	    .alert = GNUTLS_A_ACCESS_DENIED,
	    .text = "the peer is a domain, and domains are refused here" },
	{ "domains refused, has a user", { BOTH }, .is_client = true,
	    .flags = APP_REFUSE_DOMAINS, .name = "anna@example.com",
	    .method = "pkix" },
	{ "domains refused, one expected", { GOOD }, "www.example.com",
	    .flags = APP_REFUSE_DOMAINS, .error = EKEYREJECTED,
	    .alert = GNUTLS_A_ACCESS_DENIED },

	{ "on no list", { GOOD }, "www.example.com", .lists = FRESH,
	    .name = "www.example.com", .method = "pkix" },
	{ "revoked", { REVOKED }, "www.example.com", .lists = FRESH,
	    .error = EKEYREVOKED, .alert = GNUTLS_A_CERTIFICATE_REVOKED },
	{ "revoked by an intermediate", { REVOKED_BY_MIDDLE, MIDDLE },
	    "www.example.com", .lists = FRESH, .error = EKEYREVOKED,
	    .alert = GNUTLS_A_CERTIFICATE_REVOKED },
	{ "revoked, stale list", { REVOKED }, "www.example.com", .lists = STALE,
	    .error = EKEYREVOKED, .alert = GNUTLS_A_CERTIFICATE_REVOKED },
	{ "revoked by a forger", { REVOKED }, "www.example.com",
	    .lists = FORGED, .name = "www.example.com", .method = "pkix" },
	{ "revoked from tomorrow on", { REVOKED }, "www.example.com",
	    .lists = FUTURE, .name = "www.example.com", .method = "pkix" },
	{ "list required, there", { UNDER_MIDDLE, MIDDLE }, "www.example.com",
	    .lists = FRESH, .require_crl = true, .name = "www.example.com",
	    .method = "pkix" },
	{ "list required, missing", { GOOD }, "www.example.com",
	    .require_crl = true, .error = EKEYREJECTED,
	    .alert = GNUTLS_A_CERTIFICATE_UNKNOWN,
	    .text = "no fresh revocation list of CN=Root" },
	{ "list required, stale", { GOOD }, "www.example.com", .lists = STALE,
	    .require_crl = true, .error = EKEYREJECTED,
	    .alert = GNUTLS_A_CERTIFICATE_UNKNOWN },
	{ "list required, forged", { GOOD }, "www.example.com", .lists = FORGED,
	    .require_crl = true, .error = EKEYREJECTED,
	    .alert = GNUTLS_A_CERTIFICATE_UNKNOWN },
	{ "list required, one of two", { UNDER_MIDDLE, MIDDLE },
	    "www.example.com", .lists = ONLY_MIDDLE, .require_crl = true,
	    .error = EKEYREJECTED, .alert = GNUTLS_A_CERTIFICATE_UNKNOWN },
	{ "a forged list does not hide a true one", { REVOKED },
	    "www.example.com", .lists = STALE_FORGED_NEWER,
	    .error = EKEYREVOKED, .alert = GNUTLS_A_CERTIFICATE_REVOKED },

	{ "pinned", { SELF_SIGNED }, "www.example.com",
	    .pins = "www.example.com server", .pinned = SELF_SIGNED,
	    .name = "www.example.com", .method = "pin" },
	{ "pinned, expired", { EXPIRED }, "www.example.com",
	    .pins = "www.example.com server", .pinned = EXPIRED,
	    .name = "www.example.com", .method = "pin" },
	{ "pinned, another name", { GOOD }, "else.example",
	    .pins = "else.example server", .pinned = GOOD,
	    .name = "else.example", .method = "pin" },
	{ "pinned, another key", { GOOD }, "www.example.com",
	    .pins = "www.example.com server", .pinned = EXPIRED,
	    .error = EKEYREJECTED, .alert = GNUTLS_A_BAD_CERTIFICATE,
	    .text = "the key of www.example.com is not one of its 1 pinned" },
	{ "pinned for somebody else", { GOOD }, "www.example.com",
	    .pins = "else.example server", .pinned = EXPIRED,
	    .name = "www.example.com", .method = "pkix" },
	{ "pinned in the other role", { GOOD }, "www.example.com",
	    .pins = "www.example.com client", .pinned = EXPIRED,
	    .name = "www.example.com", .method = "pkix" },
	{ "pinned client", { SELF_SIGNED }, .is_client = true,
	    .pins = "www.example.com client", .pinned = SELF_SIGNED,
	    .name = "www.example.com", .method = "pin" },
	{ "pinned client, another key", { SELF_SIGNED }, .is_client = true,
	    .pins = "www.example.com client", .pinned = GOOD,
	    .error = EKEYREJECTED, .alert = GNUTLS_A_BAD_CERTIFICATE },
	{ "key of another client", { UNDER_OTHER }, .is_client = true,
	    .pins = "else.example client", .pinned = UNDER_OTHER,
	    .error = EKEYREJECTED, .alert = GNUTLS_A_UNKNOWN_CA },
};

static void
add_list(struct crls *crls, const char *name, const struct holder *issuer,
    enum who revoked, long from, long until)
{
	const struct holder *listed[] = { &holders[revoked] };
	gnutls_datum_t crl = crl_make(issuer, listed, 1, from, until,
	    from % 2 == 0 ? GNUTLS_X509_FMT_DER : GNUTLS_X509_FMT_PEM);
	char error[256];

	assert_int_equal(crls_add(crls, name, &crl, error, sizeof(error)), 0);
	gnutls_free(crl.data);
}

static void
add_lists(struct crls *crls, enum lists lists)
{
	/* The name of ROOT, and the key of another. */
	struct holder forger = holder_make(
	    &(struct shape){ .subject = CN("Root"), .ca = true }, NULL);

	if (lists == FRESH)
		add_list(crls, "root", &holders[ROOT], REVOKED, -60, HOUR);
	if (lists == FRESH || lists == ONLY_MIDDLE)
		add_list(crls, "middle", &holders[MIDDLE], REVOKED_BY_MIDDLE,
		    -61, HOUR);
	if (lists == STALE || lists == STALE_FORGED_NEWER)
		add_list(crls, "root", &holders[ROOT], REVOKED, -DAY, -HOUR);
	if (lists == FUTURE)
		add_list(crls, "root", &holders[ROOT], REVOKED, DAY, 2 * DAY);
	if (lists == FORGED)
		add_list(crls, "root", &forger, REVOKED, -60, HOUR);
	if (lists == STALE_FORGED_NEWER)
		add_list(crls, "forged", &forger, GOOD, -60, HOUR);
	holder_free(&forger);
}

static struct pins *
make_pins(const struct test_case *c)
{
	char line[256], error[256], hex[2 * PIN_SIZE + 1];
	uint8_t id[PIN_SIZE];
	size_t len = sizeof(id), hex_len = sizeof(hex);
	struct pins *pins;

	assert_int_equal(gnutls_x509_crt_get_key_id(holders[c->pinned].cert,
			     GNUTLS_KEYID_USE_SHA256, id, &len),
	    0);
	assert_int_equal(gnutls_hex_encode(&(gnutls_datum_t){ id, sizeof(id) },
			     hex, &hex_len),
	    0);
	snprintf(line, sizeof(line), "%s sha256:%s", c->pins, hex);
	pins = pins_parse(line, strlen(line), error, sizeof(error));
	assert_non_null(pins);
	return pins;
}

static void
set_trust(struct trust *trust, const struct test_case *c)
{
	const struct holder *anchors[] = { &holders[ROOT],
		&holders[SELF_ANCHOR] };
	gnutls_datum_t pem = pem_make(anchors, 2);
	char error[256];

	assert_int_equal(trust_init(trust), 0);
	trust->anchors = anchors_parse(&pem, error, sizeof(error));
	assert_non_null(trust->anchors);
	assert_int_equal(anchors_count(trust->anchors), 2);
	gnutls_free(pem.data);
	add_lists(trust->crls, c->lists);
	trust->require_crl = c->require_crl;
	if (c->pins != NULL)
		trust->pins = make_pins(c);
}

static const struct config both_methods = {
	.client_policy = { TRUST_PIN, TRUST_PKIX },
	.server_policy = { TRUST_PIN, TRUST_PKIX },
};

static struct verdict *
ask(struct trust *trust, const struct config *config, struct blob chain,
    const char *expected, bool is_client, uint32_t flags)
{
	struct verify_req req = { .chain = chain, .remote_name = expected };
	struct verdict *v = verdict_new(trust, &req,
	    is_client ? APP_ROLE_SERVER : APP_ROLE_CLIENT, flags, 1000);

	assert_non_null(v);
	policy_choose(v, config);
	assert_true(policy_run(v));
	return v;
}

static uint8_t certs[APP_TRACE_CERTS_MAX];

static void
check_answer(const struct test_case *c, const struct verdict *v)
{
	struct verify_ans ans;
	uint64_t now = (uint64_t)time(NULL);

	verdict_answer(v, &ans, certs);
	print_message(
	    "%s: %s\n", c->title, ans.error == 0 ? ans.evidence : ans.reason);
	assert_int_equal(ans.error, c->error);
	if (c->name == NULL) {
		assert_int_not_equal(c->error, 0);
		assert_int_equal(ans.alert, c->alert);
		assert_null(ans.name);
		assert_true(strlen(ans.reason) > 0);
	} else {
		assert_string_equal(ans.name, c->name);
		assert_string_equal(ans.method, c->method);
		assert_true(ans.until > now);
		assert_true(ans.until <= now + DAY);
		if (c->lists == FRESH)
			assert_true(ans.until <= now + HOUR);
	}
	if (c->text != NULL)
		assert_non_null(strstr(
		    ans.error == 0 ? ans.evidence : ans.reason, c->text));
}

static void
judges(void **state)
{
	static uint8_t buf[CHAIN_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct test_case *c = &cases[i];
		const struct holder *chain[6];
		struct trust trust;
		struct verdict *v;
		size_t n = 0;

		while (n < 6 && c->chain[n] != NOBODY) {
			chain[n] = &holders[c->chain[n]];
			n++;
		}
		set_trust(&trust, c);
		v = ask(&trust, &both_methods,
		    chain_make(chain, n, buf, sizeof(buf)), c->expected,
		    c->is_client, c->flags);
		check_answer(c, v);
		verdict_free(v);
		trust_free(&trust);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
	};

	return cmocka_run_group_tests(tests, make_people, free_people);
}
