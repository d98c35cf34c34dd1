/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * resolver: questions to the DNS and what DNSSEC says of their answers.  It
 * validates itself, from a trust anchor of its own, and believes no bit that
 * another resolver sets.
 */
#ifndef TLSPOOL_VERIFIER_RESOLVER_H
#define TLSPOOL_VERIFIER_RESOLVER_H

#include <stdbool.h>
#include <time.h>

#include "daemon/ipc/domain.h"
#include "daemon/ipc/wire.h"
#include "daemon/sys/config.h"
#include "daemon/sys/loop.h"
#include "daemon/verifier/waiter.h"

enum {
	DNS_TYPE_A = 1,
	DNS_TYPE_MX = 15,
	DNS_TYPE_AAAA = 28,
	DNS_TYPE_SRV = 33,
	DNS_TYPE_DNSKEY = 48,
	DNS_TYPE_TLSA = 52,
	DNS_TYPE_SMIMEA = 53,

	RESOLVER_MAX_RECORDS = 64, /* of one answer; the rest is dropped */
};

enum resolver_state {
	RESOLVER_SECURE,   /* there are records, and they are proved */
	RESOLVER_ABSENT,   /* it is proved that there are none */
	RESOLVER_INSECURE, /* it is proved that nothing is signed there, and
			      the trust anchor holds */
	RESOLVER_BOGUS,	   /* what came contradicts the signatures */
	RESOLVER_FAILED,   /* no answer: SERVFAIL, REFUSED … */
	RESOLVER_TIMEOUT,
};

struct resolver_answer {
	enum resolver_state state;
	uint32_t ttl; /* seconds, of when it came */
	time_t until; /* by the clock of the wall */
	char why[160];
	bool alias;		     /* CNAMEs led elsewhere … */
	char canonical[DOMAIN_SIZE]; /* … to this host; "": to none */
	/* Of SECURE; and of INSECURE where addresses were asked for, by which
	 * nothing is proved. */
	size_t nrecords;
	struct blob records[RESOLVER_MAX_RECORDS];
};

/*
 * Takes the configuration; nothing is opened before the first question.  The
 * loop is the one that will call back.
 */
void resolver_init(struct loop *, const struct config *);

/* Is there a trust anchor?  Without one nothing can be secure: the names of
 * hosts are found all the same. */
bool resolver_speaks(void);

/*
 * The answer to a question, which is valid until control returns to the loop
 * and the next question is asked; or NULL: waiter->answered() will be called, to
 * ask again.  waiter NULL: only so that the question is under way already.
 * One question is asked once, whoever waits for it.  The name needs no dot at
 * its end.
 *
 * since: what was asked before then (milliseconds, as loop_now()) does not
 * count, nor what libunbound itself remembers; such an answer has no TTL, it
 * is for now.  0: everything counts.
 */
const struct resolver_answer *resolver_ask(
    const char *name, unsigned type, uint64_t since, struct waiter *waiter);

/*
 * For who asks in a way of its own: what a result of libunbound says.  The
 * records of the answer point into it.
 */
struct ub_result;
void resolver_classify(
    struct resolver_answer *, int error, const struct ub_result *);
/* The records, whatever is proved of them. */
void resolver_take_records(struct resolver_answer *, const struct ub_result *);

/* "secure", "absent" …, for people. */
const char *resolver_state_name(enum resolver_state);
const char *resolver_type_name(unsigned type);

/* How many questions left the process, and how many were known already. */
struct resolver_counters {
	uint64_t asked, known;
};
const struct resolver_counters *resolver_counters(void);

#endif
