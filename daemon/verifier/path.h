/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * path: the ways from a leaf, through what the peer sent, to an anchor, each
 * with good signatures, in bounded time.
 */
#ifndef TLSPOOL_VERIFIER_PATH_H
#define TLSPOOL_VERIFIER_PATH_H

#include "daemon/verifier/anchors.h"
#include "daemon/verifier/cert.h"

enum {
	PATH_CERTS = 16, /* that a peer can send */
	/* A valid chain needs as many signatures as it has links; these are
	 * for the wrong turns. */
	PATH_SIGNATURES = 64,
	PATH_STEPS = 4096,	    /* candidates that are looked at */
	PATH_COMPLETE = 64,	    /* ways that are tried */
	PATH_COMPARISONS = 1 << 18, /* names with constraints */
};

struct path {
	/* The question. */
	const struct anchors *anchors;
	const struct cert *certs; /* of the peer, leaf first */
	unsigned ncerts;
	/* May this certificate be on the way, and why else not?  Asked before
	 * any signature is checked. */
	bool (*usable)(void *arg, const struct cert *, bool anchor);
	/* A way is found: certs[links[0]] is the leaf.  True: it is good. */
	bool (*try)(void *arg, struct path *);
	void *arg;

	/* The way. */
	const struct cert *links[PATH_CERTS + 1];
	unsigned n; /* with the leaf and the anchor */

	/* What was spent, and what was learnt. */
	unsigned signatures, steps, tried, comparisons;
	bool spent;
	/* Where there was no way: the last that had no issuer, or the one
	 * whose signature was wrong. */
	const struct cert *orphan, *forged;
	int8_t checked[PATH_CERTS][PATH_CERTS]; /* 1 good, -1 bad */
};

/*
 * Tries ways to anchors until one is good: first those on which everything is
 * usable; then, if nothing was tried, any, so that it can be said what is
 * wrong.  True: path->links has the good one.
 */
bool path_find(struct path *);

/* Checks that the key of the issuer made the signature. */
bool path_signature(const struct cert *, const struct cert *issuer);

#endif
