/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * hash: uthash, with the one of its functions whose code has no case that
 * falls through, which compilers warn of where the macro is used.
 */
#ifndef TLSPOOL_IPC_HASH_H
#define TLSPOOL_IPC_HASH_H

#define HASH_FUNCTION(key, len, value) HASH_OAT(key, len, value)
#include <uthash.h>

#endif
