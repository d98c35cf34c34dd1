/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * leader: a verdict that waits for the network or the plugin, and those on
 * the same question that came later and wait for it.
 */
#ifndef TLSPOOL_VERIFIER_LEADER_H
#define TLSPOOL_VERIFIER_LEADER_H

#include "daemon/verifier/verdict.h"

/*
 * Has a verdict with a key wait for one that began before it: false where
 * there is none, or it wants an answer of its own.
 */
bool leader_join(struct verdict *);

/* From now on others may join it. */
void leader_begin(struct verdict *);

/* It is decided, and so are those that it returns, linked by `following`: they
 * have its answer. */
struct verdict *leader_end(struct verdict *);

/* How many have joined one. */
uint64_t leader_joined(void);

#endif
