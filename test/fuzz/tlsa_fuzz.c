/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tlsa_fuzz: sets of TLSA records, each behind its length (two octets), and
 * what they say of a chain.
 */
#include <string.h>

#include "daemon/verifier/bare.h"
#include "daemon/verifier/dane_match.h"
#include "daemon/verifier/record.h"
#include "test/fuzz/fuzz.h"

enum { RECORDS_MAX = 32 };

static unsigned char name[] = { 0x30, 0x0c, 0x31, 0x0a, 0x30, 0x08, 0x06, 0x03,
	0x55, 0x04, 0x03, 0x0c, 0x01, 'A' };

/* P-256, and its base point. */
static unsigned char spki[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86,
	0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
	0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1,
	0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77,
	0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8,
	0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e,
	0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b,
	0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5 };

static struct trust trust;
static gnutls_x509_crt_t chain[2];

/* Both have one key; the second is an authority. */
static void
make_chain(void)
{
	gnutls_datum_t dn = { name, sizeof(name) };
	gnutls_datum_t key = { spki, sizeof(spki) };

	always(trust_init(&trust) == 0);
	for (int i = 0; i < 2; i++)
		always((chain[i] = bare_authority(&dn, &key)) != NULL);
}

/* As records of every type, and of none. */
static void
check_text(const uint8_t *rdata, size_t len)
{
	static const unsigned types[] = { DNS_TYPE_A, DNS_TYPE_MX, DNS_TYPE_SRV,
		DNS_TYPE_TLSA, DNS_TYPE_SMIMEA, 0 };
	char text[RECORD_TEXT];

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t n = strlen(
		    record_text(types[i], (struct blob){ rdata, len }, text));

		always(n > 0 && n < RECORD_TEXT);
		for (size_t at = 0; at < n; at++)
			always(text[at] >= ' ' && text[at] <= '~');
	}
}

static void
check_record(const struct tlsa *t, const uint8_t *rdata, size_t len)
{
	char text[TLSA_TEXT];

	check_text(rdata, len);
	always(strlen(tlsa_text(t, text)) < TLSA_TEXT);
	if (t->unusable != NULL) {
		always(t->unusable[0] != '\0');
		always(!tlsa_matches_cert(t, chain[0]));
		return;
	}
	always(t->usage <= 3 && t->selector <= 1 && t->matching <= 2);
	always(t->data == rdata + 3 && t->len == len - 3);
}

static void
check_match(struct tlsa *records, size_t n)
{
	struct verdict v = { .trust = &trust,
		.now = 1,
		.nchain = 2,
		.chain = { chain[0], chain[1] },
		.peer_is_server = true };
	struct peername expected;
	gnutls_datum_t key = { spki, sizeof(spki) };
	struct dane_set set = { records, n, "_1._tcp.a.example", &expected, 1 };
	bool ee = false;
	enum says says;

	always(peername_parse(&expected, "a.example") == 0);
	says = dane_match(&v, &set);
	for (size_t i = 0; i < n; i++)
		ee = ee || (records[i].usage == TLSA_DANE_EE &&
			       tlsa_matches_cert(&records[i], chain[0]));
	/* These certificates have no name: only usage 3 can do. */
	always((says == SAYS_YES) == ee);
	always((says == SAYS_NO) == (v.error != 0));
	always((says == SAYS_CANNOT) == (tlsa_choose(records, n) == 0));
	v.raw_key = key;
	v.nchain = 0;
	v.error = 0;
	if (dane_match(&v, &set) == SAYS_YES)
		always(says == SAYS_YES);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct tlsa records[RECORDS_MAX];
	size_t n = 0;

	if (chain[0] == NULL)
		make_chain();
	while (n < RECORDS_MAX && len >= 2) {
		size_t size = (size_t)(data[0] << 8 | data[1]);

		data += 2;
		len -= 2;
		if (size > len)
			size = len;
		tlsa_parse(&records[n], data, size);
		check_record(&records[n], data, size);
		n++;
		data += size;
		len -= size;
	}
	if (n > 0)
		check_match(records, n);
	return 0;
}
