/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dane_match_test: records and peers in the ways that they can meet, beside
 * the table of dane_table_test.
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

#include "test/unit/authority.h"
#include "test/unit/dane_scene.h"

static const struct test_case {
	const char *title;
	struct scene q;
	enum says says;
	const char *text; /* in evidence or reason */
	int error;	  /* 0: EKEYREJECTED, where it says no */
} cases[] = {
	{ "anchor that is sent along",
	    { { OWNED, OWN_MIDDLE, OWN }, { { OWN, 2, 0, 1, FINE } } },
	    SAYS_YES, "chain to CN=Own, 3 certificates" },
	{ "anchor above the chain, digest only",
	    { { OWNED, OWN_MIDDLE }, { { OWN, 2, 0, 1, FINE } } }, SAYS_NO,
	    "matches none of the 1 usable records" },
	{ "anchor in DNS only",
	    { { OWNED, OWN_MIDDLE }, { { OWN, 2, 0, 0, FINE } } }, SAYS_YES,
	    "chain to CN=Own, 3 certificates" },
	{ "intermediate in DNS only",
	    { { OWNED }, { { OWN_MIDDLE, 2, 0, 0, FINE } } }, SAYS_YES,
	    "chain to CN=Own middle" },
	{ "anchor in DNS, intermediate is missing",
	    { { OWNED }, { { OWN, 2, 0, 0, FINE } } }, SAYS_NO,
	    "matches, but" },
	{ "key of the anchor in DNS only",
	    { { OWNED, OWN_MIDDLE }, { { OWN, 2, 1, 0, FINE } } }, SAYS_YES,
	    "chain to CN=Own, 3 certificates" },
	{ "key of the intermediate in DNS only",
	    { { OWNED }, { { OWN_MIDDLE, 2, 1, 0, FINE } } }, SAYS_YES,
	    "chain to CN=Own middle, 2 certificates" },
	{ "key of the only authority in DNS only",
	    { { DIRECT }, { { OWN, 2, 1, 0, FINE } } }, SAYS_YES, "CN=Own" },
	{ "key in DNS, wrong name",
	    { { OWNED_OTHER, OWN_MIDDLE }, { { OWN, 2, 1, 0, FINE } } },
	    SAYS_NO, "not one of www.example.com" },
	{ "key in DNS, expired",
	    { { OWNED_EXPIRED, OWN_MIDDLE }, { { OWN, 2, 1, 0, FINE } } },
	    SAYS_NO, "expired", EKEYEXPIRED },
	{ "key in DNS, which signed nothing",
	    { { OWNED, OWN_MIDDLE }, { { ROOT, 2, 1, 0, FINE } } }, SAYS_NO,
	    "matches none" },
	{ "key in DNS, of another authority of that name",
	    { { FORGED }, { { OWN_MIDDLE, 2, 1, 0, FINE } } }, SAYS_NO,
	    "matches none" },
	{ "anchor in DNS, of another key",
	    { { FORGED }, { { OWN_MIDDLE, 2, 0, 0, FINE } } }, SAYS_NO,
	    "matches, but" },
	{ "anchor sent along, that did not sign",
	    { { FORGED, OWN_MIDDLE }, { { OWN_MIDDLE, 2, 0, 1, FINE } } },
	    SAYS_NO, "matches, but" },
	{ "anchor sent along, of nobody",
	    { { PUBLIC, MIDDLE, OWN }, { { OWN, 2, 0, 1, FINE } } }, SAYS_NO,
	    "matches, but" },
	{ "a public chain needs no configured anchor",
	    { { PUBLIC, MIDDLE }, { { MIDDLE, 2, 1, 1, FINE } },
		.no_anchors = true },
	    SAYS_YES, "CN=Middle" },
	{ "out of order",
	    { { OWNED, OWN, SIDE, OWN_MIDDLE }, { { OWN, 2, 0, 2, FINE } } },
	    SAYS_YES, "chain to CN=Own, 3 certificates" },
	{ "path length below the anchor",
	    { { UNDER_BELOW_SHORT, BELOW_SHORT, OWN_SHORT, OWN },
		{ { OWN, 2, 0, 1, FINE } } },
	    SAYS_NO, "matches, but" },
	{ "expired intermediate",
	    { { UNDER_OLD, OWN_OLD, OWN }, { { OWN, 2, 0, 1, FINE } } },
	    SAYS_NO, "expired", EKEYEXPIRED },
	{ "expired anchor",
	    { { UNDER_OLD, OWN_OLD }, { { OWN_OLD, 2, 0, 1, FINE } } }, SAYS_NO,
	    "expired", EKEYEXPIRED },
	{ "intermediate is no authority",
	    { { UNDER_NO_CA, NO_CA, OWN }, { { OWN, 2, 0, 1, FINE } } },
	    SAYS_NO, "matches, but" },
	{ "anchor is no authority",
	    { { UNDER_NO_CA, NO_CA }, { { NO_CA, 2, 0, 1, FINE } } }, SAYS_NO,
	    "matches, but" },
	{ "a leaf is not its own anchor",
	    { { CA_SELF }, { { CA_SELF, 2, 0, 1, FINE } } }, SAYS_NO,
	    "matches none" },
	{ "self-signed, usage 3", { { SELF }, { { SELF, 3, 1, 1, FINE } } },
	    SAYS_YES, "is of its key" },
	{ "leaf record of an authority's usage",
	    { { OWNED, OWN_MIDDLE }, { { OWNED, 2, 0, 1, FINE } } }, SAYS_NO,
	    "matches none" },
	{ "authority's record of a leaf's usage",
	    { { OWNED, OWN_MIDDLE }, { { OWN_MIDDLE, 3, 0, 1, FINE } } },
	    SAYS_NO, "matches none" },

	{ "usage 1 without pkix",
	    { { OWNED, OWN_MIDDLE }, { { OWNED, 1, 1, 1, FINE } } }, SAYS_NO,
	    "matches, but" },
	{ "usage 1 without anchors",
	    { { PUBLIC, MIDDLE }, { { PUBLIC, 1, 1, 1, FINE } },
		.no_anchors = true },
	    SAYS_NO, "no trust anchors are configured" },
	{ "usage 0 without pkix",
	    { { OWNED, OWN_MIDDLE }, { { OWN_MIDDLE, 0, 1, 1, FINE } } },
	    SAYS_NO, "matches, but" },
	{ "usage 0, root not sent",
	    { { PUBLIC, MIDDLE }, { { ROOT, 0, 0, 1, FINE } } }, SAYS_YES,
	    "chain to CN=Root" },
	{ "usage 0, root sent",
	    { { PUBLIC, MIDDLE, ROOT }, { { ROOT, 0, 1, 2, FINE } } }, SAYS_YES,
	    "chain to CN=Root" },
	{ "usage 0, an authority beside the path",
	    { { PUBLIC, MIDDLE, SIDE }, { { SIDE, 0, 1, 1, FINE } } }, SAYS_NO,
	    "matches, but" },
	{ "usage 0, an authority on the second way",
	    { { PUBLIC, MIDDLE, MIDDLE_BY_SIDE, SIDE },
		{ { SIDE, 0, 1, 1, FINE } } },
	    SAYS_YES, "chain to CN=Root, 4 certificates" },
	{ "usage 0, an authority on the first way",
	    { { PUBLIC, MIDDLE, MIDDLE_BY_SIDE, SIDE },
		{ { MIDDLE, 0, 0, 1, FINE } } },
	    SAYS_YES, "chain to CN=Root, 3 certificates" },
	{ "usage 0, the way through it breaks a constraint",
	    { { PUBLIC, MIDDLE, MIDDLE_BY_LIMITED, LIMITED },
		{ { LIMITED, 0, 1, 1, FINE } } },
	    SAYS_NO, "matches, but" },
	{ "usage 0, below an authority that may not",
	    { { PUBLIC, MIDDLE_BY_LIMITED, LIMITED },
		{ { MIDDLE, 0, 1, 1, FINE } } },
	    SAYS_NO, "may not issue such a certificate" },
	{ "usage 0 of the leaf",
	    { { PUBLIC, MIDDLE }, { { PUBLIC, 0, 1, 1, FINE } } }, SAYS_NO,
	    "matches none" },

	{ "mixed: broken, other, good",
	    { { OWNED, OWN_MIDDLE },
		{ { OWNED, 3, 1, 1, WRONG_LENGTH }, { SELF, 3, 1, 1, FINE },
		    { OWNED, 3, 1, 1, FINE } } },
	    SAYS_YES, "3 1 1" },
	{ "mixed: unknown usage, and one that does not match",
	    { { OWNED }, { { OWNED, 3, 1, 1, UNKNOWN_USAGE },
			     { SELF, 3, 1, 1, FINE } } },
	    SAYS_NO, "none of the 1 usable" },
	{ "mixed: none is usable",
	    { { OWNED }, { { OWNED, 3, 1, 1, CUT_SHORT },
			     { OWNED, 3, 1, 1, UNKNOWN_SELECTOR },
			     { OWNED, 3, 1, 1, UNKNOWN_MATCHING } } },
	    SAYS_CANNOT },
	{ "one usage fails, another one does not",
	    { { OWNED_EXPIRED, OWN_MIDDLE },
		{ { OWN_MIDDLE, 2, 1, 1, FINE },
		    { OWNED_EXPIRED, 3, 1, 1, FINE } } },
	    SAYS_YES, "3 1 1" },
	{ "agility: the stronger digest decides",
	    { { OWNED },
		{ { OWNED, 3, 1, 1, FINE }, { SELF, 3, 1, 2, FINE } } },
	    SAYS_NO, "none of the 1 usable" },
	{ "agility: of the same selector only",
	    { { OWNED },
		{ { OWNED, 3, 1, 1, FINE }, { SELF, 3, 0, 2, FINE } } },
	    SAYS_YES, "3 1 1" },
	{ "agility: of the same usage only",
	    { { OWNED },
		{ { OWNED, 3, 1, 1, FINE }, { SELF, 1, 1, 2, FINE } } },
	    SAYS_YES, "3 1 1" },
	{ "agility: full data always counts",
	    { { OWNED },
		{ { OWNED, 3, 1, 0, FINE }, { SELF, 3, 1, 2, FINE } } },
	    SAYS_YES, "3 1 0" },
	{ "agility: a broken strong one does not",
	    { { OWNED },
		{ { OWNED, 3, 1, 1, FINE }, { SELF, 3, 1, 2, WRONG_LENGTH } } },
	    SAYS_YES, "3 1 1" },

	{ "name behind a CNAME",
	    { { OWNED_OTHER, OWN_MIDDLE }, { { OWN_MIDDLE, 2, 1, 1, FINE } },
		.names = { "www.example.com", "mail.example.com" } },
	    SAYS_YES, "CN=Own middle" },
	{ "none of several names",
	    { { OWNED_OTHER, OWN_MIDDLE }, { { OWN_MIDDLE, 2, 1, 1, FINE } },
		.names = { "www.example.com", "www.example.net" } },
	    SAYS_NO, "not one of www.example.com" },
	{ "next-hop name, usage 1",
	    { { PUBLIC_OTHER, MIDDLE }, { { PUBLIC_OTHER, 1, 0, 1, FINE } },
		.names = { "mx.example.net", "mail.example.com" } },
	    SAYS_YES, "is of its leaf" },

	{ "client, usage 3",
	    { { CLIENT, OWN_MIDDLE }, { { CLIENT, 3, 1, 1, FINE } },
		.names = { "client.example.com" }, .is_client = true },
	    SAYS_YES, "is of its key" },
	{ "client, usage 2",
	    { { CLIENT, OWN_MIDDLE }, { { OWN_MIDDLE, 2, 1, 1, FINE } },
		.names = { "client.example.com" }, .is_client = true },
	    SAYS_YES, "CN=Own middle" },
	{ "device, usage 3",
	    { { DEVICE, OWN_MIDDLE }, { { DEVICE, 3, 1, 1, FINE } },
		.names = { "d1._device.example.com" }, .is_client = true },
	    SAYS_YES, "is of its key" },
	{ "device, usage 2",
	    { { DEVICE, OWN_MIDDLE }, { { OWN_MIDDLE, 2, 1, 1, FINE } },
		.names = { "d1._device.example.com" }, .is_client = true },
	    SAYS_YES, "CN=Own middle" },
	{ "device, another's name",
	    { { DEVICE, OWN_MIDDLE }, { { OWN_MIDDLE, 2, 1, 1, FINE } },
		.names = { "d2._device.example.com" }, .is_client = true },
	    SAYS_NO, "not one of d2._device.example.com" },
	{ "client, another's name",
	    { { CLIENT, OWN_MIDDLE }, { { OWN_MIDDLE, 2, 1, 1, FINE } },
		.names = { "other.example.com" }, .is_client = true },
	    SAYS_NO, "not one of other.example.com" },
	{ "user, usage 3",
	    { { USER, OWN_MIDDLE }, { { USER, 3, 0, 0, FINE } },
		.names = { "anna@example.com" }, .is_client = true },
	    SAYS_YES, "is of its certificate" },
	{ "user, usage 2",
	    { { USER, OWN_MIDDLE }, { { OWN, 2, 0, 0, FINE } },
		.names = { "anna@example.com" }, .is_client = true },
	    SAYS_YES, "CN=Own" },
	{ "user, another's name",
	    { { USER, OWN_MIDDLE }, { { OWN, 2, 0, 0, FINE } },
		.names = { "bert@example.com" }, .is_client = true },
	    SAYS_NO, "not one of bert@example.com" },

	{ "raw public key",
	    { { OWNED }, { { OWNED, 3, 1, 1, FINE } }, .raw_key = true },
	    SAYS_YES, "is of its key" },
	{ "raw public key, full",
	    { { OWNED }, { { OWNED, 3, 1, 0, FINE } }, .raw_key = true },
	    SAYS_YES, "is of its key" },
	{ "raw public key, another one",
	    { { OWNED }, { { SELF, 3, 1, 1, FINE } }, .raw_key = true },
	    SAYS_NO, "raw public key matches none" },
	{ "raw public key, record of a certificate",
	    { { OWNED }, { { OWNED, 3, 0, 1, FINE } }, .raw_key = true },
	    SAYS_NO, "raw public key matches none" },
	{ "raw public key, other usages",
	    { { OWNED, OWN_MIDDLE },
		{ { OWNED, 1, 1, 1, FINE }, { OWN_MIDDLE, 2, 1, 1, FINE },
		    { OWNED, 0, 1, 1, FINE } },
		.raw_key = true },
	    SAYS_NO, "raw public key matches none of the 3" },
};

