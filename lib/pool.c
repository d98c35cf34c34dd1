/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * pool: makes, feeds, loses and makes anew the connection to the daemon.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/export.h"
#include "lib/fork.h"
#include "lib/poll.h"
#include "lib/pool.h"

enum {
	LAST_WORDS = 65536 /* messages that a dying daemon may have left */
};

EXPORT struct tlspool *
tlspool_new(const char *path)
{
	struct tlspool *pool = NULL;

	if (path != NULL && strlen(path) >= CONNECT_PATH_SIZE) {
		(void)error_set(ENAMETOOLONG,
		    "the path of a socket has less than %d bytes",
		    CONNECT_PATH_SIZE);
		return NULL;
	}
	if ((pool = calloc(1, sizeof(*pool))) == NULL ||
	    (pool->packet = malloc(sizeof(*pool->packet))) == NULL ||
	    (path != NULL && (pool->path = strdup(path)) == NULL)) {
		if (pool != NULL)
			free(pool->packet);
		free(pool);
		(void)error_set(ENOMEM, "out of memory for a pool");
		return NULL;
	}
	pool->pid = getpid();
	pool->sock.fd = pool->epoll.fd = pool->timer.fd = -1;
	LIST_INIT(&pool->all);
	TAILQ_INIT(&pool->outgoing);
	TAILQ_INIT(&pool->ready);
	fork_register(pool);
	return pool;
}

/* Drops what waits to be sent; for the START of a request, only `all` does. */
static void
drop_outgoing(struct tlspool *pool, bool all)
{
	struct outgoing *out, *next;

	for (out = TAILQ_FIRST(&pool->outgoing); out != NULL; out = next) {
		next = TAILQ_NEXT(out, entry);
		if (all || out->kind != OUT_START)
			outgoing_remove(
			    &pool->outgoing, out->request, out->kind);
	}
}

EXPORT void
tlspool_free(struct tlspool *pool)
{
	struct tlspool_request *req;
	int saved = errno;

	if (pool == NULL || pool->inside)
		return;
	pool_check(pool);
	fork_unregister(pool);
	while ((req = LIST_FIRST(&pool->all)) != NULL) {
		request_fail(req, ECANCELED, "the pool was freed");
		request_undue(req);
		LIST_REMOVE(req, all);
		req->pool = NULL;
	}
	drop_outgoing(pool, true);
	kept_fd_close(&pool->sock);
	kept_fd_close(&pool->epoll);
	kept_fd_close(&pool->timer);
	table_free(&pool->table);
	deadline_free(&pool->deadlines);
	free(pool->environment);
	free(pool->packet);
	free(pool->path);
	free(pool);
	errno = saved;
}

void
pool_lost(struct tlspool *pool, int error, const char *reason)
{
	struct tlspool_request *req;

	poll_forget_socket(pool);
	kept_fd_close(&pool->sock);
	if (pool->reset && pool->last_start != 0 &&
	    (req = table_find(&pool->table, pool->last_start)) != NULL)
		req->unread = true;
	pool->reset = false;
	pool->last_start = 0;
	drop_outgoing(pool, false);
	for (req = LIST_FIRST(&pool->all); req != NULL;
	     req = LIST_NEXT(req, all))
		request_lost(req, error, reason);
}

static void
leave_parent(struct tlspool *pool)
{
	struct tlspool_request *req;

	pool->pid = getpid();
	kept_fd_close(&pool->sock);
	kept_fd_close(&pool->epoll);
	kept_fd_close(&pool->timer);
	pool->interest = 0;
	pool->retry_at = 0;
	drop_outgoing(pool, true);
	for (req = LIST_FIRST(&pool->all); req != NULL;
	     req = LIST_NEXT(req, all))
		request_lost(
		    req, ECONNRESET, "the request is that of a parent process");
}

void
pool_check(struct tlspool *pool)
{
	if (pool->pid != getpid()) {
		leave_parent(pool);
	} else if (pool->sock.fd != -1 && !kept_fd_valid(&pool->sock)) {
		pool->sock.fd = -1;
		pool->interest = 0;
		pool_lost(pool, ECONNRESET,
		    "the connection to the TLS Pool daemon was closed by the "
		    "application");
	}
}

static int
connect_pool(struct tlspool *pool)
{
	const char *environment = connect_environment();
	int sock;

	free(pool->environment);
	pool->environment = NULL;
	if (environment != NULL &&
	    (pool->environment = strdup(environment)) == NULL)
		return error_set(ENOMEM, "out of memory for a connection");
	sock = connect_daemon(pool->path);
	if (sock == -1)
		return -1;
	if (kept_fd_set(&pool->sock, sock) != 0)
		return error_set(
		    errno, "cannot look at a socket: %s", error_text(errno));
	return 0;
}

/* Without a connection, all that waits is the START of some request. */
static void
fail_unsent(struct tlspool *pool, int error)
{
	struct outgoing *out;
	struct tlspool_request *req;

	while ((out = TAILQ_FIRST(&pool->outgoing)) != NULL) {
		req = out->request;
		request_ref(req);
		request_fail(req, error, tlspool_error());
		/* It is gone already; but this loop must end. */
		outgoing_remove(&pool->outgoing, req, out->kind);
		request_unref(req);
	}
}

/* A message is with the daemon now, and so are its descriptors. */
static void
note_sent(struct tlspool *pool, struct outgoing *out)
{
	struct tlspool_request *req = out->request;

	pool->last_start = 0;
	if (out->kind == OUT_START) {
		pool->last_start = req->id;
		if (!req->lend_cipher)
			(void)close(req->cipher);
		req->cipher = -1;
		if (req->theirs != -1)
			(void)close(req->theirs);
		req->theirs = -1;
	}
	outgoing_remove(&pool->outgoing, req, out->kind);
}

/* Why a message could not be sent: may flushing go on? */
static bool
recover(struct tlspool *pool, struct outgoing *out, int error)
{
	switch (error) {
	case EAGAIN:
		return false;
	case ETOOMANYREFS: /* descriptors in flight, of all our processes */
	case ENOBUFS:
	case ENOMEM:
		pool->retry_at = clock_now() + RETRY_AFTER;
		return false;
	case ECONNRESET:
	case EPIPE:
	case ENOTCONN:
		if (error == ECONNRESET)
			pool->reset = true;
		(void)receive_messages(pool, LAST_WORDS);
		pool_lost(pool, ECONNRESET, ERROR_GONE);
		return true;
	default:
		(void)error_set(error,
		    "cannot hand the descriptor to the TLS Pool daemon: %s",
		    error_text(error));
		request_fail(out->request, error, tlspool_error());
		outgoing_remove(&pool->outgoing, out->request, out->kind);
		return true;
	}
}

void
pool_flush(struct tlspool *pool)
{
	struct outgoing *out;
	bool again = true, connected = false;

	if (pool->retry_at > clock_now())
		return;
	pool->retry_at = 0;
	while (again && (out = TAILQ_FIRST(&pool->outgoing)) != NULL) {
		if (pool->sock.fd == -1) {
			/* A daemon that always hangs up is no daemon. */
			if (connected)
				(void)error_set(ECONNRESET, ERROR_GONE);
			else if (connect_pool(pool) == 0)
				connected = true;
			else if (errno == EAGAIN)
				pool->retry_at = clock_now() + RETRY_AFTER;
			if (pool->retry_at != 0)
				return;
		}
		if (pool->sock.fd == -1)
			fail_unsent(pool, errno);
		else if (outgoing_send(pool->sock.fd, out) == 0)
			note_sent(pool, out);
		else
			again = recover(pool, out, errno);
	}
}
