/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * question: what a verdict asks the DNS; the answers are steps of it.
 */
#ifndef TLSPOOL_VERIFIER_QUESTION_H
#define TLSPOOL_VERIFIER_QUESTION_H

#include "daemon/verifier/verdict.h"

/* resolver_ask() by the verdict's waiter, of which an answer bounds the verdict
 * whatever it says. */
const struct resolver_answer *question_ask(
    struct verdict *, const char *name, unsigned type);

#endif
