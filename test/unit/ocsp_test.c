/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * ocsp_test: answers that are right, and answers that are wrong in one way
 * each; and what a verdict makes of them.
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
#include <gnutls/ocsp.h>

#include "daemon/ipc/credential.h"
#include "daemon/verifier/ocsp.h"
#include "daemon/verifier/policy.h"
#include "daemon/verifier/revocation.h"
#include "test/unit/reply.h"

#define CN(text)                     \
	{                            \
		{                    \
			OID_CN, text \
		}                    \
	}
#define DNS(text)                           \
	{                                   \
		GNUTLS_SAN_DNSNAME, text, 0 \
	}
/* TLS feature status_request (5), and status_request_v2 (17). */
#define STAPLE                                                  \
	{                                                       \
		"1.3.6.1.5.5.7.1.24", "\x30\x03\x02\x01\x05", 5 \
	}
#define STAPLE_V2                                               \
	{                                                       \
		"1.3.6.1.5.5.7.1.24", "\x30\x03\x02\x01\x11", 5 \
	}
#define STAPLE_GARBLED                              \
	{                                           \
		"1.3.6.1.5.5.7.1.24", "\x04\x00", 2 \
	}
/* authorityInfoAccess: caIssuers "http://a/", ldap, then http OCSP */
#define RESPONDERS                                                     \
	{                                                              \
		"1.3.6.1.5.5.7.1.1",                                   \
		    "\x30\x46"                                         \
		    "\x30\x15\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02" \
		    "\x86\x09http://a/"                                \
		    "\x30\x15\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x01" \
		    "\x86\x09ldap://b/"                                \
		    "\x30\x16\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x01" \
		    "\x86\x0aHTTP://c/d",                              \
		    72                                                 \
	}
#define RESPONDER_BAD                                                  \
	{                                                              \
		"1.3.6.1.5.5.7.1.1",                                   \
		    "\x30\x18"                                         \
		    "\x30\x16\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x01" \
		    "\x86\x0ahttp://\"\n/",                            \
		    26                                                 \
	}

enum who {
	NOBODY,
	ROOT,
	TWIN, /* the name of ROOT, and another key */
	OTHER,
	MIDDLE, /* under ROOT */
	LEAF,
	NEIGHBOUR,
	STAPLER,    /* a leaf that must come with an answer */
	STAPLER_V2, /* one that must come with another kind of answer */
	GARBLED,    /* one whose features cannot be read */
	UNDER_MIDDLE,
	TALKER,	 /* names responders */
	BABBLER, /* names one with control characters in it */
	RESPONDER,
	OLD_RESPONDER,
	FUTURE_RESPONDER,
	PLAIN_RESPONDER, /* not said to be one */
	ANY_RESPONDER,	 /* said to be for anything */
	TLS_RESPONDER,	 /* for TLS servers */
	CRITICAL_RESPONDER,
	MUTE_RESPONDER, /* not for digital signatures */
	SHA1_RESPONDER,
	OTHER_RESPONDER, /* of OTHER */
	MIDDLE_RESPONDER,
	LISTED_RESPONDER, /* revoked */
	PEOPLE,
};

/* clang-format off */
#define RESPONDS .purposes = { GNUTLS_KP_OCSP_SIGNING }

