/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * schemas: every message of the pool in one list, for tests and fuzzers that
 * have something to say about all of them.
 */
#ifndef TLSPOOL_TEST_SCHEMAS_H
#define TLSPOOL_TEST_SCHEMAS_H

#include "daemon/ipc/message.h"

/* Ended by NULL. */
extern const struct message_schema *const all_schemas[];

#endif
