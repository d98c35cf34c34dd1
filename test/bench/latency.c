/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * latency: buckets that grow with the time: 64 for each power of two.
 */
#include <time.h>

#include "test/bench/latency.h"

uint64_t
latency_now(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Below 64 the bucket is the time; above, six bits behind the first one. */
static unsigned
bucket_of(uint64_t t)
{
	unsigned octave = 0, n;

	while (t >> octave >= 128)
		octave++;
	n = octave * 64 + (unsigned)(t >> octave);
	return n < LATENCY_BUCKETS ? n : LATENCY_BUCKETS - 1;
}

static double
middle_of(unsigned bucket)
{
	unsigned octave = bucket < 128 ? 0 : bucket / 64 - 1;
	uint64_t base = bucket - octave * 64;

	return ((double)base + 0.5) * (double)(UINT64_C(1) << octave);
}

void
latency_add(struct latency *l, uint64_t nanoseconds)
{
	l->buckets[bucket_of(nanoseconds)]++;
	l->count++;
}

double
latency_quantile(const struct latency *l, double part)
{
	uint64_t wanted = (uint64_t)(part * (double)l->count), seen = 0;

	for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
		seen += l->buckets[i];
		if (seen > wanted)
			return middle_of(i) / 1e3;
	}
	return 0;
}