static const struct {
	enum who issuer;
	struct shape shape;
} people[PEOPLE] = {
	[ROOT] = { NOBODY, { .subject = CN("Root"), .ca = true } },
	[TWIN] = { NOBODY, { .subject = CN("Root"), .ca = true } },
	[OTHER] = { NOBODY, { .subject = CN("Other"), .ca = true } },
	[MIDDLE] = { ROOT, { .subject = CN("Middle"), .ca = true } },
	[LEAF] = { ROOT, { .subject = CN("Leaf"),
	    .alt = { DNS("www.example.com") } } },
	[NEIGHBOUR] = { ROOT, { .subject = CN("Neighbour") } },
	[STAPLER] = { ROOT, { .subject = CN("Stapler"), .raw = { STAPLE },
	    .alt = { DNS("www.example.com") } } },
	[STAPLER_V2] = { ROOT, { .subject = CN("Other kind"),
	    .raw = { STAPLE_V2 }, .alt = { DNS("www.example.com") } } },
	[GARBLED] = { ROOT, { .subject = CN("Garbled"),
	    .raw = { STAPLE_GARBLED }, .alt = { DNS("www.example.com") } } },
	[UNDER_MIDDLE] = { MIDDLE, { .subject = CN("Under"),
	    .raw = { STAPLE }, .alt = { DNS("www.example.com") } } },
	[TALKER] = { ROOT, { .subject = CN("Talker"),
	    .raw = { RESPONDERS } } },
	[BABBLER] = { ROOT, { .subject = CN("Babbler"),
	    .raw = { RESPONDER_BAD } } },
	[RESPONDER] = { ROOT, { .subject = CN("Responder"), RESPONDS } },
	[OLD_RESPONDER] = { ROOT, { .subject = CN("Old"), RESPONDS,
	    .from = -2 * DAY, .until = -HOUR } },
	[FUTURE_RESPONDER] = { ROOT, { .subject = CN("Future"), RESPONDS,
	    .from = HOUR, .until = DAY } },
	[PLAIN_RESPONDER] = { ROOT, { .subject = CN("Plain") } },
	[ANY_RESPONDER] = { ROOT, { .subject = CN("Any"),
	    .purposes = { GNUTLS_KP_ANY } } },
	[TLS_RESPONDER] = { ROOT, { .subject = CN("TLS"),
	    .purposes = { GNUTLS_KP_TLS_WWW_SERVER } } },
	[CRITICAL_RESPONDER] = { ROOT, { .subject = CN("Critical"), RESPONDS,
	    .critical_unknown = true } },
	[MUTE_RESPONDER] = { ROOT, { .subject = CN("Mute"), RESPONDS,
	    .usage = GNUTLS_KEY_KEY_ENCIPHERMENT } },
	[SHA1_RESPONDER] = { ROOT, { .subject = CN("SHA-1"), RESPONDS,
	    .digest = GNUTLS_DIG_SHA1 } },
	[OTHER_RESPONDER] = { OTHER, { .subject = CN("Responder"), RESPONDS } },
	[MIDDLE_RESPONDER] = { MIDDLE, { .subject = CN("Mid"), RESPONDS } },
	[LISTED_RESPONDER] = { ROOT, { .subject = CN("Listed"), RESPONDS } },
};
/* clang-format on */

static struct holder holders[PEOPLE];

