/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * load: a test of the load generator.  It is prepared (connections made),
 * says so, begins when it is told to, and says what it has found when it has
 * ended.  Connections stay until the standard input ends.
 */
#ifndef TLSPOOL_BENCH_LOAD_H
#define TLSPOOL_BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "test/bench/client.h"

struct load {
	unsigned long connections;
	unsigned long rate; /* handshakes a second; 0: all it can */
	unsigned long ms;   /* how long */
	uint64_t bytes;	    /* in all, or of a request */
	bool resume;
	struct loop *loop;
	struct client *clients;
};

struct load_test {
	const char *name;
	bool connect; /* its connections are there before it begins */
	void (*begin)(struct load *);
	void (*print)(const struct load *); /* "key=value …" */
};

extern const struct load_test load_handshakes, load_up, load_down,
    load_requests, load_idle;

/* For a test: it has ended. */
void load_done(void);

#endif
