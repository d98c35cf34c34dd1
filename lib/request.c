/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * request: the life of one handshake.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/export.h"
#include "lib/pool.h"
#include "lib/request.h"
#include "lib/trace.h"

static void
close_fd(int *fd)
{
	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
}

static struct tlspool_request *
request_new(struct tlspool *pool, uint8_t role)
{
	struct tlspool_request *req;

	if (pool == NULL) {
		(void)error_set(EINVAL, "there is no pool for the request");
		return NULL;
	}
	if ((req = calloc(1, sizeof(*req))) == NULL) {
		(void)error_set(ENOMEM, "out of memory for a request");
		return NULL;
	}
	req->pool = pool;
	req->refs = 1;
	req->role = role;
	req->cipher = req->theirs = req->plain = -1;
	req->alert = -1;
	LIST_INSERT_HEAD(&pool->all, req, all);
	return req;
}

EXPORT struct tlspool_request *
tlspool_client(struct tlspool *pool)
{
	return request_new(pool, APP_ROLE_CLIENT);
}

EXPORT struct tlspool_request *
tlspool_server(struct tlspool *pool)
{
	return request_new(pool, APP_ROLE_SERVER);
}

void
request_ref(struct tlspool_request *req)
{
	req->refs++;
}

void
request_unref(struct tlspool_request *req)
{
	if (--req->refs > 0)
		return;
	free(req->local_name);
	free(req->remote_name);
	free(req->service);
	free(req->alpn);
	free(req->prefix);
	free(req->asked_name);
	free(req->reason);
	session_free(req->session);
	trace_free(req->trace);
	free(req);
}

void
request_due(struct tlspool_request *req, unsigned int what)
{
	if (req->due == 0) {
		TAILQ_INSERT_TAIL(&req->pool->ready, req, ready);
		req->pool->nready++;
	}
	req->due |= what;
}

void
request_undue(struct tlspool_request *req)
{
	if (req->due == 0)
		return;
	TAILQ_REMOVE(&req->pool->ready, req, ready);
	req->pool->nready--;
	req->due = 0;
}

/* Takes a request that is pending out of everything but the table. */
static void
withdraw(struct tlspool_request *req)
{
	struct tlspool *pool = req->pool;

	deadline_remove(&pool->deadlines, req);
	outgoing_remove(&pool->outgoing, req, OUT_START);
	outgoing_remove(&pool->outgoing, req, OUT_ANSWER);
	outgoing_remove(&pool->outgoing, req, OUT_PING);
	request_undue(req);
	req->asked = false;
	free(req->asked_name);
	req->asked_name = NULL;
	if (!req->lend_cipher)
		close_fd(&req->cipher);
	req->cipher = -1;
	close_fd(&req->theirs);
}

void
request_fail(struct tlspool_request *req, int error, const char *reason)
{
	if (req->state != TLSPOOL_PENDING)
		return;
	withdraw(req);
	table_remove(&req->pool->table, req);
	close_fd(&req->plain);
	req->state = TLSPOOL_FAILED;
	req->error = error;
	if ((req->reason = strdup(reason)) != NULL)
		error_flatten(req->reason);
	request_due(req, DUE_DONE);
}

void
request_establish(
    struct tlspool_request *req, struct tlspool_session *session, int plain)
{
	withdraw(req);
	if (req->forget)
		table_remove(&req->pool->table, req);
	if (plain != -1)
		req->plain = plain;
	req->session = session;
	req->state = TLSPOOL_ESTABLISHED;
	request_due(req, DUE_DONE);
}

void
request_lost(struct tlspool_request *req, int error, const char *reason)
{
	static const struct closed gone = { .reason = APP_CLOSE_DAEMON };

	if (req->state == TLSPOOL_PENDING && !req->out[OUT_START].queued) {
		request_fail(req, error, reason);
	} else if (req->state == TLSPOOL_ESTABLISHED && !req->forget &&
		   req->session->closed == TLSPOOL_OPEN) {
		session_close(req->session, &gone);
		table_remove(&req->pool->table, req);
		request_due(req, DUE_CLOSED);
	}
}

void
request_renew(struct tlspool_request *req)
{
	request_undue(req);
	free(req->reason);
	req->reason = NULL;
	trace_free(req->trace);
	req->trace = NULL;
	req->error = 0;
	req->alert = -1;
	req->unread = false;
	req->pinged = false;
	req->state = TLSPOOL_NEW;
}

/* A number that no request of the connection has. */
static uint32_t
new_id(struct tlspool *pool)
{
	do {
		pool->last_id++;
	} while (pool->last_id == 0 ||
		 table_find(&pool->table, pool->last_id) != NULL);
	return pool->last_id;
}

