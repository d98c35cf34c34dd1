/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * stream: how the connections of the benchmark's application carry their
 * bytes: in the clear (behind a terminator), by the TLS Pool, or by a TLS
 * library within the application.  What is done with the bytes is the same.
 */
#ifndef TLSPOOL_BENCH_STREAM_H
#define TLSPOOL_BENCH_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "daemon/sys/loop.h"

struct stream_options {
	const char *name;	 /* of the identity; pool */
	const char *chain, *key; /* PEM files; libraries */
	unsigned long pools;	 /* connections to the daemon */
	unsigned long threads;	 /* 0: the interface that never blocks */
	int listener;		 /* threads accept by themselves */
	struct loop *loop;
};

struct stream {
	int fd;
	void *tls;
};

struct stream_kind {
	const char *name;
	/* Once, at the start; exits where something is missing. */
	void (*begin)(const struct stream_options *);
	/* Takes a connection; calls server_add() now, later, or never. */
	void (*accepted)(int fd);
	/* As read(2) and write(2), never blocking; read does the handshake
	 * where there is one. */
	ssize_t (*read)(struct stream *, void *, size_t);
	ssize_t (*write)(struct stream *, const void *, size_t);
	/* There are bytes to read of which the descriptor says nothing. */
	bool (*pending)(const struct stream *);
	void (*close)(struct stream *);
};

extern const struct stream_kind stream_plain, stream_pool, stream_gnutls,
    stream_openssl;

/* In the server: a connection that is ready, or will be by reading. */
void server_add(struct stream);

/* Of stream_plain, for those whose descriptors carry plaintext too. */
ssize_t plain_read(struct stream *, void *, size_t);
ssize_t plain_write(struct stream *, const void *, size_t);
bool plain_pending(const struct stream *);
void plain_close(struct stream *);

#endif