static int
make_people(void **state)
{
	(void)state;
	for (int i = 1; i < PEOPLE; i++)
		holders[i] = holder_make(&people[i].shape,
		    people[i].issuer == NOBODY ? NULL
					       : &holders[people[i].issuer]);
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

/* What an answer is made of, by who it is. */
struct say {
	enum who about, under, by, along, along2, posing;
	struct reply reply;
};

static gnutls_datum_t
say(const struct say *s)
{
	struct reply r = s->reply;

	r.cert = &holders[s->about != NOBODY ? s->about : LEAF];
	r.issuer = &holders[s->under != NOBODY ? s->under : ROOT];
	r.signer = &holders[s->by != NOBODY ? s->by : ROOT];
	r.along = s->along != NOBODY ? &holders[s->along] : NULL;
	r.along2 = s->along2 != NOBODY ? &holders[s->along2] : NULL;
	r.posing = s->posing != NOBODY ? &holders[s->posing] : NULL;
	return reply_make(&r);
}

static const struct {
	const char *title;
	struct say say;
	enum ocsp_status status;
	const char *fault; /* in it, of NONE */
	long until;	   /* seconds from now; 0: an hour */
} cases[] = {
	{ "by the issuer", { 0 }, OCSP_GOOD },
	{ "revoked", { .reply.status = REPLY_REVOKED }, OCSP_REVOKED },
	{ "unknown", { .reply.status = REPLY_UNKNOWN }, OCSP_NONE, "unknown" },
	{ "responder by its key", { .reply.by_key = true }, OCSP_GOOD },
	{ "SHA-256 in its id", { .reply.id = GNUTLS_DIG_SHA256 }, OCSP_GOOD },
	{ "MD5 in its id", { .reply.id = GNUTLS_DIG_MD5 }, OCSP_NONE,
	    "about other" },
	{ "with an extension", { .reply.plain_extension = true }, OCSP_GOOD },

	{ "about another certificate", { NEIGHBOUR }, OCSP_NONE,
	    "about other" },
	{ "another issuer's name", { .reply.wrong_name = true }, OCSP_NONE,
	    "about other" },
	{ "another issuer's key", { .reply.wrong_key = true }, OCSP_NONE,
	    "about other" },
	{ "under the same name, another key", { .under = TWIN, .by = TWIN },
	    OCSP_NONE, "about other" },

	{ "out of date", { .reply = { .from = -DAY, .until = -60 } }, OCSP_NONE,
	    "out of date" },
	{ "revoked, out of date",
	    { .reply = { .status = REPLY_REVOKED,
		  .from = -DAY,
		  .until = -60 } },
	    OCSP_NONE, "out of date" },
	{ "of a time to come", { .reply = { .from = 3600, .until = DAY } },
	    OCSP_NONE, "time to come" },
	{ "by a clock that is fast", { .reply.from = 60 }, OCSP_GOOD },
	{ "undated", { .reply.undated = true }, OCSP_GOOD,
	    .until = DAY - HOUR },
	{ "undated, old", { .reply = { .undated = true, .from = -2 * DAY } },
	    OCSP_NONE, "out of date" },
	{ "date without seconds", { .reply.short_date = true }, OCSP_NONE,
	    "malformed" },
	{ "date not in UTC", { .reply.local_date = true }, OCSP_NONE,
	    "malformed" },
	{ "newer than one that says revoked", { .reply.older_revoked = true },
	    OCSP_GOOD },

	{ "by somebody else", { .by = OTHER }, OCSP_NONE, "nobody" },
	{ "by somebody else, as the issuer", { .by = OTHER, .posing = ROOT },
	    OCSP_NONE, "nobody" },
	{ "by somebody else, as the issuer's key",
	    { .by = OTHER, .posing = ROOT, .reply.by_key = true }, OCSP_NONE,
	    "nobody" },
	{ "by the leaf itself", { .by = LEAF, .along = LEAF }, OCSP_NONE,
	    "nobody" },
	{ "signed with SHA-1", { .reply.digest = GNUTLS_DIG_SHA1 }, OCSP_NONE,
	    "weak" },

	{ "by a responder", { .by = RESPONDER, .along = RESPONDER },
	    OCSP_GOOD },
	{ "by a responder's key",
	    { .by = RESPONDER, .along = RESPONDER, .reply.by_key = true },
	    OCSP_GOOD },
	{ "by the second of two",
	    { .by = RESPONDER, .along = RESPONDER, .along2 = ROOT },
	    OCSP_GOOD },
	{ "by a responder that did not come along", { .by = RESPONDER },
	    OCSP_NONE, "nobody" },
	{ "by a responder that has expired",
	    { .by = OLD_RESPONDER, .along = OLD_RESPONDER }, OCSP_NONE,
	    "nobody" },
	{ "by a responder to be",
	    { .by = FUTURE_RESPONDER, .along = FUTURE_RESPONDER }, OCSP_NONE,
	    "nobody" },
	{ "by a certificate that says nothing",
	    { .by = PLAIN_RESPONDER, .along = PLAIN_RESPONDER }, OCSP_NONE,
	    "nobody" },
	{ "by a certificate for anything",
	    { .by = ANY_RESPONDER, .along = ANY_RESPONDER }, OCSP_NONE,
	    "nobody" },
	{ "by a certificate for TLS",
	    { .by = TLS_RESPONDER, .along = TLS_RESPONDER }, OCSP_NONE,
	    "nobody" },
	{ "by one with an unknown extension",
	    { .by = CRITICAL_RESPONDER, .along = CRITICAL_RESPONDER },
	    OCSP_NONE, "nobody" },
	{ "by one that is not for signatures",
	    { .by = MUTE_RESPONDER, .along = MUTE_RESPONDER }, OCSP_NONE,
	    "nobody" },
	{ "by one that is signed with SHA-1",
	    { .by = SHA1_RESPONDER, .along = SHA1_RESPONDER }, OCSP_NONE,
	    "nobody" },
	{ "by a responder of another authority",
	    { .by = OTHER_RESPONDER, .along = OTHER_RESPONDER }, OCSP_NONE,
	    "nobody" },
	{ "by another's, which has the same name",
	    { .by = OTHER_RESPONDER, .along = RESPONDER }, OCSP_NONE,
	    "nobody" },
	{ "by a responder of an authority below",
	    { .by = MIDDLE_RESPONDER, .along = MIDDLE_RESPONDER }, OCSP_NONE,
	    "nobody" },
	{ "by a responder that is revoked",
	    { .by = LISTED_RESPONDER, .along = LISTED_RESPONDER }, OCSP_NONE,
	    "nobody" },

	{ "critical extension", { .reply.critical = true }, OCSP_NONE,
	    "malformed" },
	{ "critical extension of one", { .reply.critical_single = true },
	    OCSP_NONE, "critical" },
	{ "tryLater", { .reply.response_status = 3 }, OCSP_NONE,
	    "could not answer" },
	{ "another type", { .reply.other_type = true }, OCSP_NONE,
	    "unknown type" },
	{ "a byte behind it", { .reply.trailing = true }, OCSP_NONE,
	    "malformed" },
};

/* A list of ROOT that has LISTED_RESPONDER on it. */
static void
add_list(struct crls *crls)
{
	const struct holder *listed[] = { &holders[LISTED_RESPONDER] };
	gnutls_datum_t crl =
	    crl_make(&holders[ROOT], listed, 1, -60, HOUR, GNUTLS_X509_FMT_DER);
	char error[256];

	assert_int_equal(crls_add(crls, "root", &crl, error, sizeof(error)), 0);
	gnutls_free(crl.data);
}

struct scene {
	struct cert cert, issuer;
	struct crls *crls;
	struct ocsp ocsp;
};

static void
begin(struct scene *s, enum who cert, enum who issuer)
{
	assert_int_equal(cert_read(&s->cert, holders[cert].cert), 0);
	assert_int_equal(cert_read(&s->issuer, holders[issuer].cert), 0);
	assert_non_null(s->crls = crls_new());
	s->ocsp = (struct ocsp){ .cert = &s->cert,
		.issuer = &s->issuer,
		.crls = s->crls,
		.now = time(NULL),
		.signatures = 16 };
}

static void
end(struct scene *s)
{
	crls_free(s->crls);
	cert_free(&s->cert);
	cert_free(&s->issuer);
}

static void
judges(void **state)
{
	struct scene s;

	(void)state;
	begin(&s, LEAF, ROOT);
	add_list(s.crls);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		gnutls_datum_t answer = say(&cases[i].say);
		enum ocsp_status status;
		long until = cases[i].until != 0 ? cases[i].until : HOUR;

		s.ocsp.signatures = 16;
		s.ocsp.now = time(NULL);
		status = ocsp_judge(
		    &s.ocsp, (struct blob){ answer.data, answer.size });
		print_message("%s: %s\n", cases[i].title,
		    status == OCSP_NONE ? s.ocsp.fault : "can be used");
		assert_int_equal(status, cases[i].status);
		if (status == OCSP_NONE) {
			assert_non_null(s.ocsp.fault);
			assert_non_null(strstr(s.ocsp.fault, cases[i].fault));
		} else {
			assert_true(s.ocsp.until >= s.ocsp.now + until - 5);
			assert_true(s.ocsp.until <= s.ocsp.now + until + 5);
		}
		gnutls_free(answer.data);
	}
	end(&s);
}

