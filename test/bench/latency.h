/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * latency: a histogram of times, exact to two per cent.
 */
#ifndef TLSPOOL_BENCH_LATENCY_H
#define TLSPOOL_BENCH_LATENCY_H

#include <stdint.h>

enum { LATENCY_BUCKETS = 64 * 40 };

struct latency {
	uint64_t count;
	uint64_t buckets[LATENCY_BUCKETS];
};

/* CLOCK_MONOTONIC, in nanoseconds. */
uint64_t latency_now(void);

void latency_add(struct latency *, uint64_t nanoseconds);

/* The time, in microseconds, that `part` (0 to 1) of all have kept; 0 where
 * there are none. */
double latency_quantile(const struct latency *, double part);

#endif
