/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * idna_test: how internationalised names are spelled, as they are expected
 * and as they stand in certificates; and which look-alikes are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/ipc/idna.h"
#include "daemon/verifier/peername.h"

#define UE     "\xc3\xbc"     /* u with diaeresis */
#define ALEF   "\xd7\x90"     /* written from right to left */
#define ZWJ    "\xe2\x80\x8d" /* zero width joiner */
#define KA     "\xe0\xa4\x95" /* Devanagari */
#define VIRAMA "\xe0\xa5\x8d" /* behind which a joiner may stand */
#define LABEL_63 \
	"a23456789012345678901234567890123456789012345678901234567890123"

static const struct name_case {
	const char *in;
	const char *out; /* NULL: refused */
	const char *why; /* a part of it */
} names[] = {
	{ "example.com", "example.com", NULL },
	{ "EXAMPLE.com.", "example.com", NULL },
	{ "anna@Example.com", "anna@example.com", NULL },
	{ "Anna@b" UE "cher.example", "Anna@xn--bcher-kva.example", NULL },
	{ "b" UE "cher.example", "xn--bcher-kva.example", NULL },
	{ "b" UE "cher.example.", "xn--bcher-kva.example", NULL },
	{ "xn--bcher-kva.example", "xn--bcher-kva.example", NULL },
	{ "XN--BCHER-KVA.example", "xn--bcher-kva.example", NULL },
	/* A capital letter, and a letter in two code points. */
	{ "B\xc3\x9c"
	  "CHER.example",
	    "xn--bcher-kva.example", NULL },
	{ "bu\xcc\x88"
	  "cher.example",
	    "xn--bcher-kva.example", NULL },
	/* IDNA 2003 made this one ss, which is another domain. */
	{ "stra\xc3\x9f"
	  "e.example",
	    "xn--strae-oqa.example", NULL },
	/* Other widths of ASCII, and of the dot. */
	{ "\xef\xbd\x85\xef\xbd\x98.example", "ex.example", NULL },
	{ "a\xe3\x80\x82" UE ".example", "a.xn--tda.example", NULL },
	/* Cyrillic r and a: another name, and no more than that. */
	{ "\xd1\x80\xd0\xb0ypal.example", "xn--ypal-43d9g.example", NULL },
	{ KA VIRAMA ZWJ "\xe0\xa4\xb7.example", "xn--11b2ezcw70k.example",
	    NULL },
	{ "r3---sn-x.example", "r3---sn-x.example", NULL },

	{ "", NULL, "empty label" },
	{ "example.com..", NULL, "ends with a dot" },
	{ UE "..example", NULL, "empty label" },
	{ "\xe3\x80\x82", NULL, "" },
	{ LABEL_63 "x.example", NULL, "63 characters" },
	{ LABEL_63 UE ".example", NULL, "" },
	{ "b" UE "_cher.example", NULL, "character" },
	{ "b" UE " cher.example", NULL, "" },
	{ "b" UE "\xef\xbc\xa0"
	  "x.example",
	    NULL, "" }, /* a wide @ */
	{ "ann" UE "@example.com", NULL, "no user has" },
	{ "@b" UE "cher.example", NULL, "no user" },
	{ "127.0.0.1", NULL, "ends with a number" },
	{ "\xef\xbc\x91.\xef\xbc\x92.3.4", NULL, "ends with a number" },
	/* Not UTF-8: overlong, a surrogate, too large, cut off, Latin-1. */
	{ "\xc0\xae.example", NULL, "not UTF-8" },
	{ "\xc1\xa1.example", NULL, "not UTF-8" },
	{ "\xe0\x80\xaf.example", NULL, "not UTF-8" },
	{ "\xed\xa0\x80.example", NULL, "not UTF-8" },
	{ "\xf4\x90\x80\x80.example", NULL, "not UTF-8" },
	{ "example.b\xc3", NULL, "not UTF-8" },
	{ "b\xfc"
	  "cher.example",
	    NULL, "not UTF-8" },
	/* What the mapping would drop. */
	{ "exam\xc2\xadple.example", NULL, "cannot be seen" },
	{ "exam\xe2\x80\x8bple.example", NULL, "cannot be seen" },
	{ "\xef\xbb\xbf"
	  "example.com",
	    NULL, "cannot be seen" },
	/* RFC 5892: disallowed, and what depends on its neighbours. */
	{ "\xe2\x98\x83.example", NULL, "character" },
	{ "i\xe2\x9d\xa4.example", NULL, "character" },
	{ "\xcc\x88"
	  "a.example",
	    NULL, "combining mark" },
	{ "a" ZWJ "b.example", NULL, "RFC 5892" },
	{ "a\xc2\xb7"
	  "b.example",
	    NULL, "RFC 5892" },
	{ "l\xc2\xb7l.example", "xn--ll-0ea.example", NULL },
	{ "ab--" UE ".example", NULL, "" },
	{ "-" UE ".example", NULL, "" },
	/* RFC 5893: both directions in one label, a digit in front. */
	{ ALEF "a.example", NULL, "directions" },
	{ "1" ALEF ".example", NULL, "directions" },
	{ ALEF "1.example", "xn--1-zhc.example", NULL },
	/* No A-labels: no punycode, of ASCII, of capitals, of disallowed. */
	{ "xn--.example", NULL, "hyphen" },
	{ "xn--a.example", NULL, "" },
	{ "xn--abc-.example", NULL, "hyphen" },
	{ "xn--99zz.example", NULL, "no A-label" },
	{ "xn--zzzzzzzzzzz99999999.example", NULL, "no A-label" },
	{ "xn--i-7iq.example", NULL, "character" },
	{ "xn--ab-0ea.example", NULL, "RFC 5892" },
	{ "www.xn--a-ecp.example", NULL, "character" },
	{ UE ".xn--99zz", NULL, "" },
};

