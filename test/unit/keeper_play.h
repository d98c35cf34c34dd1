/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * keeper_play: runs the real tlspool-keeper, and plays the parent, front and
 * two workers for it, over the sockets that they would have.
 */
#ifndef TLSPOOL_TEST_KEEPER_PLAY_H
#define TLSPOOL_TEST_KEEPER_PLAY_H

#include <sys/types.h>

#include "daemon/ipc/admin.h"
#include "daemon/ipc/channel.h"
#include "daemon/ipc/credential.h"
#include "daemon/ipc/grant.h"

enum { PLAY_WORKERS = 2 };

struct play {
	char dir[64]; /* of everything; the keeper may read it */
	pid_t pid;
	int control, front, workers[PLAY_WORKERS];
	struct grant_keys keys;
	struct packet packet; /* the last answer */
};

/* Makes a folder. */
void play_prepare(struct play *);
/* Starts the keeper with these tables (NULL: no file). */
void play_start(struct play *, const char *acl, const char *disclosure);
/* Ends it in order, and checks that it does. */
void play_stop(struct play *);
/* Kills it. */
void play_kill(struct play *);
/* Removes the folder. */
void play_clean(struct play *);

/* Path of a file in the folder, in one of a few buffers that take turns. */
const char *play_path(const struct play *, const char *name);

/*
 * Asks as an administrator, with files; the answer is decoded into ans (by
 * its schema), and lies in play->packet.
 */
void play_admin(struct play *, const struct message_schema *, const void *msg,
    const int *fds, unsigned nfds, const struct message_schema *ans_schema,
    void *ans);

/* Sends as a worker, and waits for the answer. */
void play_ask(struct play *, unsigned worker, const struct message_schema *,
    const void *msg, const struct message_schema *ans_schema, void *ans);

/* How often the keeper has told that worker to forget, since it was asked. */
unsigned play_forgotten(struct play *, unsigned worker);

/* Has the keeper take up other tables. */
void play_reload(struct play *, const char *acl, const char *disclosure);

/* Milliseconds of the clock of grants. */
uint64_t play_now(void);

/* Seals a grant; the blob lies in one of a few buffers that take turns. */
struct blob play_seal(struct play *, struct grant *);

/* Is the edge still open? A fault closes it. */
bool play_open(int sock);

#endif
