/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * jobs: a queue per user and key, and threads that take from them in turn; and
 * the loop's thread where it can do that quickly.
 */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <utlist.h>

/* What found no room is in no table. */
#define HASH_NONFATAL_OOM	  1
#define uthash_nonfatal_oom(item) ((item)->hh.tbl = NULL)
#include "daemon/ipc/hash.h"
#include "daemon/keeper/jobs.h"

enum {
	THREADS_MAX = 64,
	HELP_TIME = 1000, /* microseconds of one round */
};

/* The jobs of one user with one key, in order. */
struct lane {
	struct lane *prev, *next;
	UT_hash_handle hh;
	uint8_t key[KEY_ID_SIZE];
	struct job *first, **last;
};

/* The lanes of one user; the first of each list is next in turn. */
struct user {
	struct user *prev, *next;
	uint32_t uid;
	struct lane *lanes;
	struct lane *by_key; /* the same, to be found: there can be many */
};

struct jobs {
	struct loop *loop;
	unsigned limit;	  /* of threads */
	unsigned per_key; /* of those that work with one key */
	unsigned count;	  /* submitted and not done; the loop's alone */
	struct loop_watch wake;

	pthread_mutex_t lock; /* of all below */
	pthread_cond_t work;
	bool stop;
	unsigned nthreads;
	pthread_t threads[THREADS_MAX];
	const uint8_t *running[THREADS_MAX]; /* key of each; NULL: idle */
	struct user *users;
	unsigned waiting; /* in the lanes */
	struct job *finished, **last;
};

/* Finds or makes the user, and the lane, at the end of their lists. */
static struct user *
user_of(struct jobs *jobs, uint32_t uid)
{
	struct user *user;

	DL_SEARCH_SCALAR(jobs->users, user, uid, uid);
	if (user == NULL && (user = calloc(1, sizeof(*user))) != NULL) {
		user->uid = uid;
		DL_APPEND(jobs->users, user);
	}
	return user;
}

static struct lane *
lane_of(struct user *user, const uint8_t *key)
{
	struct lane *lane;

	HASH_FIND(hh, user->by_key, key, KEY_ID_SIZE, lane);
	if (lane != NULL || (lane = calloc(1, sizeof(*lane))) == NULL)
		return lane;
	memcpy(lane->key, key, KEY_ID_SIZE);
	lane->last = &lane->first;
	HASH_ADD(hh, user->by_key, key, KEY_ID_SIZE, lane);
	if (lane->hh.tbl == NULL) {
		free(lane);
		return NULL;
	}
	DL_APPEND(user->lanes, lane);
	return lane;
}

/* Takes a job out; whose turn it was is last now. */
static struct job *
lane_take(struct user *user, struct lane *lane)
{
	struct job *job = lane->first;

	DL_DELETE(user->lanes, lane);
	lane->first = job->next;
	if (lane->first != NULL) {
		DL_APPEND(user->lanes, lane);
	} else {
		HASH_DELETE(hh, user->by_key, lane);
		free(lane);
	}
	return job;
}

static struct job *
user_take(struct jobs *jobs, struct user *user, struct lane *lane)
{
	struct job *job = lane_take(user, lane);

	jobs->waiting--;
	DL_DELETE(jobs->users, user);
	if (user->lanes != NULL)
		DL_APPEND(jobs->users, user);
	else
		free(user);
	return job;
}

static bool
key_may_run(const struct jobs *jobs, const uint8_t *key)
{
	unsigned n = 0;

	if (jobs->per_key >= jobs->limit)
		return true;
	for (unsigned i = 0; i < jobs->nthreads; i++)
		if (jobs->running[i] != NULL &&
		    memcmp(jobs->running[i], key, KEY_ID_SIZE) == 0)
			n++;
	return n < jobs->per_key;
}

/* Takes the next job that may run, or of the quick ones; NULL: there is
 * none. */
static struct job *
take(struct jobs *jobs, bool quick)
{
	struct user *user;
	struct lane *lane;

	DL_FOREACH(jobs->users, user)
	DL_FOREACH(user->lanes, lane)
	if ((lane->first->quick || !quick) && key_may_run(jobs, lane->key))
		return user_take(jobs, user, lane);
	return NULL;
}

/* Leaves a job to the loop, which is woken once for all that it has not
 * taken yet. */
static void
finish(struct jobs *jobs, struct job *job)
{
	const uint64_t one = 1;
	bool first = jobs->finished == NULL;

	job->next = NULL;
	*jobs->last = job;
	jobs->last = &job->next;
	if (first)
		(void)!write(jobs->wake.fd, &one, sizeof(one));
}

static void *
work(void *arg)
{
	struct jobs *jobs = arg;
	struct job *job;
	unsigned self = 0;

	pthread_mutex_lock(&jobs->lock);
	while (!pthread_equal(jobs->threads[self], pthread_self()))
		self++;
	while (!jobs->stop) {
		if ((job = take(jobs, false)) == NULL) {
			pthread_cond_wait(&jobs->work, &jobs->lock);
			continue;
		}
		jobs->running[self] = job->key;
		pthread_mutex_unlock(&jobs->lock);
		job->run(job);
		pthread_mutex_lock(&jobs->lock);
		jobs->running[self] = NULL;
		finish(jobs, job);
	}
	pthread_mutex_unlock(&jobs->lock);
	return NULL;
}

