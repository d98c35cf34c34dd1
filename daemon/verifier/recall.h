/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * recall: which verdicts are looked for in the cache, and which are kept.
 */
#ifndef TLSPOOL_VERIFIER_RECALL_H
#define TLSPOOL_VERIFIER_RECALL_H

#include "daemon/ipc/grant.h"
#include "daemon/verifier/cache.h"
#include "daemon/verifier/verdict.h"

/* Before the sandbox: what has to be read there.  0, or -1 and errno. */
int recall_init(const char *state);
/* Takes what the configuration says of the cache. */
void recall_configure(const struct config *);
/* Closes the cache. */
void recall_end(void);

/* The key of a question; false: it has none, and is on its own. */
bool recall_key(
    uint8_t key[DIGEST_SIZE], const struct verify_req *, const struct grant *);

/* What is remembered, for a question that may be answered so; or NULL.  Valid
 * until the next call. */
const struct cache_hit *recall_find(const uint8_t key[DIGEST_SIZE],
    const struct verify_req *, const struct grant *);

/* Remembers a verdict that is in, if it is one to be remembered. */
void recall_keep(const struct verdict *);

/* See cache_generation() and basis_generation(). */
uint64_t recall_generation(void);

/* For the administrator. */
struct cache *recall_cache(void);
struct cache_clock recall_clock(void);

#endif
