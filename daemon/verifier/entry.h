/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * entry: one verdict as it stands in the database of the cache: a row as
 * tlspool-cli gets it, behind its place in time and a check.
 */
#ifndef TLSPOOL_VERIFIER_ENTRY_H
#define TLSPOOL_VERIFIER_ENTRY_H

#include "daemon/ipc/admin.h"

enum {
	ENTRY_KEY = 32,	  /* bytes of the key that it stands under */
	ENTRY_SERIAL = 8, /* bytes, in network order, at its beginning */
	ENTRY_CHECK = 16, /* bytes behind them */
	ENTRY_MAX = 4096, /* bytes of it all */
};

/* The length, or -1 where there is too much of it; row->key does not count. */
int entry_encode(const uint8_t key[ENTRY_KEY], uint64_t serial,
    const struct admin_cache_row *, uint8_t out[ENTRY_MAX]);

/*
 * Any bytes at all, with one writable one behind them, as for
 * message_decode().  0, or -1 where this is not what was encoded under that
 * key.  The row points into data and key.
 */
int entry_decode(const uint8_t key[ENTRY_KEY], uint8_t *data, size_t len,
    struct admin_cache_row *);

#endif
