/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * staple: a chain that workers serve with, and the newest answer of OCSP
 * about its leaf.
 */
#ifndef TLSPOOL_VERIFIER_STAPLE_H
#define TLSPOOL_VERIFIER_STAPLE_H

#include <sys/queue.h>

#include "daemon/ipc/hash.h"
#include "daemon/ipc/voucher.h"
#include "daemon/sys/loop.h"
#include "daemon/verifier/anchors.h"
#include "daemon/verifier/http.h"
#include "daemon/verifier/ocsp.h"
#include "daemon/verifier/verdict.h"

enum {
	STAPLE_TROUBLE = 256,
	/* Seconds from a failure to the next try: twice as long each time. */
	STAPLE_RETRY_LEAST = 5,
	STAPLE_RETRY_MOST = 60 * 60,
};

struct staple {
	uint8_t id[CHAIN_ID_SIZE];
	struct blob chain;     /* list of DER, the leaf first; ours */
	gnutls_datum_t issuer; /* DER; ours */
	char subject[SUBJECT_TEXT];
	time_t expires;		/* the leaf */
	char url[OCSP_URL_MAX]; /* "": there is nobody to ask */
	char server[HTTP_SERVER];

	/* The newest answer that was judged to be one. */
	gnutls_datum_t answer; /* size 0: none */
	bool revoked;
	time_t this_update, until;

	time_t fetched, next;	      /* 0: never */
	unsigned failures;	      /* since the last answer */
	char trouble[STAPLE_TROUBLE]; /* of the last; "": none */

	/* Whose it is: see staples.c. */
	UT_hash_handle hh;
	TAILQ_ENTRY(staple) queue;
	bool queued;
	struct loop_timer timer;
	struct http *post;
	uint64_t workers;  /* a bit for each that wants to be told */
	uint64_t asked_at; /* milliseconds: when the last of them asked */
};

/*
 * One for a chain, whose issuer is the next in it or an anchor (anchors NULL:
 * none is).  NULL where there is no memory or the leaf cannot be read; where
 * there is nobody to ask, trouble says why.
 */
struct staple *staple_new(
    const uint8_t id[CHAIN_ID_SIZE], struct blob chain, const struct anchors *);
void staple_free(struct staple *);

/* The request for it; its length, or 0. */
size_t staple_request_make(
    const struct staple *, uint8_t buf[OCSP_REQUEST_MAX]);

/*
 * Takes an answer, if it is one about the leaf that is not older than the one
 * that is there: 0.  Else -1, all stays as it was, and *why is a part of a
 * sentence.  The crls are those on which a responder may be.
 */
int staple_take(struct staple *, struct blob answer, struct crls *, time_t now,
    const char **why);

/* Is there an answer to staple now? */
bool staple_is_fresh(const struct staple *, time_t now);

/* When to ask for a newer one, at the half of what is left of its life; or
 * when to try again: seconds from now. */
time_t staple_wait(const struct staple *, time_t now);

#endif