/* However it is cut, and whatever byte of what is signed is changed. */
static void
spoilt(void **state)
{
	struct say good = { .by = RESPONDER, .along = RESPONDER };
	gnutls_datum_t answer = say(&good);
	size_t signed_part = 300;
	struct scene s;

	(void)state;
	begin(&s, LEAF, ROOT);
	for (size_t len = 0; len < answer.size; len++)
		assert_int_equal(
		    ocsp_judge(&s.ocsp, (struct blob){ answer.data, len }),
		    OCSP_NONE);
	for (size_t at = 40; at < signed_part; at++) {
		s.ocsp.signatures = 16;
		answer.data[at] ^= 1;
		assert_int_equal(ocsp_judge(&s.ocsp,
				     (struct blob){ answer.data, answer.size }),
		    OCSP_NONE);
		answer.data[at] ^= 1;
	}
	s.ocsp.signatures = 16;
	assert_int_equal(
	    ocsp_judge(&s.ocsp, (struct blob){ answer.data, answer.size }),
	    OCSP_GOOD);
	/* That of the responder's certificate, and that of the answer. */
	assert_int_equal(s.ocsp.signatures, 14);
	s.ocsp.signatures = 1;
	assert_int_equal(
	    ocsp_judge(&s.ocsp, (struct blob){ answer.data, answer.size }),
	    OCSP_NONE);
	gnutls_free(answer.data);
	end(&s);
}

