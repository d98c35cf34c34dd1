/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * work: what the load generator asks of the benchmark's application: one
 * header for each piece of work, any number of them on a connection.
 */
#ifndef TLSPOOL_BENCH_WORK_H
#define TLSPOOL_BENCH_WORK_H

#include <stdint.h>

enum {
	WORK_HEADER = 9,    /* bytes: the kind, and the count, big-endian */
	WORK_UP = 'U',	    /* count bytes follow; one byte is the answer */
	WORK_DOWN = 'D',    /* the answer is count bytes */
	WORK_REQUEST = 'R', /* of count bytes with its header; so the answer */
	WORK_BLOCK = 64 * 1024, /* bytes that an application writes at once */
};

static inline void
work_put(uint8_t *header, int kind, uint64_t count)
{
	header[0] = (uint8_t)kind;
	for (int i = 0; i < 8; i++)
		header[1 + i] = (uint8_t)(count >> (56 - 8 * i));
}

static inline uint64_t
work_count(const uint8_t *header)
{
	uint64_t count = 0;

	for (int i = 0; i < 8; i++)
		count = count << 8 | header[1 + i];
	return count;
}

#endif
