/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * jobs: work with private keys, in threads, so that it never holds up the
 * keeper.  Users take turns, and so do the keys of one user.  A single job that
 * is quick is done by the loop itself, for which no thread need be woken.
 */
#ifndef TLSPOOL_KEEPER_JOBS_H
#define TLSPOOL_KEEPER_JOBS_H

#include <stdint.h>

#include "daemon/ipc/credential.h"
#include "daemon/sys/loop.h"

struct jobs;

/* Embedded in what it is about. */
struct job {
	uint32_t uid;		    /* who is to wait for whom */
	uint8_t key[KEY_ID_SIZE];   /* or whatever jobs wait for together */
	bool quick;		    /* it may hold up the loop */
	void (*run)(struct job *);  /* in a thread, or by jobs_help() */
	void (*done)(struct job *); /* in the loop's; frees it */
	struct job *next;
};

/*
 * Threads begin with the first jobs; so many at most work with one key.  NULL
 * and errno.
 */
struct jobs *jobs_new(struct loop *, unsigned threads, unsigned per_key);

/* Waits for the jobs that run; `done` is called for all, run or not. */
void jobs_free(struct jobs *);

/* 0, or -1 and errno where there can be no thread or no memory. */
int jobs_submit(struct jobs *, struct job *);

/* The loop's, at the end of each of its rounds: does a few quick ones. */
void jobs_help(struct jobs *);

/* How many wait or run. */
unsigned jobs_count(const struct jobs *);

#endif
