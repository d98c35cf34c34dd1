/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * verdict: one question about one peer, from its arrival to its answer.
 */
#ifndef TLSPOOL_VERIFIER_VERDICT_H
#define TLSPOOL_VERIFIER_VERDICT_H

#include <time.h>

#include <gnutls/x509.h>

#include "daemon/ipc/hash.h"
#include "daemon/ipc/verify.h"
#include "daemon/sys/config.h"
#include "daemon/verifier/names.h"
#include "daemon/verifier/resolver.h"
#include "daemon/verifier/steps.h"
#include "daemon/verifier/trust.h"

enum {
	VERDICT_MAX_CHAIN = 16, /* certificates */
	VERDICT_TEXT = 512,
	VERDICT_SERVICE = 65, /* with the NUL */
};

/* What a method of the policy says. */
enum says {
	SAYS_YES,
	SAYS_NO,
	SAYS_CANNOT, /* nothing is known about it: ask the next one */
	SAYS_WAIT,   /* asked somebody: policy_run() again when it came */
};

/* Whether the plugin of authorization was asked. */
enum authorization {
	AUTHORIZATION_UNASKED,
	AUTHORIZATION_WAITS,
	AUTHORIZATION_ANSWERED,
};

struct edge;

struct verdict {
	/* The question. */
	struct trust *trust;
	bool require_crl; /* a CA without a fresh CRL is not trusted */
	time_t now;
	bool peer_is_server;
	uint32_t flags, uid;	      /* of the grant */
	char local[APP_NAME_MAX + 1]; /* that we show; "": none */
	char service[VERDICT_SERVICE];
	uint32_t port;				    /* 0: not said */
	gnutls_x509_crt_t chain[VERDICT_MAX_CHAIN]; /* leaf first */
	unsigned nchain;
	/* The SubjectPublicKeyInfo of a peer that has no certificate (RFC
	 * 7250): then nchain is 0.  Owned; else { NULL, 0 }. */
	gnutls_datum_t raw_key;
	struct blob ocsp;	   /* owned: a list of stapled answers */
	struct peername expected;  /* kind NONE: any */
	struct peername identity;  /* that the certificate claims, or that
				      the only pin of a raw key names */
	enum names_result claimed; /* not FOUND: why there is no identity */

	/* Where it stands. */
	enum trust_method methods[CONFIG_MAX_METHODS];
	size_t next; /* of methods */
	/* Goes on with it where a method waited; NULL: none can wait. */
	void (*resume)(struct verdict *);
	struct waiter waiter;
	unsigned rounds; /* of waiting for the DNS */

	bool authorizing; /* the policy is done with */
	enum authorization authorization;
	struct verdict *behind; /* in the queue for the plugin */
	uint64_t patience;	/* milliseconds: no longer in it than this */

	/* How it came about, where somebody wants to know; else NULL.  Such a
	 * verdict rests on no earlier one. */
	struct steps *steps;

	/* The answer. */
	uint32_t error;
	uint32_t alert;
	char reason[VERDICT_TEXT];
	const char *method;
	char evidence[VERDICT_TEXT];
	uint64_t until;
	/* The end of what else was looked at on the way: of a record of the
	 * DNS that is proved not to be there, say.  UINT64_MAX: none. */
	uint64_t bound;

	/* With whom it shares its answer: see fingerprint.h, leader.h. */
	bool keyed; /* there is a key */
	uint8_t key[DIGEST_SIZE];
	uint64_t generation; /* of recall_generation(), when it began */
	uint64_t since;	     /* ms: what was asked before does not count */
	bool leads;
	UT_hash_handle hh;
	struct verdict *followers, *following;

	/* Who asked; edge is NULL where it has gone. */
	struct edge *edge;
	uint32_t request;
	struct verdict *later; /* in the list of those that wait */
};

/*
 * A verdict on the peer of a request, under a grant that is good.  NULL and
 * ENOMEM.  Where the request is about a peer that cannot be judged at all
 * (a broken certificate, a bad name) the verdict is one that refuses already:
 * error is set.
 */
struct verdict *verdict_new(struct trust *, const struct verify_req *,
    uint8_t role, uint32_t flags, uint32_t uid);
void verdict_free(struct verdict *);

/* The name of the peer, were it believed: what was expected, or claimed. */
const struct peername *verdict_name(const struct verdict *);

/* The SHA-256 of the SubjectPublicKeyInfo of the peer; false: no memory. */
bool verdict_key(const struct verdict *, uint8_t key[PIN_SIZE]);

/* Makes it a refusal, or a yes; returns SAYS_NO, or SAYS_YES. */
enum says verdict_refuse(struct verdict *, int error, unsigned alert,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
enum says verdict_accept(struct verdict *, const char *method, uint64_t until,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * Notes a step on the way, where they are wanted: one sentence, that begins
 * with who says it and a colon: "pin: no key of example.org is pinned".  What
 * costs more than its arguments asks v->steps first.
 */
void verdict_step(struct verdict *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The subject of a certificate in a form that can be shown to people. */
enum { SUBJECT_TEXT = 160 };
const char *subject_text(gnutls_x509_crt_t, char text[SUBJECT_TEXT]);

/* The answer as a message, which points into the verdict and certs, of
 * APP_TRACE_CERTS_MAX bytes. */
void verdict_answer(
    const struct verdict *, struct verify_ans *, uint8_t *certs);

#endif
