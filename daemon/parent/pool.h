/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * pool: what the parent knows of itself and of its processes.
 */
#ifndef TLSPOOL_PARENT_POOL_H
#define TLSPOOL_PARENT_POOL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/ipc/control.h"
#include "daemon/parent/files.h"
#include "daemon/parent/listen.h"
#include "daemon/sys/loop.h"

enum pool_phase {
	POOL_STARTING, /* not every process has said READY yet */
	POOL_RUNNING,
	POOL_DRAINING, /* no new sessions; waiting for the last to end */
	POOL_STOPPING, /* waiting for the processes to end */
};

/* One place in the pool, and the process that fills it now. */
struct process {
	enum role role;
	uint32_t index;
	pid_t pid; /* 0: none now */
	struct loop_watch control;
	bool ready;	   /* said READY */
	bool drained;	   /* said DRAINED */
	bool killed;	   /* SIGKILL is on its way */
	uint64_t born;	   /* loop_now() */
	uint64_t silent;   /* milliseconds; see supervise.c */
	unsigned failures; /* deaths in a row, soon after birth */
	struct loop_timer rebirth;
};

extern struct pool {
	struct loop *loop;
	enum pool_phase phase;
	const char *config_path;
	bool config_named; /* by --config: it must exist */
	struct settings settings;
	struct listeners listeners;
	struct process *processes; /* front, workers, keeper, verifier,
				      authorizer if there is a plugin */
	size_t nprocesses;
	uint32_t restarts;
	uint32_t grant_number; /* of the newest key; 0: none yet */
	uint8_t *grant_key;    /* secret_alloc() */
	int status;	       /* main()'s */
} pool;

/* The process in a place; NULL where there is no such place. */
struct process *pool_find(enum role, uint32_t index);

#endif