/* The loop's: hands the finished jobs back. */
static void
collect(struct jobs *jobs)
{
	struct job *job, *next;

	pthread_mutex_lock(&jobs->lock);
	job = jobs->finished;
	jobs->finished = NULL;
	jobs->last = &jobs->finished;
	pthread_mutex_unlock(&jobs->lock);
	for (; job != NULL; job = next) {
		next = job->next;
		jobs->count--;
		job->done(job);
	}
}

static void
woken(struct loop_watch *watch, uint32_t events)
{
	struct jobs *jobs = container_of(watch, struct jobs, wake);
	uint64_t times;

	/* Emptied first: what is finished from now on wakes again. */
	(void)!read(watch->fd, &times, sizeof(times));
	collect(jobs);
}

struct jobs *
jobs_new(struct loop *loop, unsigned threads, unsigned per_key)
{
	struct jobs *jobs;

	if ((jobs = calloc(1, sizeof(*jobs))) == NULL)
		return NULL;
	jobs->loop = loop;
	jobs->limit = threads < THREADS_MAX ? threads : THREADS_MAX;
	jobs->per_key = per_key;
	jobs->last = &jobs->finished;
	jobs->wake.ready = woken;
	jobs->wake.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (jobs->wake.fd == -1 ||
	    loop_watch(loop, &jobs->wake, EPOLLIN) != 0) {
		if (jobs->wake.fd != -1)
			(void)close(jobs->wake.fd);
		free(jobs);
		return NULL;
	}
	pthread_mutex_init(&jobs->lock, NULL);
	pthread_cond_init(&jobs->work, NULL);
	return jobs;
}

/* Called with the lock: thread and threads[] are there together. */
static int
add_thread(struct jobs *jobs)
{
	sigset_t all, before;
	int r;

	if (jobs->nthreads == jobs->limit)
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&jobs->threads[jobs->nthreads], NULL, work, jobs);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		jobs->nthreads++;
	if (jobs->nthreads > 0)
		return 0;
	errno = r;
	return -1;
}

int
jobs_submit(struct jobs *jobs, struct job *job)
{
	struct user *user;
	struct lane *lane;
	bool ours;
	int rv = -1;

	pthread_mutex_lock(&jobs->lock);
	/* jobs_help() does the first one, and all of them where a thread would
	 * have to share its processor. */
	ours = job->quick && (jobs->waiting == 0 || jobs->limit == 1);
	if ((!ours && add_thread(jobs) != 0) ||
	    (user = user_of(jobs, job->uid)) == NULL)
		goto err;
	/* A user without a lane does no harm, and goes with the next one. */
	if ((lane = lane_of(user, job->key)) == NULL)
		goto err;
	job->next = NULL;
	*lane->last = job;
	lane->last = &job->next;
	jobs->count++;
	jobs->waiting++;
	if (!ours)
		pthread_cond_signal(&jobs->work);
	rv = 0;
err:
	pthread_mutex_unlock(&jobs->lock);
	return rv;
}

static uint64_t
microseconds(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* Has a thread do the rest; false: there can be none. */
static bool
leave_to_thread(struct jobs *jobs)
{
	bool left;

	pthread_mutex_lock(&jobs->lock);
	left = jobs->waiting == 0 || add_thread(jobs) == 0;
	pthread_cond_signal(&jobs->work);
	pthread_mutex_unlock(&jobs->lock);
	return left;
}

void
jobs_help(struct jobs *jobs)
{
	uint64_t until;
	struct job *job;

	if (jobs->count == 0)
		return;
	until = microseconds() + HELP_TIME;
	do {
		pthread_mutex_lock(&jobs->lock);
		job = take(jobs, true);
		pthread_mutex_unlock(&jobs->lock);
		if (job == NULL)
			return;
		job->run(job);
		jobs->count--;
		job->done(job);
	} while (microseconds() < until || !leave_to_thread(jobs));
}

unsigned
jobs_count(const struct jobs *jobs)
{
	return jobs->count;
}

static void
drop_waiting(struct jobs *jobs)
{
	struct user *user;

	while ((user = jobs->users) != NULL) {
		while (user->lanes != NULL)
			finish(jobs, lane_take(user, user->lanes));
		DL_DELETE(jobs->users, user);
		free(user);
	}
}

void
jobs_free(struct jobs *jobs)
{
	if (jobs == NULL)
		return;
	pthread_mutex_lock(&jobs->lock);
	jobs->stop = true;
	pthread_cond_broadcast(&jobs->work);
	pthread_mutex_unlock(&jobs->lock);
	for (unsigned i = 0; i < jobs->nthreads; i++)
		pthread_join(jobs->threads[i], NULL);
	drop_waiting(jobs);
	collect(jobs);
	loop_unwatch(&jobs->wake);
	(void)close(jobs->wake.fd);
	pthread_cond_destroy(&jobs->work);
	pthread_mutex_destroy(&jobs->lock);
	free(jobs);
}
