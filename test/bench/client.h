/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * client: a TLS connection of the load generator, by OpenSSL, never blocking.
 * It calls whoever it belongs to when it is there, can read or can write.
 */
#ifndef TLSPOOL_BENCH_CLIENT_H
#define TLSPOOL_BENCH_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <openssl/ssl.h>

#include "daemon/sys/loop.h"

struct client {
	struct loop_watch watch;
	SSL *ssl;
	SSL_SESSION *ticket; /* the last that the server sent */
	bool connected;	     /* TCP */
	bool shaken;	     /* TLS */
	bool resumed;
	/* Something has changed since the last call. */
	void (*ready)(struct client *);
	/* Of the test. */
	uint64_t since; /* when what is under way began */
	uint64_t left;	/* bytes that are still to be read or written */
	unsigned step;
};

/* Once; the port on 127.0.0.1, and the SNI.  Exits where it cannot. */
void client_setup(
    struct loop *, const char *port, const char *sni, bool tickets);

/*
 * Connects, from one of many addresses of the loopback, so that the ports
 * last, and shows the ticket of the connection before, where there is one.
 */
void client_connect(struct client *);
/* Closes at once; the ticket is kept. */
void client_disconnect(struct client *);

/*
 * As read(2) and write(2): -1 and EAGAIN where it has to wait, which is then
 * watched, ECONNRESET where it has ended without close_notify, EPROTO where
 * the server has sent an alert, or nonsense.
 */
ssize_t client_read(struct client *, void *, size_t);
ssize_t client_write(struct client *, const void *, size_t);
/* Says close_notify, and that no more bytes will come. */
void client_finish(struct client *);

#endif
