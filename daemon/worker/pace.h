/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * pace: how large the records to a peer are.
 */
#ifndef TLSPOOL_WORKER_PACE_H
#define TLSPOOL_WORKER_PACE_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed is a session that has not sent yet. */
struct pace {
	uint64_t sent_at; /* ms of the loop */
	size_t small;	  /* bytes that are still to go in small records */
};

/* Something is to be sent now. */
void pace_begin(struct pace *, uint64_t now);

/* How much of len bytes goes into the next record. */
size_t pace_record(struct pace *, size_t len);

#endif