static void
judges(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct test_case *c = &cases[i];
		struct verdict v;
		enum says says = scene_ask(&c->q, &v);

		print_message("%s: %s\n", c->title,
		    says == SAYS_YES  ? v.evidence
		    : says == SAYS_NO ? v.reason
				      : "cannot speak");
		assert_int_equal(says, c->says);
		if (says == SAYS_NO)
			assert_int_equal(
			    v.error, c->error != 0 ? c->error : EKEYREJECTED);
		if (c->text != NULL)
			assert_non_null(strstr(
			    says == SAYS_YES ? v.evidence : v.reason, c->text));
	}
}

/* A verdict is as it was where nobody could speak, or said no before. */
static void
leaves_nothing_behind(void **state)
{
	struct scene q = { { OWNED, OWN_MIDDLE },
		{ { OWNED, 1, 1, 1, FINE } } };
	uint8_t rdata[RDATA_MAX];
	struct tlsa record;
	struct peername name;
	struct dane_set set = { &record, 1, "owner", &name, 1 };
	struct verdict *v = scene_verdict(&q);
	const struct trust *before = v->trust;

	(void)state;
	assert_int_equal(peername_parse(&name, "other.example.com"), 0);
	tlsa_parse(&record, rdata, scene_rdata(&q.records[0], rdata));
	assert_int_equal(dane_match(v, &set), SAYS_NO);
	assert_string_equal(v->expected.text, "www.example.com");
	assert_ptr_equal(v->trust, before);
	assert_int_equal(v->until, 0);
	assert_int_equal(v->evidence[0], '\0');
	verdict_free(v);
}

