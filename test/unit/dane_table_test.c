/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dane_table_test: what the method says to every kind of record, of peers
 * that it describes and of peers that are wrong in one way each, with
 * certificates and with raw public keys, in every state that the answer of
 * the DNS can be in.  Only the resolver is played.
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

#include "daemon/verifier/dane.h"
#include "test/unit/authority.h"
#include "test/unit/dane_scene.h"

#define OWNER "_443._tcp.www.example.com"

enum outcome {
	MATCHES,
	MATCHES_NOT,
	EXPIRED,
	WRONG_NAME,
	UNUSABLE,
	WRONG_DIGEST_LENGTH,
	SOMEBODY_ELSE, /* whom the record is about is not in the chain */
	/* The record would match, but the answer is … */
	BOGUS,
	INSECURE,
	ABSENT,
	SERVFAIL,
	TIMEOUT,
	OUTCOMES,
};

static const struct {
	const char *name;
	enum resolver_state state;
} outcomes[OUTCOMES] = {
	[MATCHES] = { "matches", RESOLVER_SECURE },
	[MATCHES_NOT] = { "matches not", RESOLVER_SECURE },
	[EXPIRED] = { "expired", RESOLVER_SECURE },
	[WRONG_NAME] = { "wrong name", RESOLVER_SECURE },
	[UNUSABLE] = { "unusable", RESOLVER_SECURE },
	[WRONG_DIGEST_LENGTH] = { "wrong digest length", RESOLVER_SECURE },
	[SOMEBODY_ELSE] = { "of somebody else", RESOLVER_SECURE },
	[BOGUS] = { "bogus", RESOLVER_BOGUS },
	[INSECURE] = { "insecure", RESOLVER_INSECURE },
	[ABSENT] = { "absent", RESOLVER_ABSENT },
	[SERVFAIL] = { "SERVFAIL", RESOLVER_FAILED },
	[TIMEOUT] = { "timeout", RESOLVER_TIMEOUT },
};

static enum outcome playing;
static uint8_t rdata[RDATA_MAX];
static size_t rdata_len;

bool
resolver_speaks(void)
{
	return true;
}

const char *
resolver_state_name(enum resolver_state state)
{
	(void)state;
	return outcomes[playing].name;
}

const char *
resolver_type_name(unsigned type)
{
	return type == DNS_TYPE_TLSA ? "TLSA" : "A";
}

/* The record is in the answer whatever the state is: nobody may look at it. */
const struct resolver_answer *
resolver_ask(
    const char *name, unsigned type, uint64_t since, struct waiter *waiter)
{
	static struct resolver_answer answer;

	(void)since;
	(void)waiter;
	memset(&answer, 0, sizeof(answer));
	answer.until = time(NULL) + HOUR;
	if (type == DNS_TYPE_A) {
		assert_string_equal(name, "www.example.com");
		return &answer;
	}
	assert_int_equal(type, DNS_TYPE_TLSA);
	assert_string_equal(name, OWNER);
	answer.state = outcomes[playing].state;
	answer.nrecords = 1;
	answer.records[0] = (struct blob){ rdata, rdata_len };
	return &answer;
}

static void
resume(struct verdict *v)
{
	(void)v;
}

/* The peers of usages 0 and 1, and of 2 and 3. */
static enum who
leaf_of(bool own, enum outcome outcome)
{
	switch (outcome) {
	case EXPIRED:
		return own ? OWNED_EXPIRED : PUBLIC_EXPIRED;
	case WRONG_NAME:
		return own ? OWNED_OTHER : PUBLIC_OTHER;
	default:
		return own ? OWNED : PUBLIC;
	}
}

