/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * role: what front, worker, keeper and verifier have in common: how a process
 * of the pool is begun, configured, connected, watched and ended by the parent.
 */
#ifndef TLSPOOL_SYS_ROLE_H
#define TLSPOOL_SYS_ROLE_H

#include "daemon/ipc/channel.h"
#include "daemon/ipc/control.h"
#include "daemon/ipc/grant.h"
#include "daemon/sys/config.h"
#include "daemon/sys/loop.h"

/* A socket to another process of the pool. */
struct edge {
	struct loop_watch watch;
	enum role role;
	uint32_t index;
	struct edge *next;
	/* What its socket had no room for, in order. */
	struct edge_message *first, **last;
	size_t waiting; /* bytes of it */
};

/* One row for each message that may arrive on an edge. */
struct edge_handler {
	enum role from;
	const struct message_schema *schema;
	/* msg: the decoded message.  Returns 0, or -1 where the message is
	 * one that its sender never should have sent: it is replaced. */
	int (*handle)(struct edge *, struct packet *, void *msg);
};

/* A text file, as the parent read it. */
struct role_text {
	char *text; /* NULL: there is no such file */
	size_t len;
};

/* What a role is: filled in by its main.c.  All calls but `init` may be
 * NULL. */
struct role_calls {
	enum role role;
	const struct edge_handler *handlers;
	size_t nhandlers;
	/* Before the sandbox, with the configuration there: open what will be
	 * needed.  -1: give up (it has been logged). */
	int (*init)(void);
	/* Privilege is dropped; this is to close the sandbox
	 * (sandbox_enter()).  Threads begin behind it, never before. */
	int (*sandbox)(void);
	/* A new configuration: role.config, role.acl … have changed. */
	void (*reload)(void);
	/* An edge came up (again), or went away: it is closed, and its
	 * memory is valid until this call returns. The first ones come up,
	 * and listeners arrive, behind the sandbox. */
	void (*edge_up)(struct edge *);
	void (*edge_down)(struct edge *);
	/*
	 * Between receiving from an edge and handling that: handles what was
	 * said elsewhere before, so that it is known then, by
	 * role_hear_parent() and edge_hear().  0, or -1: as they say.  NULL
	 * where nothing depends on it.
	 */
	int (*hear)(const struct edge *from);
	void (*listener)(int fd, bool admin);
	/* No new work; call role_drained() when there is none left. */
	void (*drain)(uint32_t limit_ms);
	void (*stop)(void);
};

/* The one role that this process is. */
extern struct role_state {
	const struct role_calls *calls;
	struct loop *loop;
	uint32_t index;	  /* which worker */
	uint32_t workers; /* how many there are */
	uint64_t started; /* seconds since 1970 */
	struct config *config;
	struct role_text acl, disclosure;
	struct grant_keys *grant_keys;
	struct edge *edges;
} role;

/* Runs the process from main() to its end; returns main()'s status. */
int role_main(const struct role_calls *, int argc, char **argv);

/* The edge to another process, or NULL where it is not there now.  The one
 * to ROLE_PARENT (index 0) is always there. */
struct edge *role_edge(enum role, uint32_t index);

/*
 * Encodes and sends a message to an edge, and never waits: what finds no room
 * is kept, in order, until there is some (descriptors are copied; they stay
 * the caller's).  0, or -1 and errno (EPIPE, it is gone; EAGAIN, the other has
 * not listened for so long that no more is kept).
 */
int edge_send(struct edge *, const struct message_schema *, uint32_t request,
    const void *msg, const int *fds, unsigned nfds);

/* Tells the parent that the process at the other end is not to be trusted any
 * more, and closes the edge. */
void edge_fault(struct edge *, const char *reason);

/* Handles what the parent has sent by now: 0, or -1: this process is ending,
 * and is to handle nothing more. */
int role_hear_parent(const struct edge *unused);
/* The same for what has come from an edge; of no use within its own. */
void edge_hear(struct edge *);

void role_drained(void);

/*
 * Answers one request of administration on the descriptor that came first in
 * the packet of an admin_routed, and closes it.
 */
void admin_answer(int connection, const struct message_schema *,
    uint32_t request, const void *answer);
/* Fills the parts of a STATUS answer that are the same for all. */
struct admin_status_ans;
void admin_status_prepare(void); /* before the sandbox */
void admin_status_fill(struct admin_status_ans *);

#endif
