/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dane_scene: each of the people is wrong in one way, or in none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <gnutls/crypto.h>

#include "daemon/ipc/credential.h"
#include "daemon/verifier/bare.h"
#include "test/unit/authority.h"
#include "test/unit/dane_scene.h"

#define WWW                                                      \
	{                                                        \
		{                                                \
			GNUTLS_SAN_DNSNAME, "www.example.com", 0 \
		}                                                \
	}
#define CN(text)                     \
	{                            \
		{                    \
			OID_CN, text \
		}                    \
	}

static struct holder holders[PEOPLE];

/* clang-format off */
static const struct person {
	enum who issuer;
	struct shape shape;
} people[PEOPLE] = {
	[ROOT] = { NOBODY, { .subject = CN("Root"), .ca = true } },
	[MIDDLE] = { ROOT, { .subject = CN("Middle"), .ca = true } },
	[SIDE] = { ROOT, { .subject = CN("Side"), .ca = true } },
	[LIMITED] = { ROOT, { .subject = CN("Limited"), .ca = true,
	    .permitted = "other.example" } },
	[MIDDLE_BY_SIDE] = { SIDE, { .subject = CN("Middle"), .ca = true,
	    .key_of = &holders[MIDDLE] } },
	[MIDDLE_BY_LIMITED] = { LIMITED, { .subject = CN("Middle"), .ca = true,
	    .key_of = &holders[MIDDLE] } },
	[OWN] = { NOBODY, { .subject = CN("Own"), .ca = true } },
	[OWN_MIDDLE] = { OWN, { .subject = CN("Own middle"), .ca = true } },
	[OWN_SHORT] = { OWN, { .subject = CN("Short"), .ca = true,
	    .pathlen = 1 } },
	[BELOW_SHORT] = { OWN_SHORT, { .subject = CN("Below"), .ca = true } },
	[OWN_OLD] = { OWN, { .subject = CN("Old"), .ca = true,
	    .from = -2 * DAY, .until = -HOUR } },
	[NO_CA] = { OWN, { .subject = CN("No CA") } },
	[STRANGER] = { OWN, { .subject = CN("Own middle"), .ca = true } },

	[PUBLIC] = { MIDDLE, { .alt = WWW } },
	[PUBLIC_EXPIRED] = { MIDDLE, { .from = -2 * DAY, .until = -HOUR,
	    .alt = WWW } },
	[PUBLIC_OTHER] = { MIDDLE, {
	    .alt = { { GNUTLS_SAN_DNSNAME, "mail.example.com", 0 } } } },
	[OWNED] = { OWN_MIDDLE, { .alt = WWW } },
	[OWNED_EXPIRED] = { OWN_MIDDLE, { .from = -2 * DAY, .until = -HOUR,
	    .alt = WWW } },
	[OWNED_OTHER] = { OWN_MIDDLE, {
	    .alt = { { GNUTLS_SAN_DNSNAME, "mail.example.com", 0 } } } },
	[DIRECT] = { OWN, { .alt = WWW } },
	[UNDER_BELOW_SHORT] = { BELOW_SHORT, { .alt = WWW } },
	[UNDER_OLD] = { OWN_OLD, { .alt = WWW } },
	[UNDER_NO_CA] = { NO_CA, { .alt = WWW } },
	[FORGED] = { STRANGER, { .alt = WWW } },
	[SELF] = { NOBODY, { .subject = CN("Self"), .alt = WWW } },
	[CA_SELF] = { NOBODY, { .subject = CN("CA self"), .ca = true,
	    .alt = WWW } },
	[CLIENT] = { OWN_MIDDLE, {
	    .alt = { { GNUTLS_SAN_DNSNAME, "client.example.com", 0 } } } },
	[DEVICE] = { OWN_MIDDLE, { .alt = {
	    { GNUTLS_SAN_DNSNAME, "d1._device.example.com", 0 } } } },
	[USER] = { OWN_MIDDLE, {
	    .alt = { { GNUTLS_SAN_RFC822NAME, "anna@example.com", 0 } } } },
};
/* clang-format on */

static struct trust trust;

int
scene_make(void **state)
{
	const struct holder *anchors[] = { &holders[ROOT] };
	gnutls_datum_t pem;
	char error[256];

	(void)state;
	for (int i = 1; i < PEOPLE; i++)
		holders[i] = holder_make(&people[i].shape,
		    people[i].issuer == NOBODY ? NULL
					       : &holders[people[i].issuer]);
	assert_int_equal(trust_init(&trust), 0);
	pem = pem_make(anchors, 1);
	trust.anchors = anchors_parse(&pem, error, sizeof(error));
	assert_non_null(trust.anchors);
	gnutls_free(pem.data);
	return 0;
}

