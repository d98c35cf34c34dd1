/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * fake_daemon: a thread that speaks the daemon's side of the application's
 * protocol over a UNIX socket, as a test wants it to.
 */
#ifndef TLSPOOL_TEST_FAKE_DAEMON_H
#define TLSPOOL_TEST_FAKE_DAEMON_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "daemon/ipc/app.h"
#include "daemon/ipc/channel.h"

enum {
	FAKE_CONNECTIONS = 64,
	FAKE_HELD = 64,
};

struct fake {
	char directory[64];
	char path[96];
	/*
	 * Called in the daemon's thread for each message.  It may take the
	 * descriptors.  false: hang up.
	 */
	bool (*_Atomic react)(struct fake *, int conn, struct packet *);
	void *_Atomic context;
	atomic_int connections; /* so far */
	atomic_int starts, answers, cancels, pings;
	atomic_int unread;  /* so many connections are closed unread */
	atomic_bool asleep; /* accepts, and reads nothing */

	/* Held by the daemon's thread while it does anything but wait. */
	pthread_mutex_t lock;
	atomic_int received, handled; /* messages */
	pthread_t thread;
	int listener;
	int wake[2];
	int conn[FAKE_CONNECTIONS];
	int held[FAKE_HELD]; /* kept open until it stops */
	int nheld;
};

/* Starts one in a new directory, and sets TLSPOOL_SOCKET. */
void fake_start(
    struct fake *, bool (*react)(struct fake *, int, struct packet *));
/* Ends it, with all its connections; the socket's file stays. */
void fake_kill(struct fake *);
/* Starts it again, in the same place. */
void fake_revive(struct fake *);
/* Ends it and removes all traces. */
void fake_stop(struct fake *);

/* Waits until it has dealt with all that it has received. */
void fake_settle(struct fake *);
/* Its end of connection i, or what it holds; -1: there is none. */
int fake_conn(struct fake *, int i);
int fake_held(struct fake *, int i);
/* Closes what it holds. */
void fake_drop(struct fake *, int i);
/* Our end of the connection to it, of which there is one. */
int fake_find(const struct fake *);

/* Keeps a descriptor open until the end. */
void fake_hold(struct fake *, int fd);
/* Answers: STARTED, with one half of a pair whose other half says "hello";
 * returns that one, which is held. */
int fake_send_started(
    struct fake *, int conn, uint32_t request, const char *peer);
void fake_send_failed(
    int conn, uint32_t request, int error, const char *reason);
void fake_send_question(int conn, uint32_t request, uint32_t number,
    uint32_t kind, const char *name);

/* Says yes to everything, as the peer "peer.example.com". */
bool fake_accept(struct fake *, int conn, struct packet *);

/* The number of descriptors that this process has open. */
int count_fds(void);

#endif
