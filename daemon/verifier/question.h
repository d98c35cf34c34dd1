/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * question: what a verdict asks the DNS; the answers are steps of it.
 */
#ifndef TLSPOOL_VERIFIER_QUESTION_H
#define TLSPOOL_VERIFIER_QUESTION_H

#include "daemon/verifier/verdict.h"

/* Answers that were forgotten before they were used end somewhere; three for
 * each host of a service may come one after the other. */
enum { QUESTION_MAX_ROUNDS = 64 };

/* resolver_ask() by the verdict's waiter, of which an answer bounds the verdict
 * whatever it says. */
const struct resolver_answer *question_ask(
    struct verdict *, const char *name, unsigned type);

/* A method begins a round: whoever the verdict's waiter waits for from here on
 * goes on with the verdict. */
void question_begin(struct verdict *);

/* SAYS_WAIT; or a refusal where it has waited too often. */
enum says question_wait(struct verdict *);

/* Is this the state of an answer that an attacker may be hiding? */
bool question_is_bad(enum resolver_state);

/* Refuses because of such an answer. */
enum says question_refuse(struct verdict *, const char *owner, unsigned type,
    enum resolver_state, const char *why);

/*
 * The same, but cannot speak where the host's zone is not signed: there is
 * nothing to be hidden from us (RFC 7672, section 2.1.2).  An alias proves
 * nothing about its own zone.
 */
enum says question_hidden(struct verdict *, const char *host, const char *owner,
    unsigned type, const struct resolver_answer *);

#endif