int
scene_free(void **state)
{
	(void)state;
	for (int i = 0; i < PEOPLE; i++)
		holder_free(&holders[i]);
	trust_free(&trust);
	return 0;
}

size_t
scene_rdata(const struct wanted *w, uint8_t rdata[RDATA_MAX])
{
	gnutls_datum_t der, spki, data;
	size_t len;

	assert_true(bare_key(holders[w->of].cert, &der, &spki));
	data = w->selector == TLSA_CERT ? der : spki;
	rdata[0] = w->flaw == UNKNOWN_USAGE ? 4 : w->usage;
	rdata[1] = w->flaw == UNKNOWN_SELECTOR ? 2 : w->selector;
	rdata[2] = w->flaw == UNKNOWN_MATCHING ? 3 : w->matching;
	len = data.size;
	assert_true(len + 3 <= RDATA_MAX);
	if (w->matching == TLSA_FULL)
		memcpy(rdata + 3, data.data, len);
	if (w->matching == TLSA_SHA256)
		gnutls_hash_fast(
		    GNUTLS_DIG_SHA256, data.data, data.size, rdata + 3);
	if (w->matching == TLSA_SHA512)
		gnutls_hash_fast(
		    GNUTLS_DIG_SHA512, data.data, data.size, rdata + 3);
	len = w->matching == TLSA_FULL	   ? len
	      : w->matching == TLSA_SHA256 ? 32
					   : 64;
	if (w->flaw == WRONG_LENGTH)
		len--;
	if (w->flaw == CUT_SHORT)
		len = 0;
	if (w->flaw == OTHER_DATA)
		rdata[3 + len - 1] ^= 1;
	gnutls_free(der.data);
	return len + 3;
}

struct verdict *
scene_verdict(const struct scene *q)
{
	static struct trust none;
	static uint8_t buf[CHAIN_MAX];
	const struct holder *chain[CHAIN];
	struct verify_req req = { .remote_name = NULL };
	gnutls_datum_t der = { NULL, 0 }, spki;
	struct verdict *v;
	size_t n = 0;

	for (; n < CHAIN && q->chain[n] != NOBODY; n++)
		chain[n] = &holders[q->chain[n]];
	if (q->raw_key) {
		assert_true(bare_key(chain[0]->cert, &der, &spki));
		req.raw_key = (struct blob){ spki.data, spki.size };
	} else {
		req.chain = chain_make(chain, n, buf, sizeof(buf));
	}
	if (!q->is_client)
		req.remote_name = "www.example.com";
	none = trust;
	none.anchors = NULL;
	v = verdict_new(q->no_anchors ? &none : &trust, &req,
	    q->is_client ? APP_ROLE_SERVER : APP_ROLE_CLIENT, 0, 1000);
	gnutls_free(der.data);
	assert_non_null(v);
	assert_int_equal(v->error, 0);
	return v;
}

static void
name_made(struct peername *name, const char *text)
{
	if (peername_parse(name, text) != 0)
		assert_int_equal(
		    peername_client(name, (const uint8_t *)text, strlen(text)),
		    0);
}

enum says
scene_ask(const struct scene *q, struct verdict *out)
{
	static uint8_t rdata[RECORDS_MAX][RDATA_MAX];
	struct tlsa records[RECORDS_MAX];
	struct peername names[3];
	struct dane_set set = { .records = records,
		.owner = "_443._tcp.www.example.com",
		.names = names };
	struct verdict *v;
	enum says says;

	for (; set.n < RECORDS_MAX && q->records[set.n].of != NOBODY; set.n++)
		tlsa_parse(&records[set.n], rdata[set.n],
		    scene_rdata(&q->records[set.n], rdata[set.n]));
	for (; set.nnames < 3 && q->names[set.nnames] != NULL; set.nnames++)
		name_made(&names[set.nnames], q->names[set.nnames]);
	if (set.nnames == 0)
		assert_int_equal(
		    peername_parse(&names[set.nnames++], "www.example.com"), 0);
	v = scene_verdict(q);
	says = dane_match(v, &set);
	*out = *v;
	verdict_free(v);
	if (says == SAYS_YES) {
		assert_int_equal(out->error, 0);
		assert_string_equal(out->method, "dane");
	} else if (says == SAYS_NO) {
		assert_int_not_equal(out->error, 0);
		assert_int_not_equal(out->reason[0], '\0');
	} else {
		assert_int_equal(says, SAYS_CANNOT);
		assert_int_equal(out->error, 0);
		assert_null(out->method);
	}
	return says;
}
