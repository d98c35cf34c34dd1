/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * cache_row: verdicts that are remembered, as the daemon sends them.
 */
#ifndef TLSPOOL_TOOL_CACHE_ROW_H
#define TLSPOOL_TOOL_CACHE_ROW_H

#include "tool/admin.h"

/* A row, and what is said of it in words. */
struct cache_row {
	struct admin_cache_row is;
	const char *verdict; /* "yes", or "no" */
	const char *why;     /* the evidence, or the reason */
	uint64_t age;	     /* seconds */
};

/*
 * Asks for all rows of a request, which are those on the names that match
 * pattern (NULL: all), and calls for each.  Status as of admin_ask(); it has
 * complained.
 */
int cache_each(const struct message_schema *, const char *pattern,
    void (*call)(const struct cache_row *, void *), void *arg);

#endif
