/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * table: the requests of a connection by their number, found in constant
 * time.
 */
#ifndef TLSPOOL_LIB_TABLE_H
#define TLSPOOL_LIB_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct tlspool_request;

struct table {
	struct tlspool_request **bucket; /* chains: request->chained */
	size_t nbuckets;		 /* a power of 2, or 0 */
	size_t n;			 /* requests */
};

/* Its request->id must not be in the table: 0, or -1 and ENOMEM. */
int table_add(struct table *, struct tlspool_request *);
/* NULL: there is none. */
struct tlspool_request *table_find(const struct table *, uint32_t id);
/* Nothing happens where it is not in the table. */
void table_remove(struct table *, struct tlspool_request *);
void table_free(struct table *);

#endif