/* What became of each record, where somebody wants to know. */
static void
notes_each_record(void **state)
{
	static const struct scene q = { { OWNED, OWN_MIDDLE },
		{ { OWNED, 3, 1, 1, OTHER_DATA },
		    { OWNED, 3, 1, 1, UNKNOWN_USAGE },
		    { OWNED, 1, 1, 1, FINE } } };
	static const char *const wanted[][2] = {
		{ "dane: record ", "is not used: its usage is unknown" },
		{ "dane: record 3 1 1 ",
		    "matches nothing that the peer showed" },
		{ "dane: record 1 1 1 ", "matches, but " },
	};
	static uint8_t rdata[RECORDS_MAX][RDATA_MAX];
	struct tlsa records[RECORDS_MAX];
	struct peername name;
	struct dane_set set = { records, 3, "owner", &name, 1 };
	struct verdict *v = scene_verdict(&q);
	struct blob steps, item;
	char text[STEPS_TEXT];
	size_t found = 0;

	(void)state;
	assert_int_equal(peername_parse(&name, "www.example.com"), 0);
	for (size_t i = 0; i < set.n; i++)
		tlsa_parse(&records[i], rdata[i],
		    scene_rdata(&q.records[i], rdata[i]));
	assert_non_null(v->steps = steps_new());
	assert_int_equal(dane_match(v, &set), SAYS_NO);
	steps = steps_list(v->steps);
	while (wire_list_next(&steps, &item) == 1) {
		snprintf(text, sizeof(text), "%.*s", (int)item.len,
		    (const char *)item.data);
		print_message("%s\n", text);
		if (strncmp(text, "dane: record ", 13) != 0)
			continue;
		assert_true(found < 3);
		assert_non_null(strstr(text, wanted[found][0]));
		assert_non_null(strstr(text, wanted[found][1]));
		found++;
	}
	assert_int_equal(found, 3);
	verdict_free(v);
}

