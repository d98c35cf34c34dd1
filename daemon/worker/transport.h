/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * transport: the ciphertext end of a session.  GnuTLS reads and writes
 * records here; the descriptor sees large reads and writes, at most one of
 * each a turn.  A turn begins with transport_begin(), which lends the thread's
 * buffers, and ends with transport_end(), which takes them back and keeps
 * only what could not be dealt with: an idle transport has no buffer.
 */
#ifndef TLSPOOL_WORKER_TRANSPORT_H
#define TLSPOOL_WORKER_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	TRANSPORT_READ = 128 * 1024,  /* bytes read ahead in a turn */
	TRANSPORT_WRITE = 136 * 1024, /* bytes collected for one write */
	/* What may wait for a peer that does not read before we stop reading
	 * from it as well. */
	TRANSPORT_MAX_WAITING = 256 * 1024,
};

struct bytes {
	uint8_t *data;
	size_t off, len, size; /* data[off … off+len] is what is there */
	bool lent;	       /* the memory is the thread's */
};

struct transport {
	int fd;
	bool socket; /* else anything that can be polled, read and written */
	bool tty;
	bool turn;   /* between transport_begin() and transport_end() */
	bool filled; /* this turn has read already, or is not to */
	bool held;   /* out was not tried yet */
	bool eof;    /* the other side will send no more */
	bool shut;   /* nor shall we: it has been told so */
	int error;   /* errno of a descriptor that is broken, or 0 */
	struct bytes in, out;
};

/*
 * Takes the descriptor over, and a copy of the bytes that were read from it
 * before.  0, or -1 and errno: EBADF, EINVAL (it cannot be polled), ENOMEM.
 */
int transport_open(
    struct transport *, int fd, const uint8_t *prefix, size_t len);
/* Closes the descriptor and forgets everything. */
void transport_close(struct transport *);

void transport_begin(struct transport *);
/*
 * Begins a turn that was not brought about by the descriptor's being ready:
 * it does not read, and has what was read ahead.
 */
void transport_begin_ahead(struct transport *);
/* Writes what was collected; 0, or -1 and errno of a broken descriptor. */
int transport_end(struct transport *);
/*
 * Ends the turn and writes nothing: what was collected goes together with
 * what the next turn collects.
 */
void transport_hold(struct transport *);

/* For gnutls_transport_set_pull_function() and …_push_function(): `transport`
 * is a struct transport *. */
ssize_t transport_pull(void *transport, void *data, size_t len);
ssize_t transport_push(void *transport, const void *data, size_t len);

/* Ends our direction, once all has been written; a socket's, others have no
 * such thing. */
void transport_shut(struct transport *);

/* Bytes that wait to be written. */
size_t transport_waiting(const struct transport *);
/* Bytes read ahead that GnuTLS has not asked for yet. */
size_t transport_ahead(const struct transport *);
/* Nothing more can be pulled in this turn. */
bool transport_dry(const struct transport *);

#endif
