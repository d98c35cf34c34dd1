/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * request: one handshake, from the first setter to its end.
 */
#ifndef TLSPOOL_LIB_REQUEST_H
#define TLSPOOL_LIB_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <tlspool/tlspool.h>

#include "lib/outgoing.h"
#include "lib/session.h"

/* What a request has to tell the application at the next dispatch. */
enum {
	DUE_QUESTION = 1 << 0,
	DUE_DONE = 1 << 1,
	DUE_CLOSED = 1 << 2,
};

struct tlspool_request {
	struct tlspool *pool; /* NULL when that is freed */
	unsigned int refs; /* the application, messages, a running callback */
	int state;	   /* TLSPOOL_NEW … */

	/* what START says */
	uint8_t role;
	uint8_t transport;
	uint8_t verify;
	bool early;
	uint32_t flags;
	uint32_t port;
	uint32_t deadline;
	uint32_t min_version, max_version;
	char *local_name, *remote_name, *service;
	uint8_t *alpn, *prefix;
	size_t alpn_len, prefix_len;

	/* whom to tell */
	int (*name)(const char *, void *);
	void *name_context;
	void (*question)(struct tlspool_request *, int, const char *, void *);
	void *question_context;
	void (*done)(struct tlspool_request *, void *);
	void *done_context;
	void (*closed)(struct tlspool_request *, void *);
	void *closed_context;

	/* under way */
	uint32_t id;
	int cipher;	  /* until it is sent */
	bool lend_cipher; /* it stays the caller's */
	bool forget;	  /* no interest in what becomes of the session */
	bool want_trace;
	int theirs; /* the daemon's half of an early plaintext */
	int plain;  /* until it is taken */
	struct outgoing out[OUT_KINDS];
	bool asked; /* there is a question, of this number */
	uint32_t asked_number;
	char *asked_name;
	uint8_t verdict; /* for OUT_ANSWER */
	bool pinged;

	/* done */
	int error;
	char *reason;
	int alert;   /* or -1 */
	bool unread; /* the daemon died before it had read the START */
	struct tlspool_session *session;
	struct tlspool_trace *trace;

	/* in lists of the pool */
	LIST_ENTRY(tlspool_request) all;
	TAILQ_ENTRY(tlspool_request) ready;
	unsigned int due;		 /* DUE_*; not 0: in the ready list */
	struct tlspool_request *chained; /* in the table */
	size_t place;			 /* in the heap of deadlines */
	int64_t expires;
};

void request_ref(struct tlspool_request *);
void request_unref(struct tlspool_request *);

/* Has the application told what happened, at the next dispatch. */
void request_due(struct tlspool_request *, unsigned int what);
/* Nothing more is to be told. */
void request_undue(struct tlspool_request *);

/* Ends a pending request; reason is copied. */
void request_fail(struct tlspool_request *, int error, const char *reason);
/* Ends it well: takes the session, and the descriptor (-1: it was early). */
void request_establish(
    struct tlspool_request *, struct tlspool_session *, int plain);
/* The connection to the daemon is lost. */
void request_lost(struct tlspool_request *, int error, const char *reason);

/*
 * tlspool_start() of a request that is new and has a pool.  The descriptor is
 * taken, unless lend_cipher is set.
 */
int request_start(struct tlspool_request *, int fd);
/* Ends a pending request, and lets the daemon know. */
void request_give_up(struct tlspool_request *, int error, const char *reason);

/* Makes a request that has failed new again. */
void request_renew(struct tlspool_request *);

#endif
