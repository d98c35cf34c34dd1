/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * stream_pool: bytes by the TLS Pool, either by the interface that never
 * blocks, over one connection to the daemon or over several, or by threads
 * that call starttls_server().
 */
#include <err.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tlspool/tlspool.h>

#include "test/bench/stream.h"

struct pool {
	struct loop_watch watch;
	struct tlspool *pool;
};

static const char *identity;
static struct pool *pools;
static unsigned long npools, next;

static void
pool_ready(struct loop_watch *w, uint32_t events)
{
	(void)events;
	(void)tlspool_dispatch(container_of(w, struct pool, watch)->pool);
}

/* All that a thread does: handshakes, and to wait for the end of each. */
static void *
serve(void *arg)
{
	int listener = *(const int *)arg, fd;
	char byte;

	for (;;) {
		if ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) == -1)
			continue;
		fd = starttls_server(fd, IPPROTO_TCP, identity,
		    STARTTLS_NO_REMOTE_CERT, NULL, NULL, 0);
		if (fd == -1) {
			fprintf(stderr, "server: %s\n", tlspool_error());
			continue;
		}
		while (read(fd, &byte, 1) == 1)
			;
		(void)close(fd);
	}
	return NULL;
}

static void
begin_threads(const struct stream_options *o)
{
	static int listener;
	pthread_t thread;

	listener = o->listener;
	for (unsigned long i = 0; i < o->threads; i++)
		if (pthread_create(&thread, NULL, serve, &listener) != 0)
			errx(1, "a thread");
}

static void
begin(const struct stream_options *o)
{
	identity = o->name;
	npools = o->pools;
	if (o->threads > 0) {
		begin_threads(o);
		return;
	}
	if ((pools = calloc(npools, sizeof(*pools))) == NULL)
		err(1, "the pools");
	for (unsigned long i = 0; i < npools; i++) {
		struct pool *p = &pools[i];

		if ((p->pool = tlspool_new(NULL)) == NULL ||
		    (p->watch.fd = tlspool_fd(p->pool)) == -1)
			errx(1, "%s", tlspool_error());
		p->watch.ready = pool_ready;
		if (loop_watch(o->loop, &p->watch, EPOLLIN) != 0)
			err(1, "epoll");
	}
}

static void
done(struct tlspool_request *request, void *context)
{
	int fd = tlspool_take_fd(request);

	(void)context;
	if (fd != -1)
		server_add((struct stream){ .fd = fd });
	else
		fprintf(
		    stderr, "server: %s\n", tlspool_request_reason(request));
	tlspool_request_free(request);
}

static void
accepted(int fd)
{
	struct pool *p = &pools[next++ % npools];
	struct tlspool_request *request = tlspool_server(p->pool);

	if (request == NULL || tlspool_set_local_name(request, identity) != 0 ||
	    tlspool_set_flags(request, STARTTLS_NO_REMOTE_CERT) != 0 ||
	    tlspool_on_done(request, done, NULL) != 0 ||
	    tlspool_start(request, fd) != 0)
		errx(1, "%s", tlspool_error());
}

const struct stream_kind stream_pool = {
	.name = "pool",
	.begin = begin,
	.accepted = accepted,
	.read = plain_read,
	.write = plain_write,
	.pending = plain_pending,
	.close = plain_close,
};
