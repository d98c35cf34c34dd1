/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dispatch: the one place where the application is called.
 */
#include <errno.h>

#include "lib/error.h"
#include "lib/export.h"
#include "lib/poll.h"
#include "lib/pool.h"

enum {
	MESSAGES_AT_ONCE = 256 /* so that others in the loop have a turn */
};

/*
 * Where the application never set a deadline, that of the daemon is not
 * known here: so a daemon that has taken long is asked whether it is alive.
 */
static void
expire(struct tlspool *pool)
{
	struct tlspool_request *req;
	int64_t now = clock_now();

	while ((req = deadline_first(&pool->deadlines)) != NULL &&
	       req->expires <= now) {
		if (req->deadline == 0 && !req->pinged &&
		    !req->out[OUT_START].queued) {
			req->pinged = true;
			outgoing_add(&pool->outgoing, req, OUT_PING);
			(void)deadline_set(
			    &pool->deadlines, req, now + DEADLINE_GRACE);
		} else {
			request_give_up(req, ETIMEDOUT,
			    "the TLS Pool daemon did not answer in time");
		}
	}
}

static void
ask(struct tlspool_request *req)
{
	int yes;

	if (req->question != NULL) {
		req->question(req, TLSPOOL_ASK_NAME, req->asked_name,
		    req->question_context);
	} else if (req->name != NULL) {
		yes = req->name(req->asked_name, req->name_context);
		(void)tlspool_answer(req, yes);
	}
}

/* Each callback may free the request, which takes its callbacks away. */
static int
tell(struct tlspool_request *req)
{
	unsigned int due = req->due;
	int n = 0;

	request_undue(req);
	request_ref(req);
	if (due & DUE_QUESTION) {
		ask(req);
		n++;
	}
	if (due & DUE_DONE) {
		if (req->done != NULL)
			req->done(req, req->done_context);
		n++;
	}
	if (due & DUE_CLOSED) {
		if (req->closed != NULL)
			req->closed(req, req->closed_context);
		n++;
	}
	request_unref(req);
	return n;
}

EXPORT int
tlspool_dispatch(struct tlspool *pool)
{
	int n = 0;

	if (pool == NULL)
		return error_set(EINVAL, "there is no pool");
	if (pool->inside)
		return error_set(
		    EDEADLK, "a callback cannot wait for other callbacks");
	pool_check(pool);
	/* To one request there is one answer; poll(2) tells of all else. */
	if (pool->sock.fd != -1 &&
	    receive_messages(pool, pool->table.n == 1 ? 1 : MESSAGES_AT_ONCE) !=
		0)
		pool_lost(pool, errno, tlspool_error());
	expire(pool);
	pool_flush(pool);
	pool->inside = true;
	/* Those that come meanwhile have their turn next time. */
	for (size_t left = pool->nready; left > 0 && pool->nready > 0; left--)
		n += tell(TAILQ_FIRST(&pool->ready));
	pool->inside = false;
	pool_arm(pool);
	return n;
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return a == -1 || (b != -1 && b < a) ? b : a;
}

EXPORT int
tlspool_wait(struct tlspool *pool, int timeout)
{
	int64_t end = timeout >= 0 ? clock_now() + timeout : -1;
	int n;

	while ((n = tlspool_dispatch(pool)) == 0) {
		if (pool->sock.fd == -1 && pool->nready == 0 &&
		    deadline_first(&pool->deadlines) == NULL)
			return 0;
		if (end != -1 && clock_now() >= end)
			return 0;
		poll_socket(pool, sooner(end, poll_when(pool)));
	}
	return n;
}
