/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * names_test: the identity that a certificate maps to, and the names that it
 * presents.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/verifier/names.h"
#include "test/unit/authority.h"

#define DNS(text)                           \
	{                                   \
		GNUTLS_SAN_DNSNAME, text, 0 \
	}
#define DNS_BYTES(text)                                    \
	{                                                  \
		GNUTLS_SAN_DNSNAME, text, sizeof(text) - 1 \
	}
#define MAIL(text)                             \
	{                                      \
		GNUTLS_SAN_RFC822NAME, text, 0 \
	}
#define MAIL_BYTES(text)                                      \
	{                                                     \
		GNUTLS_SAN_RFC822NAME, text, sizeof(text) - 1 \
	}
#define ADDRESS(text)                                        \
	{                                                    \
		GNUTLS_SAN_IPADDRESS, text, sizeof(text) - 1 \
	}
#define URI(text)                       \
	{                               \
		GNUTLS_SAN_URI, text, 0 \
	}

/* clang-format off */
static const struct identity_case {
	const char *title;
	struct shape shape;
	uint32_t flags;
	enum names_result result;
	const char *identity;
} identity_cases[] = {
	{ "domain", { .alt = { DNS("Example.com") } },
	    0, NAMES_FOUND, "example.com" },
	{ "user", { .alt = { MAIL("anna@Example.com") } },
	    0, NAMES_FOUND, "anna@example.com" },
	{ "user before domain",
	    { .alt = { DNS("example.com"), MAIL("anna@example.com") } },
	    0, NAMES_FOUND, "anna@example.com" },
	{ "first of several",
	    { .alt = { DNS("a.example"), DNS("b.example") } },
	    0, NAMES_FOUND, "a.example" },
	{ "A-label", { .alt = { DNS("xn--bcher-kva.example") } },
	    0, NAMES_FOUND, "xn--bcher-kva.example" },
	{ "U-label", { .alt = { DNS("b\xc3\xbc""cher.example") } },
	    0, NAMES_NONE, NULL },
	{ "client of a service", { .alt = { DNS("_smtp.Example.com") } },
	    0, NAMES_FOUND, "_smtp.example.com" },
	{ "device", { .alt = { DNS("d1._Device.example.com") } },
	    0, NAMES_FOUND, "d1._device.example.com" },
	{ "device, but domains are refused",
	    { .alt = { DNS("d1._device.example.com") } },
	    APP_REFUSE_DOMAINS, NAMES_DOMAIN_REFUSED, NULL },
	{ "device beside a domain",
	    { .alt = { DNS("d1._device.example.com"), DNS("example.com") } },
	    0, NAMES_FOUND, "example.com" },
	{ "below _tcp", { .alt = { DNS("x._tcp.example.com") } },
	    0, NAMES_NONE, NULL },
	{ "the owner of a server's record",
	    { .alt = { DNS("_443._tcp.example.com") } },
	    0, NAMES_NONE, NULL },
	{ "wildcard of devices",
	    { .alt = { DNS("*._device.example.com") } },
	    0, NAMES_NONE, NULL },
	{ "NUL in a device",
	    { .alt = { DNS_BYTES("d1._device.example.com\0.evil.org") } },
	    0, NAMES_NONE, NULL },
	{ "two labels before a device",
	    { .alt = { DNS("a.b._device.example.com") } },
	    0, NAMES_NONE, NULL },
	{ "no label before the dot", { .alt = { DNS("._device.example.com") } },
	    0, NAMES_NONE, NULL },
	{ "nothing behind the underscore", { .alt = { DNS("_.example.com") } },
	    0, NAMES_NONE, NULL },
	{ "no domain behind a service", { .alt = { DNS("_smtp") } },
	    0, NAMES_NONE, NULL },
	{ "an empty domain behind a service", { .alt = { DNS("_smtp.") } },
	    0, NAMES_NONE, NULL },
	{ "an address behind a service", { .alt = { DNS("_smtp.127.0.0.1") } },
	    0, NAMES_NONE, NULL },
	{ "wildcard", { .alt = { DNS("*.example.com") } },
	    0, NAMES_NONE, NULL },
	{ "wildcard first",
	    { .alt = { DNS("*.example.com"), DNS("example.com") } },
	    0, NAMES_FOUND, "example.com" },
	{ "NUL in domain",
	    { .alt = { DNS_BYTES("example.com\0.evil.org") } },
	    0, NAMES_NONE, NULL },
	{ "NUL in user",
	    { .alt = { MAIL_BYTES("anna@example.com\0.evil.org") } },
	    0, NAMES_NONE, NULL },
	{ "two @", { .alt = { MAIL("a@b@example.com") } },
	    0, NAMES_NONE, NULL },
	{ "space", { .alt = { MAIL("a b@example.com") } },
	    0, NAMES_NONE, NULL },
	{ "address only", { .alt = { ADDRESS("\177\0\0\1") } },
	    0, NAMES_NONE, NULL },
	{ "no name at all", { .ca = false }, 0, NAMES_NONE, NULL },
	{ "common name",
	    { .subject = { { OID_CN, "example.com" } } },
	    0, NAMES_NONE, NULL },

	{ "subject, domain",
	    { .subject = { { OID_DC, "com" }, { OID_DC, "Example" } } },
	    0, NAMES_FOUND, "example.com" },
	{ "subject, deeper domain",
	    { .subject = { { OID_DC, "com" }, { OID_DC, "example" },
		  { OID_DC, "mail" } } },
	    0, NAMES_FOUND, "mail.example.com" },
	{ "subject, user",
	    { .subject = { { OID_DC, "com" }, { OID_DC, "example" },
		  { OID_UID, "anna" } } },
	    0, NAMES_FOUND, "anna@example.com" },
	{ "subject, user first",
	    { .subject = { { OID_UID, "anna" }, { OID_DC, "example" },
		  { OID_DC, "com" } } },
	    0, NAMES_NONE, NULL },
	{ "subject, user in between",
	    { .subject = { { OID_DC, "com" }, { OID_UID, "anna" },
		  { OID_DC, "example" } } },
	    0, NAMES_NONE, NULL },
	{ "subject, two users",
	    { .subject = { { OID_DC, "com" }, { OID_UID, "anna" },
		  { OID_UID, "bert" } } },
	    0, NAMES_NONE, NULL },
	{ "subject, user without domain",
	    { .subject = { { OID_UID, "anna" } } },
	    0, NAMES_NONE, NULL },
	{ "subject, @ in user",
	    { .subject = { { OID_DC, "com" }, { OID_UID, "a@b" } } },
	    0, NAMES_NONE, NULL },
	{ "subject, space in user",
	    { .subject = { { OID_DC, "com" }, { OID_UID, "a b" } } },
	    0, NAMES_NONE, NULL },
	{ "subject, dot in label",
	    { .subject = { { OID_DC, "com" }, { OID_DC, "a.b" } } },
	    0, NAMES_NONE, NULL },
	{ "subject, underscore in label",
	    { .subject = { { OID_DC, "com" }, { OID_DC, "a_b" } } },
	    0, NAMES_NONE, NULL },
	{ "subject, something in a domain",
	    { .subject = { { OID_DC, "com" }, { OID_DC, "example" },
		  { OID_CN, "Printer" } } },
	    0, NAMES_NONE, NULL },
	{ "subject, user below a unit",
	    { .subject = { { OID_DC, "com" }, { OID_DC, "example" },
		  { OID_OU, "Guests" }, { OID_UID, "anna" } } },
	    0, NAMES_NONE, NULL },
	{ "subject does not count beside names",
	    { .subject = { { OID_DC, "com" }, { OID_DC, "example" } },
		.alt = { DNS("*.example.com") } },
	    0, NAMES_NONE, NULL },
	{ "subject beside an URI",
	    { .subject = { { OID_DC, "com" }, { OID_DC, "example" } },
		.alt = { URI("https://example.com/") } },
	    0, NAMES_FOUND, "example.com" },

	{ "users refused", { .alt = { MAIL("anna@example.com") } },
	    APP_REFUSE_USERS, NAMES_USER_REFUSED, NULL },
	{ "users refused, has a domain",
	    { .alt = { MAIL("anna@example.com"), DNS("example.com") } },
	    APP_REFUSE_USERS, NAMES_FOUND, "example.com" },
	{ "domains refused", { .alt = { DNS("example.com") } },
	    APP_REFUSE_DOMAINS, NAMES_DOMAIN_REFUSED, NULL },
	{ "domains refused, has a user",
	    { .alt = { DNS("example.com"), MAIL("anna@example.com") } },
	    APP_REFUSE_DOMAINS, NAMES_FOUND, "anna@example.com" },
	{ "both refused",
	    { .alt = { DNS("example.com"), MAIL("anna@example.com") } },
	    APP_REFUSE_DOMAINS | APP_REFUSE_USERS, NAMES_BOTH_REFUSED, NULL },
	{ "users refused, in the subject",
	    { .subject = { { OID_DC, "com" }, { OID_UID, "anna" } } },
	    APP_REFUSE_USERS, NAMES_USER_REFUSED, NULL },
};
/* clang-format on */

