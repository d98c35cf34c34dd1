/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * authorize: whether a peer that is known by now may speak with us.
 */
#ifndef TLSPOOL_VERIFIER_AUTHORIZE_H
#define TLSPOOL_VERIFIER_AUTHORIZE_H

#include "daemon/verifier/verdict.h"

/*
 * Asks whether the peer of a verdict is authorised, and makes it a refusal
 * (EPERM) where it is not.  True: the verdict is in; false: it waits, and
 * verify_continue() will come.
 */
bool authorize_run(struct verdict *);

#endif