static struct wanted
record_of(
    const struct scene *q, unsigned usage, unsigned selector, unsigned matching)
{
	bool ta = usage == TLSA_PKIX_TA || usage == TLSA_DANE_TA;
	struct wanted w = { ta ? q->chain[1] : q->chain[0], (uint8_t)usage,
		(uint8_t)selector, (uint8_t)matching, FINE };

	switch (playing) {
	case MATCHES_NOT:
		/* Full data with a bit turned over may be none at all. */
		if (matching == TLSA_FULL)
			w.of = SIDE;
		else
			w.flaw = OTHER_DATA;
		break;
	case UNUSABLE:
		w.flaw = (enum flaw)(UNKNOWN_USAGE + matching);
		break;
	case WRONG_DIGEST_LENGTH:
		w.flaw = WRONG_LENGTH;
		break;
	case SOMEBODY_ELSE:
		w.of = ta ? SIDE : SELF;
		break;
	default:
		break;
	}
	return w;
}

/*
 * A key alone has neither a name nor dates, and nobody above it: only usage 3
 * and selector 1 are about it, and then what is wrong with a certificate that
 * might have held it does not matter.
 */
static enum says
says_of(bool raw, unsigned usage, unsigned selector)
{
	switch (playing) {
	case BOGUS:
	case SERVFAIL:
	case TIMEOUT:
		return SAYS_NO;
	case INSECURE:
	case ABSENT:
	case UNUSABLE:
	case WRONG_DIGEST_LENGTH:
		return SAYS_CANNOT;
	case MATCHES_NOT:
	case SOMEBODY_ELSE:
		return SAYS_NO;
	case EXPIRED:
	case WRONG_NAME:
		if (usage != TLSA_DANE_EE)
			return SAYS_NO;
		break;
	default:
		break;
	}
	return raw && (usage != TLSA_DANE_EE || selector != TLSA_SPKI)
		   ? SAYS_NO
		   : SAYS_YES;
}

static void
check_refusal(const struct verdict *v, bool raw)
{
	const char *part = NULL;

	if (outcomes[playing].state != RESOLVER_SECURE)
		part = "the DNS query for " OWNER " TLSA is";
	else if (raw)
		part = "the raw public key matches none";
	else if (playing == WRONG_NAME)
		part = "not one of www.example.com";
	assert_int_equal(
	    v->error, playing == EXPIRED && !raw ? EKEYEXPIRED : EKEYREJECTED);
	if (part != NULL)
		assert_non_null(strstr(v->reason, part));
}

static void
check_cell(bool raw, unsigned usage, unsigned selector, unsigned matching)
{
	bool own = usage >= TLSA_DANE_TA;
	struct scene q = { .chain = { leaf_of(own, playing),
			       own ? OWN_MIDDLE : MIDDLE },
		.raw_key = raw };
	struct wanted w = record_of(&q, usage, selector, matching);
	struct verdict *v = scene_verdict(&q);
	enum says says;

	rdata_len = scene_rdata(&w, rdata);
	v->port = 443;
	v->resume = resume;
	says = dane_ask(v);
	print_message("%s, %u %u %u, %s: %s\n", raw ? "key" : "certificate",
	    usage, selector, matching, outcomes[playing].name,
	    says == SAYS_YES  ? v->evidence
	    : says == SAYS_NO ? v->reason
			      : "cannot speak");
	assert_int_equal(says, says_of(raw, usage, selector));
	if (says == SAYS_NO)
		check_refusal(v, raw);
	else
		assert_int_equal(v->error, 0);
	if (says == SAYS_YES) {
		assert_string_equal(v->method, "dane");
		/* Never longer than the records are good. */
		assert_in_range(v->until, time(NULL) + 1, time(NULL) + HOUR);
	}
	verdict_free(v);
}

static void
judges_every_kind(void **state)
{
	unsigned cells = 0;

	(void)state;
	for (unsigned raw = 0; raw < 2; raw++)
		for (unsigned kind = 0; kind < 4 * 2 * 3; kind++)
			for (int o = 0; o < OUTCOMES; o++, cells++) {
				playing = (enum outcome)o;
				check_cell(
				    raw != 0, kind / 6, kind / 3 % 2, kind % 3);
			}
	assert_int_equal(cells, 576);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_every_kind),
	};

	return cmocka_run_group_tests(tests, scene_make, scene_free);
}
