/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * jobs: a queue per user and key, and threads that take from them in turn.
 */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/keeper/jobs.h"

enum { THREADS_MAX = 64 };

/* The jobs of one user with one key, in order. */
struct lane {
	struct lane *next;
	uint8_t key[KEY_ID_SIZE];
	struct job *first, **last;
};

/* The lanes of one user; the first of each list is next in turn. */
struct user {
	struct user *next;
	uint32_t uid;
	struct lane *lanes;
};

struct jobs {
	struct loop *loop;
	unsigned limit; /* of threads */
	unsigned count; /* submitted and not done; the loop's alone */

	pthread_mutex_t lock; /* of all below */
	pthread_cond_t work;
	bool stop;
	unsigned nthreads;
	pthread_t threads[THREADS_MAX];
	const uint8_t *running[THREADS_MAX]; /* key of each; NULL: idle */
	struct user *users;
	struct job *finished;
};

static void
lane_append(struct lane *lane, struct job *job)
{
	job->next = NULL;
	*lane->last = job;
	lane->last = &job->next;
}

/* Finds or makes the user, and the lane, at the end of their lists. */
static struct user *
user_of(struct jobs *jobs, uint32_t uid)
{
	struct user **at = &jobs->users;

	while (*at != NULL && (*at)->uid != uid)
		at = &(*at)->next;
	if (*at == NULL && (*at = calloc(1, sizeof(**at))) != NULL)
		(*at)->uid = uid;
	return *at;
}

static struct lane *
lane_of(struct user *user, const uint8_t *key)
{
	struct lane **at = &user->lanes;

	while (*at != NULL && memcmp((*at)->key, key, KEY_ID_SIZE) != 0)
		at = &(*at)->next;
	if (*at == NULL && (*at = calloc(1, sizeof(**at))) != NULL) {
		memcpy((*at)->key, key, KEY_ID_SIZE);
		(*at)->last = &(*at)->first;
	}
	return *at;
}

static void
lane_rotate(struct lane **at)
{
	struct lane *lane = *at;

	*at = lane->next;
	while (*at != NULL)
		at = &(*at)->next;
	*at = lane;
	lane->next = NULL;
}

static void
user_rotate(struct user **at)
{
	struct user *user = *at;

	*at = user->next;
	while (*at != NULL)
		at = &(*at)->next;
	*at = user;
	user->next = NULL;
}

/* One thread is always left for the other keys. */
static bool
key_may_run(const struct jobs *jobs, const uint8_t *key)
{
	unsigned n = 0;

	for (unsigned i = 0; i < jobs->nthreads; i++)
		if (jobs->running[i] != NULL &&
		    memcmp(jobs->running[i], key, KEY_ID_SIZE) == 0)
			n++;
	return n + 1 < jobs->limit;
}

static struct job *
lane_take(struct lane **at)
{
	struct lane *lane = *at;
	struct job *job = lane->first;

	lane->first = job->next;
	if (lane->first != NULL) {
		lane_rotate(at);
	} else {
		*at = lane->next;
		free(lane);
	}
	return job;
}

/* Takes the next job that may run; NULL: there is none. */
static struct job *
take(struct jobs *jobs)
{
	struct user **u, *user;
	struct lane **l;
	struct job *job;

	for (u = &jobs->users; *u != NULL; u = &(*u)->next)
		for (l = &(*u)->lanes; *l != NULL; l = &(*l)->next) {
			if (!key_may_run(jobs, (*l)->key))
				continue;
			job = lane_take(l);
			user = *u;
			if (user->lanes != NULL) {
				user_rotate(u);
			} else {
				*u = user->next;
				free(user);
			}
			return job;
		}
	return NULL;
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
		if ((job = take(jobs)) == NULL) {
			pthread_cond_wait(&jobs->work, &jobs->lock);
			continue;
		}
		jobs->running[self] = job->key;
		pthread_mutex_unlock(&jobs->lock);
		job->run(job);
		pthread_mutex_lock(&jobs->lock);
		jobs->running[self] = NULL;
		job->next = jobs->finished;
		jobs->finished = job;
		loop_wake(jobs->loop);
		/* Somebody may have waited for this very key. */
		pthread_cond_signal(&jobs->work);
	}
	pthread_mutex_unlock(&jobs->lock);
	return NULL;
}

/* The loop's: hands the finished jobs back. */
static void
collect(void *arg)
{
	struct jobs *jobs = arg;
	struct job *job, *next;

	pthread_mutex_lock(&jobs->lock);
	job = jobs->finished;
	jobs->finished = NULL;
	pthread_mutex_unlock(&jobs->lock);
	for (; job != NULL; job = next) {
		next = job->next;
		jobs->count--;
		job->done(job);
	}
}

struct jobs *
jobs_new(struct loop *loop, unsigned threads)
{
	struct jobs *jobs;

	if ((jobs = calloc(1, sizeof(*jobs))) == NULL)
		return NULL;
	jobs->loop = loop;
	jobs->limit = threads < 2	      ? 2
		      : threads > THREADS_MAX ? THREADS_MAX
					      : threads;
	pthread_mutex_init(&jobs->lock, NULL);
	pthread_cond_init(&jobs->work, NULL);
	loop_on_wake(loop, collect, jobs);
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
	int rv = -1;

	pthread_mutex_lock(&jobs->lock);
	if (add_thread(jobs) != 0 || (user = user_of(jobs, job->uid)) == NULL)
		goto err;
	/* A user without a lane does no harm, and goes with the next one. */
	if ((lane = lane_of(user, job->key)) == NULL)
		goto err;
	lane_append(lane, job);
	jobs->count++;
	pthread_cond_signal(&jobs->work);
	rv = 0;
err:
	pthread_mutex_unlock(&jobs->lock);
	return rv;
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
	struct job *job;

	while ((user = jobs->users) != NULL) {
		while (user->lanes != NULL) {
			job = lane_take(&user->lanes);
			job->next = jobs->finished;
			jobs->finished = job;
		}
		jobs->users = user->next;
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
	loop_on_wake(jobs->loop, NULL, NULL);
	pthread_cond_destroy(&jobs->work);
	pthread_mutex_destroy(&jobs->lock);
	free(jobs);
}