/* As GnuTLS reads it. */
static void
asks(void **state)
{
	uint8_t buf[OCSP_REQUEST_MAX];
	gnutls_ocsp_req_t req;
	gnutls_datum_t der = { buf, 0 }, name, key, serial;
	gnutls_digest_algorithm_t digest;
	struct scene s;

	(void)state;
	begin(&s, LEAF, ROOT);
	der.size = (unsigned)ocsp_request(&s.ocsp, buf);
	assert_true(der.size > 0);
	assert_int_equal(gnutls_ocsp_req_init(&req), 0);
	assert_int_equal(gnutls_ocsp_req_import(req, &der), 0);
	assert_int_equal(
	    gnutls_ocsp_req_get_cert_id(req, 0, &digest, &name, &key, &serial),
	    0);
	assert_int_equal(digest, GNUTLS_DIG_SHA1);
	assert_int_equal(serial.size, s.cert.serial.len);
	assert_memory_equal(serial.data, s.cert.serial.data, serial.size);
	assert_int_equal(
	    gnutls_ocsp_req_get_cert_id(req, 1, &digest, &name, &key, &serial),
	    GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
	gnutls_free(name.data);
	gnutls_free(key.data);
	gnutls_free(serial.data);
	gnutls_ocsp_req_deinit(req);
	end(&s);
}

static void
responders(void **state)
{
	char url[OCSP_URL_MAX];
	struct scene s;

	(void)state;
	begin(&s, TALKER, ROOT);
	assert_string_equal(ocsp_responder(&s.cert, url), "HTTP://c/d");
	end(&s);
	begin(&s, BABBLER, ROOT);
	assert_null(ocsp_responder(&s.cert, url));
	end(&s);
	begin(&s, LEAF, ROOT);
	assert_null(ocsp_responder(&s.cert, url));
	end(&s);
}

enum { ANSWERS = 3 };

static const struct {
	const char *title;
	enum who chain[3];
	struct say say[ANSWERS]; /* of which n */
	size_t n;
	bool is_client;
	bool garbage; /* one that is none, in front of them */
	int error;
	unsigned alert;
	const char *text;
} verdicts[] = {
	{ "none", { LEAF } },
	{ "good", { LEAF }, { { LEAF } }, 1 },
	{ "revoked", { LEAF }, { { LEAF, .reply.status = REPLY_REVOKED } }, 1,
	    .error = EKEYREVOKED, .alert = GNUTLS_A_CERTIFICATE_REVOKED,
	    .text = "CN=Leaf is revoked" },
	{ "good and revoked", { LEAF },
	    { { LEAF }, { LEAF, .reply.status = REPLY_REVOKED } }, 2,
	    .error = EKEYREVOKED, .alert = GNUTLS_A_CERTIFICATE_REVOKED },
	{ "revoked by a forger", { LEAF },
	    { { LEAF, .by = OTHER, .reply.status = REPLY_REVOKED } }, 1 },
	{ "garbage", { LEAF }, .garbage = true },
	{ "client, revoked", { LEAF },
	    { { LEAF, .reply.status = REPLY_REVOKED } }, 1, .is_client = true,
	    .error = EKEYREVOKED, .alert = GNUTLS_A_CERTIFICATE_REVOKED },

	{ "must staple, and does", { STAPLER }, { { STAPLER } }, 1 },
	{ "must staple, behind garbage", { STAPLER }, { { STAPLER } }, 1,
	    .garbage = true },
	{ "must staple, does not", { STAPLER }, .error = EKEYREJECTED,
	    .alert = ALERT_BAD_STATUS_RESPONSE, .text = "came without" },
	{ "must staple, garbage", { STAPLER }, .garbage = true,
	    .error = EKEYREJECTED, .alert = ALERT_BAD_STATUS_RESPONSE,
	    .text = "it came with is malformed" },
	{ "must staple, another's", { STAPLER }, { { LEAF } }, 1,
	    .error = EKEYREJECTED, .alert = ALERT_BAD_STATUS_RESPONSE,
	    .text = "is about other certificates" },
	{ "must staple, out of date", { STAPLER },
	    { { STAPLER, .reply = { .from = -DAY, .until = -60 } } }, 1,
	    .error = EKEYREJECTED, .alert = ALERT_BAD_STATUS_RESPONSE,
	    .text = "is out of date" },
	{ "must staple, unknown", { STAPLER },
	    { { STAPLER, .reply.status = REPLY_UNKNOWN } }, 1,
	    .error = EKEYREJECTED, .alert = ALERT_BAD_STATUS_RESPONSE },
	{ "must staple, forged", { STAPLER }, { { STAPLER, .by = OTHER } }, 1,
	    .error = EKEYREJECTED, .alert = ALERT_BAD_STATUS_RESPONSE },
	{ "must staple, revoked", { STAPLER },
	    { { STAPLER, .reply.status = REPLY_REVOKED } }, 1,
	    .error = EKEYREVOKED, .alert = GNUTLS_A_CERTIFICATE_REVOKED },
	{ "must staple, as a client", { STAPLER }, .is_client = true },
	{ "must staple otherwise", { STAPLER_V2 } },
	{ "must do what cannot be read", { GARBLED }, .error = EKEYREJECTED,
	    .alert = ALERT_BAD_STATUS_RESPONSE },

	{ "both of a chain", { UNDER_MIDDLE, MIDDLE },
	    { { UNDER_MIDDLE, .under = MIDDLE, .by = MIDDLE }, { MIDDLE } },
	    2 },
	{ "in another order", { UNDER_MIDDLE, MIDDLE },
	    { { MIDDLE }, { UNDER_MIDDLE, .under = MIDDLE, .by = MIDDLE } },
	    2 },
	{ "of the intermediate only", { UNDER_MIDDLE, MIDDLE }, { { MIDDLE } },
	    1, .error = EKEYREJECTED, .alert = ALERT_BAD_STATUS_RESPONSE },
	{ "intermediate revoked", { UNDER_MIDDLE, MIDDLE },
	    { { UNDER_MIDDLE, .under = MIDDLE, .by = MIDDLE },
		{ MIDDLE, .reply.status = REPLY_REVOKED } },
	    2, .error = EKEYREVOKED, .alert = GNUTLS_A_CERTIFICATE_REVOKED,
	    .text = "CN=Middle is revoked" },
};

static const struct config only_pkix = {
	.client_policy = { TRUST_PKIX },
	.server_policy = { TRUST_PKIX },
};

/* The first certificate is asked of every answer; and each step says whose
 * it is. */
static void
check_steps(const struct steps *steps, size_t answers)
{
	struct blob list = steps_list(steps), text;
	size_t n = 0;

	while (wire_list_next(&list, &text) == 1)
		if (memmem(text.data, text.len, "a stapled answer of OCSP ",
			25) != NULL)
			n++;
	assert_true(answers == 0 ? n == 0 : n > 0);
}

static void
ask(size_t i, struct trust *trust)
{
	static uint8_t chain_buf[CHAIN_MAX], ocsp_buf[STAPLED_MAX];
	static uint8_t certs[APP_TRACE_CERTS_MAX];
	struct wire_writer w = { .data = ocsp_buf, .size = sizeof(ocsp_buf) };
	const struct holder *chain[3];
	struct verify_req req = { 0 };
	struct verify_ans ans;
	struct verdict *v;
	uint64_t now = (uint64_t)time(NULL);
	size_t n = 0;

	for (; n < 3 && verdicts[i].chain[n] != NOBODY; n++)
		chain[n] = &holders[verdicts[i].chain[n]];
	if (verdicts[i].garbage)
		wire_put_string(&w, "nonsense", 8);
	for (size_t k = 0; k < verdicts[i].n; k++) {
		gnutls_datum_t answer = say(&verdicts[i].say[k]);

		wire_put_string(&w, answer.data, answer.size);
		gnutls_free(answer.data);
	}
	req.chain = chain_make(chain, n, chain_buf, sizeof(chain_buf));
	req.ocsp = (struct blob){ w.data, w.len };
	v = verdict_new(trust, &req,
	    verdicts[i].is_client ? APP_ROLE_SERVER : APP_ROLE_CLIENT, 0, 1);
	assert_non_null(v);
	assert_non_null(v->steps = steps_new());
	policy_choose(v, &only_pkix);
	assert_true(policy_run(v));
	verdict_answer(v, &ans, certs);
	check_steps(v->steps, verdicts[i].n + verdicts[i].garbage);
	print_message("%s: %s\n", verdicts[i].title,
	    ans.error == 0 ? ans.evidence : ans.reason);
	assert_int_equal(ans.error, verdicts[i].error);
	assert_int_equal(ans.alert, verdicts[i].alert);
	if (verdicts[i].text != NULL)
		assert_non_null(strstr(ans.reason, verdicts[i].text));
	/* The answer bounds how long the verdict holds. */
	if (ans.error == 0 && verdicts[i].n > 0 &&
	    verdicts[i].say[0].by != OTHER)
		assert_true(ans.until <= now + HOUR + 5);
	else if (ans.error == 0)
		assert_true(ans.until > now + 2 * HOUR);
	verdict_free(v);
}

static void
decides(void **state)
{
	const struct holder *root[] = { &holders[ROOT] };
	gnutls_datum_t pem = pem_make(root, 1);
	struct trust trust;
	char error[256];

	(void)state;
	assert_int_equal(trust_init(&trust), 0);
	trust.anchors = anchors_parse(&pem, error, sizeof(error));
	assert_non_null(trust.anchors);
	gnutls_free(pem.data);
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++)
		ask(i, &trust);
	trust_free(&trust);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
		cmocka_unit_test(spoilt),
		cmocka_unit_test(asks),
		cmocka_unit_test(responders),
		cmocka_unit_test(decides),
	};

	return cmocka_run_group_tests(tests, make_people, free_people);
}
