/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * server: the application of the benchmark, the same for all whom it
 * compares: it takes bytes, makes bytes, or answers requests (work.h), and
 * only how its connections carry them differs (stream.h).
 *
 *	server KIND PORT [name=… chain=… key=… pools=N threads=N]
 */
#include <config.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/bench/stream.h"
#include "test/bench/work.h"

enum {
	BACKLOG = 4096,
	TURNS = 4, /* reads or writes before the others have their turn */
};

struct connection {
	struct loop_watch watch;
	struct stream stream;
	uint8_t header[WORK_HEADER];
	size_t have;	   /* bytes of the header */
	uint64_t to_read;  /* of this piece of work */
	uint64_t to_write; /* … and when that is read */
};

static const struct stream_kind *const kinds[] = { &stream_plain, &stream_pool,
	&stream_gnutls, &stream_openssl };

static const struct stream_kind *kind;
static struct loop *loop;
static uint8_t input[WORK_BLOCK], output[WORK_BLOCK];

static void
drop(struct connection *c)
{
	loop_unwatch(&c->watch);
	kind->close(&c->stream);
	free(c);
}

/* The header is there: what does it ask for? false: nothing that we know. */
static bool
begin_work(struct connection *c)
{
	uint64_t count = work_count(c->header);

	switch (c->header[0]) {
	case WORK_UP:
		c->to_read = count;
		c->to_write = 1;
		return true;
	case WORK_DOWN:
		c->to_read = 0;
		c->to_write = count;
		return true;
	case WORK_REQUEST:
		if (count < WORK_HEADER)
			return false;
		c->to_read = count - WORK_HEADER;
		c->to_write = count;
		return true;
	default:
		return false;
	}
}

/* How much of what was read is used up before something is to be written. */
static ssize_t
take(struct connection *c, const uint8_t *data, size_t len)
{
	size_t used = 0, n;

	while (used < len) {
		if (c->have == WORK_HEADER) {
			n = c->to_read < len - used ? (size_t)c->to_read
						    : len - used;
			c->to_read -= n;
			used += n;
			if (c->to_read == 0)
				break;
			continue;
		}
		n = WORK_HEADER - c->have;
		n = n < len - used ? n : len - used;
		memcpy(c->header + c->have, data + used, n);
		used += n;
		if ((c->have += n) == WORK_HEADER && !begin_work(c))
			return -1;
		if (c->have == WORK_HEADER && c->to_read == 0)
			break;
	}
	return (ssize_t)used;
}

/* 1: go on, 0: wait, -1: it is over. */
static int
read_some(struct connection *c)
{
	ssize_t n = kind->read(&c->stream, input, sizeof(input));

	if (n == -1 && errno == EAGAIN)
		return 0;
	/* The client waits for an answer before it sends more, so nothing is
	 * ever left over. */
	if (n <= 0 || take(c, input, (size_t)n) != n)
		return -1;
	if (c->have == WORK_HEADER && c->to_read == 0)
		return 1;
	/* What a TLS library has decrypted, no descriptor tells of. */
	return kind->pending(&c->stream) ? 1 : 0;
}

static int
write_some(struct connection *c)
{
	size_t len =
	    c->to_write < sizeof(output) ? (size_t)c->to_write : sizeof(output);
	ssize_t n = kind->write(&c->stream, output, len);

	if (n == -1)
		return errno == EAGAIN ? 0 : -1;
	c->to_write -= (size_t)n;
	if (c->to_write == 0)
		c->have = 0;
	return 1;
}

static bool
writes(const struct connection *c)
{
	return c->have == WORK_HEADER && c->to_read == 0;
}

static void
ready(struct loop_watch *w, uint32_t events)
{
	struct connection *c = container_of(w, struct connection, watch);
	bool wrote;
	int r = 1;

	(void)events;
	for (int i = 0; r == 1 && i < TURNS; i++) {
		wrote = writes(c);
		r = wrote ? write_some(c) : read_some(c);
		/* Most of the time nothing more is there yet. */
		if (wrote && r == 1 && !writes(c) && !kind->pending(&c->stream))
			break;
	}
	if (r == -1)
		drop(c);
	else
		loop_watch_set(w, writes(c) ? EPOLLOUT : EPOLLIN);
}

void
server_add(struct stream stream)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (c == NULL)
		err(1, "a connection");
	c->stream = stream;
	c->watch.fd = stream.fd;
	c->watch.ready = ready;
	if (loop_watch(loop, &c->watch, EPOLLIN) != 0)
		err(1, "epoll");
}

static void
accept_ready(struct loop_watch *w, uint32_t events)
{
	int one = 1, fd;

	(void)events;
	fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd == -1) {
		if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR)
			return;
		err(1, "accept");
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	kind->accepted(fd);
}

static int
listen_on(const char *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)atoi(port)) };
	int one = 1, fd;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    listen(fd, BACKLOG) != 0)
		err(1, "port %s", port);
	return fd;
}

static void
parse(struct stream_options *o, char *word)
{
	char *value = strchr(word, '=');

	if (value == NULL)
		errx(2, "%s: not KEY=VALUE", word);
	*value++ = '\0';
	if (strcmp(word, "name") == 0)
		o->name = value;
	else if (strcmp(word, "chain") == 0)
		o->chain = value;
	else if (strcmp(word, "key") == 0)
		o->key = value;
	else if (strcmp(word, "pools") == 0)
		o->pools = strtoul(value, NULL, 10);
	else if (strcmp(word, "threads") == 0)
		o->threads = strtoul(value, NULL, 10);
	else
		errx(2, "%s: unknown", word);
}

int
main(int argc, char **argv)
{
	struct stream_options options = { .pools = 1 };
	struct loop_watch listener = { .ready = accept_ready };

	if (argc < 3)
		errx(2, "usage: server KIND PORT [KEY=VALUE …]");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i]->name, argv[1]) == 0)
			kind = kinds[i];
	if (kind == NULL)
		errx(2, "%s: no such kind", argv[1]);
	for (int i = 3; i < argc; i++)
		parse(&options, argv[i]);
	(void)signal(SIGPIPE, SIG_IGN);
	if ((loop = options.loop = loop_new()) == NULL)
		err(1, "loop");
	options.listener = listener.fd = listen_on(argv[2]);
	kind->begin(&options);
	if (options.threads == 0 && loop_watch(loop, &listener, EPOLLIN) != 0)
		err(1, "epoll");
	return loop_run(loop) == 0 ? 0 : 1;
}
