/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * fork: all pools of the process, and what becomes of them in a child.
 */
#include <pthread.h>
#include <unistd.h>

#include "lib/fork.h"
#include "lib/pool.h"

static LIST_HEAD(pools, tlspool) pools = LIST_HEAD_INITIALIZER(pools);
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
before_fork(void)
{
	(void)pthread_mutex_lock(&lock);
}

static void
after_fork(void)
{
	(void)pthread_mutex_unlock(&lock);
}

/*
 * Other threads may have been in the middle of anything: so nothing is
 * touched here but descriptors.  The rest is done by pool_check(), when and
 * if the child uses the pool.
 */
static void
in_child(void)
{
	struct tlspool *pool;

	for (pool = LIST_FIRST(&pools); pool != NULL;
	     pool = LIST_NEXT(pool, registered)) {
		kept_fd_close(&pool->sock);
		kept_fd_close(&pool->epoll);
		kept_fd_close(&pool->timer);
	}
	(void)pthread_mutex_unlock(&lock);
}

static void
watch_forks(void)
{
	/* Without memory for this, pool_check() still notices by the pid. */
	(void)pthread_atfork(before_fork, after_fork, in_child);
}

void
fork_register(struct tlspool *pool)
{
	(void)pthread_once(&once, watch_forks);
	(void)pthread_mutex_lock(&lock);
	LIST_INSERT_HEAD(&pools, pool, registered);
	(void)pthread_mutex_unlock(&lock);
}

void
fork_unregister(struct tlspool *pool)
{
	(void)pthread_mutex_lock(&lock);
	LIST_REMOVE(pool, registered);
	(void)pthread_mutex_unlock(&lock);
}
