/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tofu: the method that believes a server of which nothing is known, and
 * remembers its key (trust on first use).
 */
#ifndef TLSPOOL_VERIFIER_TOFU_H
#define TLSPOOL_VERIFIER_TOFU_H

#include "daemon/verifier/verdict.h"

/*
 * Yes where the key is the one that was remembered for the name, or none was:
 * then it is remembered, unless the application asked for no cache to be
 * written.  No where another was.  Cannot speak of clients, and of servers
 * that were not asked for by a name.
 */
enum says tofu_ask(struct verdict *);

#endif