static void
maps(void **state)
{
	struct peername identity;

	(void)state;
	for (size_t i = 0; i < sizeof(identity_cases) / sizeof(*identity_cases);
	     i++) {
		const struct identity_case *c = &identity_cases[i];
		struct holder h = holder_make(&c->shape, NULL);

		print_message("%s\n", c->title);
		assert_int_equal(
		    names_identity(h.cert, c->flags, &identity), c->result);
		if (c->identity != NULL)
			assert_string_equal(identity.text, c->identity);
		else
			assert_int_equal(identity.kind, PEERNAME_NONE);
		if (c->result != NAMES_FOUND)
			assert_true(strlen(names_reason(c->result)) > 0);
		holder_free(&h);
	}
}

static const struct shape presenting = {
	.subject = { { OID_CN, "common.example" } },
	.alt = {
		DNS_BYTES("nul.example\0.evil.org"),
		DNS("example.com"),
		DNS("*.wild.example"),
		MAIL("anna@example.com"),
		ADDRESS("\177\0\0\1"),
		ADDRESS("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"),
	},
};

static const struct present_case {
	const char *expected;
	bool present;
} present_cases[] = {
	{ "example.com", true },
	{ "EXAMPLE.COM.", true },
	{ "www.wild.example", true },
	{ "wild.example", false },
	{ "a.b.wild.example", false },
	{ "common.example", false },
	{ "nul.example", false },
	{ "www.example.com", false },
	{ "anna@example.com", true },
	{ "Anna@example.com", false },
	{ "bert@example.com", false },
	{ "127.0.0.1", true },
	{ "127.0.0.2", false },
	{ "::1", true },
	{ "[::1]", true },
	{ "::2", false },
	{ "::ffff:127.0.0.1", false },
};

static void
presents(void **state)
{
	struct holder h = holder_make(&presenting, NULL);
	struct holder bare = holder_make(
	    &(struct shape){ .subject = { { OID_CN, "example.com" } } }, NULL);
	struct peername name;

	(void)state;
	for (size_t i = 0; i < sizeof(present_cases) / sizeof(*present_cases);
	     i++) {
		const struct present_case *c = &present_cases[i];

		print_message("%s\n", c->expected);
		assert_int_equal(peername_parse(&name, c->expected), 0);
		assert_int_equal(names_present(h.cert, &name), c->present);
		assert_false(names_present(bare.cert, &name));
	}
	holder_free(&h);
	holder_free(&bare);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps),
		cmocka_unit_test(presents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