static void
spells(void **state)
{
	char out[APP_NAME_MAX + 1];
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct name_case *c = &names[i];
		int r = idna_name(c->in, strlen(c->in), out, &why);

		print_message("%s: %s\n", c->in, r == 0 ? out : why);
		assert_int_equal(r, c->out == NULL ? -1 : 0);
		if (c->out != NULL) {
			assert_null(why);
			assert_string_equal(out, c->out);
			continue;
		}
		assert_non_null(strstr(why, c->why));
	}
}

static void
bounds(void **state)
{
	static char big[4096];
	char out[DOMAIN_SIZE];
	const char *why;

	(void)state;
	assert_int_equal(idna_domain("a\0b.example", 11, out, &why), -1);
	assert_int_equal(idna_domain("a\0" UE ".example", 12, out, &why), -1);
	assert_non_null(strstr(why, "NUL"));
	for (size_t i = 0; i + 2 < sizeof(big); i += 2)
		memcpy(big + i, UE, 2);
	for (size_t len = 2; len < sizeof(big) - 2; len += 2)
		(void)idna_domain(big, len, out, &why);
	assert_int_equal(idna_domain(big, sizeof(big) - 2, out, &why), -1);
	/* As many short labels as go in, and one more. */
	for (size_t i = 0; i + 3 < sizeof(big); i += 3)
		memcpy(big + i, UE ".", 3);
	assert_int_equal(idna_domain(big, 3 * 31, out, &why), 0);
	assert_int_equal(strlen(out), 31 * 8 - 1);
	assert_int_equal(idna_domain(big, 3 * 32, out, &why), -1);
	assert_int_equal(idna_domain(big, 3 * 300, out, &why), -1);
}

/* dNSNames of certificates: any bytes.  They are never mapped. */
static const struct dns_case {
	const char *dns;
	size_t len; /* 0: strlen() */
	const char *expected;
	bool match;
} dns_names[] = {
	{ "xn--bcher-kva.example", 0, "b" UE "cher.example", true },
	{ "XN--Bcher-KVA.example", 0, "b" UE "cher.example", true },
	{ "*.xn--bcher-kva.example", 0,
	    "www.B\xc3\x9c"
	    "cher.example",
	    true },
	{ "*.xn--bcher-kva.example", 0, "b" UE "cher.example", false },
	{ "*.example.com", 0, "b" UE "cher.example.com", true },
	{ "xn--*.example.com", 0, "b" UE "cher.example.com", false },
	{ "b" UE "cher.example", 0, "b" UE "cher.example", false },
	{ "b\xfc"
	  "cher.example",
	    0, "b" UE "cher.example", false },
	{ "xn--bcher-kva.example.", 0, "b" UE "cher.example", false },
	{ "xn--bcher-kva.example\0.evil.example", 35, "b" UE "cher.example",
	    false },
	{ "xn--bcher-kva.example\0", 22, "b" UE "cher.example", false },
	{ "xn--strae-oqa.example", 0, "strasse.example", false },
	{ "xn--ypal-43d9g.example", 0, "paypal.example", false },
	/* UTF-16, as of a BMPString; overlong UTF-8 of a dot. */
	{ "\0e\0x\0.\0d\0e", 10, "ex.de", false },
	{ "ex\xc0\xae"
	  "de",
	    0, "ex.de", false },
	{ "\xef\xbd\x85x.de", 0, "ex.de", false },
	{ "ex.de", 0, "\xef\xbd\x85x.de", true },
	/* Below a label that is none, nothing matches. */
	{ "*.xn--99zz.example", 0, "www.xn--bcher-kva.example", false },
	{ "*.xn--99zz.com", 0, "a.xn--99zz.com", false },
	{ "xn--99zz.com", 0, "xn--99zz.com", false },
	{ "xn--i-7iq.example", 0, "i.example", false },
};

static void
matches(void **state)
{
	struct peername name;

	(void)state;
	for (size_t i = 0; i < sizeof(dns_names) / sizeof(*dns_names); i++) {
		const struct dns_case *c = &dns_names[i];
		size_t len = c->len == 0 ? strlen(c->dns) : c->len;

		print_message("%s %s\n", c->dns, c->expected);
		(void)peername_parse(&name, c->expected);
		assert_int_equal(
		    peername_matches(&name, (const uint8_t *)c->dns, len),
		    c->match);
	}
}

/* What a certificate of a client claims. */
static void
claims(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		bool user, good;
	} cases[] = {
		{ "anna@xn--bcher-kva.example", 26, true, true },
		{ "anna@b" UE "cher.example", 20, true, false },
		{ "anna@xn--99zz.example", 21, true, false },
		{ "anna@example.com\0.org", 21, true, false },
		{ "ann\0a@example.com", 17, true, false },
		{ "xn--bcher-kva.example", 21, false, true },
		{ "xn--99zz.example", 16, false, false },
		{ "b" UE "cher.example", 15, false, false },
	};
	struct peername name;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const uint8_t *text = (const uint8_t *)cases[i].text;
		int r = cases[i].user
			    ? peername_user(&name, text, cases[i].len)
			    : peername_domain(&name, text, cases[i].len);

		print_message("%s\n", cases[i].text);
		assert_int_equal(r, cases[i].good ? 0 : -1);
		if (r != 0)
			assert_int_equal(name.kind, PEERNAME_NONE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spells),
		cmocka_unit_test(bounds),
		cmocka_unit_test(matches),
		cmocka_unit_test(claims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
