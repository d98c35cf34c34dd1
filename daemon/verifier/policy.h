/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * policy: the ordered list of methods that are asked about a peer, of which
 * the first that can speak decides.
 */
#ifndef TLSPOOL_VERIFIER_POLICY_H
#define TLSPOOL_VERIFIER_POLICY_H

#include "daemon/verifier/verdict.h"

/* Gives the verdict the methods that the configuration has for such a peer. */
void policy_choose(struct verdict *, const struct config *);

/*
 * Asks one method after the other, from where it had come to.  True: the
 * verdict is in; false: one of them waits, and whoever it waits for calls
 * again.
 */
bool policy_run(struct verdict *);

/* "pin", "pkix". */
const char *policy_method_name(enum trust_method);

#endif