/* Makes the pair of an early plaintext, and finds its place in the pool. */
static int
enter(struct tlspool_request *req)
{
	struct tlspool *pool = req->pool;
	int pair[2];
	int64_t allowed = req->deadline != 0 ? req->deadline : DEADLINE_USUAL;

	if (req->cipher == -1)
		return error_set(EBADF, "the descriptor is not open");
	if (req->early) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
			return error_set(errno,
			    "cannot make a descriptor for the plaintext: %s",
			    error_text(errno));
		req->plain = pair[0];
		req->theirs = pair[1];
	}
	if (table_add(&pool->table, req) != 0 ||
	    deadline_set(&pool->deadlines, req,
		clock_now() + allowed + DEADLINE_GRACE) != 0)
		return error_set(ENOMEM, "out of memory for a handshake");
	return 0;
}

int
request_start(struct tlspool_request *req, int fd)
{
	struct tlspool *pool = req->pool;

	pool_check(pool);
	req->cipher = fcntl(fd, F_GETFD) == -1 ? -1 : fd;
	req->id = new_id(pool);
	req->state = TLSPOOL_PENDING;
	if (enter(req) != 0) {
		request_fail(req, errno, tlspool_error());
	} else {
		outgoing_add(&pool->outgoing, req, OUT_START);
		pool_flush(pool);
	}
	/* What is known at once, the caller is told at once. */
	if (req->state == TLSPOOL_FAILED)
		request_undue(req);
	pool_arm(pool);
	if (req->state != TLSPOOL_FAILED)
		return 0;
	return error_set(req->error, "%s", tlspool_request_reason(req));
}

EXPORT int
tlspool_start(struct tlspool_request *req, int fd)
{
	int error = 0;

	if (req == NULL || req->pool == NULL)
		error = EINVAL;
	else if (req->state != TLSPOOL_NEW)
		error = EBUSY;
	if (error == 0)
		return request_start(req, fd);
	if (fd >= 0)
		(void)close(fd);
	return error_set(error, error == EBUSY
				    ? "the request was started before"
				    : "there is no request, or no pool");
}

/* Ends a pending request, and lets the daemon know. */
void
request_give_up(struct tlspool_request *req, int error, const char *reason)
{
	struct tlspool *pool = req->pool;
	bool sent = !req->out[OUT_START].queued;

	request_fail(req, error, reason);
	if (sent && pool->sock.fd != -1)
		outgoing_add(&pool->outgoing, req, OUT_CANCEL);
}

EXPORT int
tlspool_cancel(struct tlspool_request *req)
{
	if (req == NULL || req->pool == NULL)
		return error_set(EINVAL, "there is no request, or no pool");
	pool_check(req->pool);
	if (req->state != TLSPOOL_PENDING)
		return error_set(EALREADY, "the request is not under way");
	request_give_up(
	    req, ECANCELED, "the application cancelled the handshake");
	pool_flush(req->pool);
	pool_arm(req->pool);
	return 0;
}

EXPORT void
tlspool_request_free(struct tlspool_request *req)
{
	struct tlspool *pool;
	int saved = errno;

	if (req == NULL)
		return;
	req->name = NULL;
	req->question = NULL;
	req->done = req->closed = NULL;
	if ((pool = req->pool) != NULL) {
		pool_check(pool);
		if (req->state == TLSPOOL_PENDING)
			request_give_up(req, ECANCELED, "");
		request_undue(req);
		table_remove(&pool->table, req);
		LIST_REMOVE(req, all);
		pool_flush(pool);
		pool_arm(pool);
	}
	close_fd(&req->plain);
	request_unref(req);
	errno = saved;
}

EXPORT int
tlspool_answer(struct tlspool_request *req, int accept)
{
	if (req == NULL)
		return error_set(EINVAL, "there is no request");
	if (req->pool != NULL)
		pool_check(req->pool);
	if (!req->asked)
		return error_set(ENOENT, "there is no question to answer");
	req->asked = false;
	free(req->asked_name);
	req->asked_name = NULL;
	req->verdict = accept ? APP_ACCEPT : APP_REJECT;
	outgoing_add(&req->pool->outgoing, req, OUT_ANSWER);
	pool_flush(req->pool);
	pool_arm(req->pool);
	return 0;
}

EXPORT int
tlspool_take_fd(struct tlspool_request *req)
{
	int fd;

	if (req == NULL)
		return error_set(EINVAL, "there is no request");
	if ((fd = req->plain) == -1)
		return error_set(ENOENT, "there is no plaintext descriptor");
	req->plain = -1;
	return fd;
}

EXPORT int
tlspool_request_state(const struct tlspool_request *req)
{
	if (req == NULL)
		return error_set(EINVAL, "there is no request");
	return req->state;
}

EXPORT int
tlspool_request_error(const struct tlspool_request *req)
{
	return req != NULL ? req->error : EINVAL;
}

EXPORT const char *
tlspool_request_reason(const struct tlspool_request *req)
{
	if (req == NULL || req->error == 0)
		return "";
	return req->reason != NULL ? req->reason : error_text(req->error);
}

EXPORT int
tlspool_request_alert(const struct tlspool_request *req)
{
	return req != NULL ? req->alert : -1;
}

EXPORT const struct tlspool_session *
tlspool_session(const struct tlspool_request *req)
{
	if (req == NULL || req->session == NULL) {
		(void)error_set(
		    req == NULL ? EINVAL : ENOENT, "there is no session");
		return NULL;
	}
	return req->session;
}
