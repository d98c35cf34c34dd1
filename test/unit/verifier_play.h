/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * verifier_play: the process tlspool-verifier, which a test starts and asks as
 * if it was the parent, a worker, front, and the authorizer.
 */
#ifndef TLSPOOL_TEST_VERIFIER_PLAY_H
#define TLSPOOL_TEST_VERIFIER_PLAY_H

#include <limits.h>
#include <sys/types.h>

#include "daemon/ipc/admin.h"
#include "daemon/ipc/channel.h"
#include "daemon/ipc/grant.h"
#include "daemon/ipc/verify.h"
#include "test/unit/authority.h"

enum { PLAY_WORKER = 2 };

extern struct verifier_play {
	char folder[32];
	/* Below it, absolute. */
	char anchors[PATH_MAX + 64], crls[PATH_MAX + 64], crl[PATH_MAX + 128],
	    state[PATH_MAX + 64];
	int control, worker; /* sockets */
	pid_t pid;
	/* Of the configuration; see play_configure(). */
	const char *more;
	unsigned cache_size;
	uint32_t flags, uid; /* of grants */
	struct grant_keys keys;
	struct holder root, leaf, stranger; /* root is the anchor */
	struct packet packet;		    /* the last answer */
} play;

/* Starts the process; and ends it.  For cmocka's groups. */
int play_begin(void **state);
int play_end(void **state);

/* Starts another process on the same state; and kills the one there is. */
void play_start(void);
void play_kill(void);

/* Writes a file as a whole. */
void play_write(const char *path, const void *data, size_t len);

/* Sends the configuration (again). */
void play_configure(void);

/* Receives a message of this type, and shows lines for the log. */
void play_expect(int sock, const struct message_schema *, void *msg);
/* Sends one as the parent. */
void play_tell(
    const struct message_schema *, const void *msg, const int *fds, unsigned n);
/* A new edge of that role; the other end is returned. */
int play_join(uint8_t role, uint32_t index);

/* What is asked: the grant, and the certificate that the peer showed. */
struct inquiry {
	uint32_t worker;
	int64_t time_left; /* milliseconds */
	bool break_mac;
	const struct holder *peer; /* NULL: bytes that are no certificate */
	const char *name;
	bool trace;
	uint32_t port;
};

/* About leaf, by its name. */
extern const struct inquiry play_known;

void play_send(const struct inquiry *, uint32_t number);
/* Sends it, and waits for the answer. */
void play_ask(const struct inquiry *, uint32_t number, struct verify_ans *);

/* Sends a request of administration; the answer is in play.packet. */
void play_administer(const struct message_schema *, const void *msg,
    const struct message_schema *answer, void *ans);

/* A counter of its status. */
unsigned long play_counter(const char *name);

/* Whether the configuration has a plugin. */
void play_use_plugin(bool yes);
/* A new authorizer, which can be asked. */
int play_join_authorizer(void);
/* Waits for its question, and answers. */
void play_plugin_says(
    int sock, uint8_t verdict, uint32_t lifetime, const char *reason);
/* Waits for an answer; alert: what the peer is told of a refusal. */
void play_expect_verdict(
    uint32_t number, int error, unsigned alert, const char *word);

#endif
