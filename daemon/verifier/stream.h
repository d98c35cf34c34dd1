/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * stream: what is said to a directory and what it answers, as bytes: libldap
 * is given those that came, and gives those that are to be sent.  It opens and
 * waits for nothing.
 */
#ifndef TLSPOOL_VERIFIER_STREAM_H
#define TLSPOOL_VERIFIER_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/ipc/wire.h"

enum {
	STREAM_MESSAGE_MAX = 256 * 1024, /* bytes of one answer */
	STREAM_TEXT = 160,
};

struct stream;

enum stream_kind {
	STREAM_TLS,   /* the answer to StartTLS */
	STREAM_ENTRY, /* an entry of a search */
	STREAM_END,   /* of a search */
	STREAM_OTHER, /* what nobody asked for */
};

struct stream_message {
	enum stream_kind kind;
	int id;			/* of what it answers */
	int code;		/* of TLS and END: 0, or of RFC 4511, 4.1.9 */
	char text[STREAM_TEXT]; /* of a code that is not 0 */
	/* Of ENTRY: a list for wire_list_next(), of its certificates. */
	struct blob certs;
};

enum { STREAM_NO_SUCH_OBJECT = 32 };

/*
 * Before the sandbox, and before the first stream: libldap looks for the name
 * of this machine, and would read files of others, and load what SASL has.
 */
void stream_init(void);

/* NULL: no memory. */
struct stream *stream_new(void);
void stream_free(struct stream *);

/* Each returns the number of the request, or -1. */
int stream_start_tls(struct stream *);
int stream_search(struct stream *, const char *dn);

/* What is to be sent: up to the next call of this stream; and how much of
 * that was. */
struct blob stream_output(const struct stream *);
void stream_sent(struct stream *, size_t len);

/* Takes bytes that came; 0, or -1: no memory, or more than one answer has. */
int stream_input(struct stream *, const uint8_t *, size_t len);

/*
 * The next message of what came: 1, 0: it is not whole yet, or -1: it is none.
 * *message is good until the next call.
 */
int stream_next(struct stream *, struct stream_message *message);

/* Have bytes come that no message has used? */
bool stream_has_rest(const struct stream *);

#endif
