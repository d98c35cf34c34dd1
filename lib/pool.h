/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * pool: the connection to the daemon, and all that goes over it.
 */
#ifndef TLSPOOL_LIB_POOL_H
#define TLSPOOL_LIB_POOL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include <tlspool/tlspool.h>

#include "daemon/ipc/channel.h"
#include "lib/connect.h"
#include "lib/deadline.h"
#include "lib/outgoing.h"
#include "lib/request.h"
#include "lib/table.h"

enum {
	DEADLINE_USUAL = 30 * 1000, /* of a daemon that is not configured */
	DEADLINE_GRACE = 5 * 1000,  /* before we think that it is stopped */
	RETRY_AFTER = 20,	    /* where the kernel does not say when */
};

struct tlspool {
	char *path;	   /* NULL: found anew for each connection */
	char *environment; /* TLSPOOL_SOCKET when it was connected, or NULL */
	pid_t pid;	   /* whose it is */
	struct kept_fd sock;
	struct packet *packet; /* the one being received */
	uint32_t last_id;
	/* The request whose START was the last thing sent, or 0. */
	uint32_t last_start;
	bool reset;  /* the daemon died with messages unread */
	bool inside; /* a callback is running */

	LIST_HEAD(all_requests, tlspool_request) all;
	struct table table; /* pending, and established with interest */
	struct deadlines deadlines;
	struct outgoing_queue outgoing;
	int64_t retry_at; /* send no sooner than that; 0: any time */
	TAILQ_HEAD(ready_requests, tlspool_request) ready;
	size_t nready;

	struct kept_fd epoll; /* tlspool_fd(), once it was asked for */
	struct kept_fd timer;
	uint32_t interest; /* in the socket; 0: it is not in the epoll */
	int64_t alarm;	   /* of the timer; 0: none */

	LIST_ENTRY(tlspool) registered; /* see fork.h */
};

/*
 * To be called first by every function of the API: takes note of a fork, and
 * of a socket that the application closed behind our back.
 */
void pool_check(struct tlspool *);
/* Sends what there is room for; connects where that is needed. */
void pool_flush(struct tlspool *);
/* Brings tlspool_fd() up to date; the last thing every function does. */
void pool_arm(struct tlspool *);
/*
 * The connection is over: what was sent fails, what was not sent stays to be
 * sent over the next one.
 */
void pool_lost(struct tlspool *, int error, const char *reason);

/*
 * Handles what has arrived, at most `most` messages; -1, errno and a sentence
 * where the connection is over.
 */
int receive_messages(struct tlspool *, unsigned int most);

#endif
