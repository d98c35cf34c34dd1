/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * link_bytes: the bytes between a stream and its connection, with TLS or without.
 */
#ifndef TLSPOOL_VERIFIER_LINK_BYTES_H
#define TLSPOOL_VERIFIER_LINK_BYTES_H

#include "daemon/verifier/link_tls.h"
#include "daemon/verifier/stream.h"

enum { LINK_BYTES_READ = 16 * 1024 }; /* at once */

struct link_bytes {
	int fd; /* -1: none */
	struct stream *stream;
	struct link_tls *tls; /* NULL: none */
	size_t budget;	      /* bytes that may still come */
};

/* Sends what can be sent now; 0, or -1 and errno. */
int link_bytes_send(struct link_bytes *);

/* Takes what is there: 1; 0: nothing; or -1: the end, and why. */
int link_bytes_receive(struct link_bytes *, const char **why);

#endif
