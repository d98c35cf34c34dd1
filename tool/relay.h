/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * relay: carries bytes between two ends, both ways, without waiting: a flow
 * reads at one end, holds what the other cannot take yet, and passes the end
 * of file on.
 */
#ifndef TLSPOOL_TOOL_RELAY_H
#define TLSPOOL_TOOL_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RELAY_BUFFER = 32 * 1024, /* bytes */
	RELAY_POLLFDS = 4,
};

struct flow {
	int from, to;	/* not owned */
	bool to_socket; /* the end of file can be passed on */
	bool from_socket;
	bool eof;	   /* nothing more to be read */
	bool over;	   /* and everything has been written, or error */
	int error;	   /* errno that ended it; 0: end of file */
	bool write_failed; /* which side the error was at */
	size_t start, end; /* what is in buf */
	uint64_t bytes;	   /* written */
	uint8_t *buf;
};

/* From left to right, and back. */
struct relay {
	struct flow out, back;
};

/*
 * The flags of the descriptors stay as they are: those of a terminal or pipe
 * are others' too.  0, or -1 and ENOMEM.
 */
int relay_init(
    struct relay *, int left_in, int left_out, int right_in, int right_out);
/* What comes from fd goes back to it: only `out` is used. */
int relay_init_echo(struct relay *, int fd);
/* Frees the buffers; the descriptors are the caller's. */
void relay_free(struct relay *);

/* What it waits for: RELAY_POLLFDS entries, fd -1 where it does not. */
void relay_interest(const struct relay *, struct pollfd *);

/* Moves what can be moved, after poll(2). */
void relay_act(struct relay *, const struct pollfd *);

/* Reads no more from the left: what has been read is still written. */
void relay_end_left(struct relay *);

bool relay_over(const struct relay *);

#endif
