/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dane_scene: peers, good ones and bad ones, and the records that are said to
 * be about them.
 */
#ifndef TLSPOOL_TEST_DANE_SCENE_H
#define TLSPOOL_TEST_DANE_SCENE_H

#include "daemon/verifier/dane_match.h"

enum who {
	NOBODY,
	/* authorities */
	ROOT,		/* configured */
	MIDDLE,		/* under ROOT */
	SIDE,		/* under ROOT */
	LIMITED,	/* under ROOT, only for other.example */
	MIDDLE_BY_SIDE, /* the key and the name of MIDDLE */
	MIDDLE_BY_LIMITED,
	OWN,	     /* not configured */
	OWN_MIDDLE,  /* under OWN */
	OWN_SHORT,   /* under OWN, may have no authority below */
	BELOW_SHORT, /* under OWN_SHORT */
	OWN_OLD,     /* under OWN, expired */
	NO_CA,	     /* under OWN, a leaf that signs */
	STRANGER,    /* has the name of OWN_MIDDLE, and another key */
	/* leaves of www.example.com */
	PUBLIC,
	PUBLIC_EXPIRED,
	PUBLIC_OTHER, /* of mail.example.com */
	OWNED,
	OWNED_EXPIRED,
	OWNED_OTHER,
	DIRECT, /* by OWN itself */
	UNDER_BELOW_SHORT,
	UNDER_OLD,
	UNDER_NO_CA,
	FORGED,
	SELF,
	CA_SELF,
	CLIENT, /* of client.example.com */
	DEVICE, /* d1._device.example.com */
	USER,	/* anna@example.com */
	PEOPLE,
};

/* What is wrong with a record. */
enum flaw {
	FINE,
	OTHER_DATA,   /* of nobody */
	WRONG_LENGTH, /* one octet is missing at the end */
	CUT_SHORT,    /* there is no data */
	UNKNOWN_USAGE,
	UNKNOWN_SELECTOR,
	UNKNOWN_MATCHING,
};

struct wanted {
	enum who of; /* NOBODY: no more records */
	uint8_t usage, selector, matching;
	enum flaw flaw;
};

enum { RDATA_MAX = 4096, RECORDS_MAX = 4, CHAIN = 6 };

struct scene {
	enum who chain[CHAIN];
	struct wanted records[RECORDS_MAX];
	const char *names[3]; /* {}: www.example.com */
	bool is_client, raw_key;
	bool no_anchors; /* configured */
};

/* Of a group of tests: all the people, and ROOT as the configured anchor. */
int scene_make(void **state);
int scene_free(void **state);

/* The RDATA of the record that is wanted; its length. */
size_t scene_rdata(const struct wanted *, uint8_t rdata[RDATA_MAX]);

/* A verdict on that chain, before anybody was asked. */
struct verdict *scene_verdict(const struct scene *);

/* What DANE says of it all; the answer is in *out, which has no chain. */
enum says scene_ask(const struct scene *, struct verdict *out);

#endif
