/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * starttls: the two calls that wait, made of one request each.  A thread
 * keeps its pool from call to call.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tlspool/starttls.h>

#include "lib/error.h"
#include "lib/export.h"
#include "lib/poll.h"
#include "lib/pool.h"

/* The arguments of the two calls; where they differ, of one of them. */
struct call {
	uint8_t role;
	int fd;
	int proto;
	int flags;
	const char *local_name;
	const char *remote_name;
	int (*checksni)(char *);
	char *peer_name;
	size_t peer_name_len;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool have_key;

static void
end_of_thread(void *pool)
{
	tlspool_free(pool);
}

static void
make_key(void)
{
	have_key = pthread_key_create(&key, end_of_thread) == 0;
}

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/*
 * The pool of this thread, or one for this call alone where that cannot be
 * had: because there is none yet that could be kept, or because checksni()
 * calls us while the thread's own is at work.
 */
static struct tlspool *
take_pool(void)
{
	struct tlspool *pool = NULL;

	(void)pthread_once(&once, make_key);
	if (have_key && (pool = pthread_getspecific(key)) != NULL)
		(void)pthread_setspecific(key, NULL);
	if (pool == NULL)
		return tlspool_new(NULL);
	pool_check(pool);
	if (pool->sock.fd != -1 &&
	    !same_text(pool->environment, connect_environment()))
		pool_lost(pool, ECONNRESET, "another daemon is to be used");
	return pool;
}

/* Keeps the pool for the thread's next call. */
static void
give_back_pool(struct tlspool *pool)
{
	if (!have_key || pthread_getspecific(key) != NULL ||
	    pthread_setspecific(key, pool) != 0)
		tlspool_free(pool);
}

static int
call_checksni(const char *name, void *context)
{
	const struct call *call = context;
	char copy[TLSPOOL_NAME_MAX + 1];

	/* The daemon's message allows no more. */
	memcpy(copy, name, strlen(name) + 1);
	return call->checksni(copy);
}

static struct tlspool_request *
make_request(struct tlspool *pool, struct call *call)
{
	struct tlspool_request *req;

	req = call->role == APP_ROLE_CLIENT ? tlspool_client(pool)
					    : tlspool_server(pool);
	if (req == NULL)
		return NULL;
	if (tlspool_set_transport(req, call->proto) != 0 ||
	    tlspool_set_flags(req, call->flags) != 0 ||
	    tlspool_set_local_name(req, call->local_name) != 0 ||
	    (call->remote_name != NULL &&
		tlspool_set_remote_name(req, call->remote_name) != 0) ||
	    (call->checksni != NULL &&
		tlspool_on_name(req, call_checksni, call) != 0)) {
		tlspool_request_free(req);
		return NULL;
	}
	/* The number of the new descriptor must not be that of the old. */
	req->lend_cipher = true;
	/* Nobody will ask what became of the session. */
	req->forget = true;
	return req;
}

/* One attempt; the request is done then. */
static int
run(struct tlspool_request *req, int fd)
{
	if (request_start(req, fd) != 0)
		return -1;
	/* The answer to what was sent this very moment is not there yet. */
	if (!req->out[OUT_START].queued)
		poll_socket(req->pool, poll_when(req->pool));
	while (req->state == TLSPOOL_PENDING)
		if (tlspool_wait(req->pool, -1) == -1)
			return -1;
	if (req->state == TLSPOOL_ESTABLISHED)
		return 0;
	return error_set(req->error, "%s", tlspool_request_reason(req));
}

static int
deliver(struct tlspool_request *req, const struct call *call)
{
	const char *name = tlspool_session_peer_name(req->session);
	size_t len = strlen(name);

	if (call->peer_name != NULL) {
		/* Freeing the request will close the plaintext. */
		if (len >= call->peer_name_len)
			return error_set(ENAMETOOLONG,
			    "the name of the peer has %zu bytes, and there is "
			    "room for %zu",
			    len,
			    call->peer_name_len > 0 ? call->peer_name_len - 1
						    : 0);
		memcpy(call->peer_name, name, len + 1);
	}
	return tlspool_take_fd(req);
}

static int
perform(struct call *call)
{
	struct tlspool *pool = NULL;
	struct tlspool_request *req = NULL;
	int rv = -1, saved;

	if (call->peer_name != NULL && call->peer_name_len > 0)
		call->peer_name[0] = '\0';
	if ((pool = take_pool()) == NULL ||
	    (req = make_request(pool, call)) == NULL)
		goto err;
	if (run(req, call->fd) != 0) {
		/* It was restarted between the last call and this one, and
		 * has not even seen the request. */
		if (!req->unread)
			goto err;
		request_renew(req);
		if (run(req, call->fd) != 0)
			goto err;
	}
	rv = deliver(req, call);
err:
	saved = errno;
	tlspool_request_free(req);
	if (pool != NULL)
		give_back_pool(pool);
	errno = saved;
	return rv;
}

/*
 * A thread that is cancelled half-way would lose the descriptor: so
 * cancellation waits until the call is over.
 */
static int
starttls(struct call *call)
{
	int rv, saved, cancel;

	if (fcntl(call->fd, F_GETFD) == -1)
		return error_set(EBADF, "descriptor %d is not open", call->fd);
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	rv = perform(call);
	saved = errno;
	(void)close(call->fd);
	(void)pthread_setcancelstate(cancel, NULL);
	errno = saved;
	return rv;
}

EXPORT int
starttls_client(int fd, int proto, const char *myname, int flags,
    const char *sniname, char *peername, size_t peername_len)
{
	struct call call = {
		.role = APP_ROLE_CLIENT,
		.fd = fd,
		.proto = proto,
		.flags = flags,
		.local_name = myname,
		.remote_name = sniname,
		.peer_name = peername,
		.peer_name_len = peername_len,
	};

	return starttls(&call);
}

EXPORT int
starttls_server(int fd, int proto, const char *myname, int flags,
    int (*checksni)(char *sniname), char *peername, size_t peername_len)
{
	struct call call = {
		.role = APP_ROLE_SERVER,
		.fd = fd,
		.proto = proto,
		.flags = flags,
		.local_name = myname,
		.checksni = checksni,
		.peer_name = peername,
		.peer_name_len = peername_len,
	};

	return starttls(&call);
}