/* Adversaries own names, too: work is bounded. */
static void
tries_only_so_many(void **state)
{
	enum { MANY = 400 };
	static uint8_t rdata[MANY][RDATA_MAX];
	static struct tlsa records[MANY];
	struct scene q = { .chain = { OWNED, OWN_MIDDLE, OWN, SIDE } };
	struct peername name;
	struct dane_set set = { records, MANY, "owner", &name, 1 };
	struct verdict *v = scene_verdict(&q);
	struct timespec from, to;

	(void)state;
	assert_int_equal(peername_parse(&name, "other.example.com"), 0);
	for (unsigned i = 0; i < MANY; i++) {
		static const struct wanted kinds[] = {
			{ OWN, 2, 1, 0, FINE },
			{ SIDE, 2, 0, 0, FINE },
			{ OWN, 2, 1, 1, FINE },
			{ SIDE, 0, 0, 1, FINE },
		};

		tlsa_parse(&records[i], rdata[i],
		    scene_rdata(&kinds[i % 4], rdata[i]));
	}
	clock_gettime(CLOCK_MONOTONIC, &from);
	assert_int_equal(dane_match(v, &set), SAYS_NO);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_true(to.tv_sec - from.tv_sec <= 5);
	verdict_free(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
		cmocka_unit_test(leaves_nothing_behind),
		cmocka_unit_test(notes_each_record),
		cmocka_unit_test(tries_only_so_many),
	};

	return cmocka_run_group_tests(tests, scene_make, scene_free);
}
