/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * connection: the applications' connections of this worker.
 */
#include <stdlib.h>
#include <unistd.h>

#include "daemon/ipc/hash.h"
#include "daemon/sys/outbox.h"
#include "daemon/sys/role.h"
#include "daemon/worker/connection.h"
#include "daemon/worker/session.h"

struct connection {
	UT_hash_handle hh;
	uint64_t number;
	struct loop_watch watch; /* only while something waits */
	struct outbox outbox;
	struct session *handshakes;
};

static struct connection *connections;

static struct connection *
find(uint64_t number)
{
	struct connection *c;

	HASH_FIND(hh, connections, &number, sizeof(number), c);
	return c;
}

static void
forget(struct connection *c)
{
	session_disconnected(&c->handshakes);
	HASH_DEL(connections, c);
	loop_unwatch(&c->watch);
	(void)close(c->watch.fd);
	outbox_clear(&c->outbox);
	free(c);
}

/* Front notices the end of a connection; here it only means that nothing
 * more can be sent. */
static void
writable(struct loop_watch *w, uint32_t events)
{
	struct connection *c = container_of(w, struct connection, watch);

	(void)events;
	if (outbox_flush(&c->outbox, w->fd) != 0)
		outbox_clear(&c->outbox);
	if (!outbox_waiting(&c->outbox))
		loop_unwatch(w);
}

int
connection_add(uint64_t number, int fd)
{
	struct connection *c;

	if (find(number) != NULL || (c = calloc(1, sizeof(*c))) == NULL) {
		(void)close(fd);
		return -1;
	}
	c->number = number;
	c->watch.fd = fd;
	c->watch.ready = writable;
	HASH_ADD(hh, connections, number, sizeof(c->number), c);
	return 0;
}

void
connection_remove(uint64_t number)
{
	struct connection *c = find(number);

	if (c != NULL)
		forget(c);
}

void
connection_remove_all(void)
{
	struct connection *c, *next;

	HASH_ITER(hh, connections, c, next)
	{
		forget(c);
	}
}

int
connection_send(uint64_t number, const struct message_schema *schema,
    uint32_t request, const void *msg, int fd)
{
	struct connection *c = find(number);

	if (c == NULL) {
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	if (outbox_send(&c->outbox, c->watch.fd, schema, request, msg, fd) != 0)
		return -1;
	if (outbox_waiting(&c->outbox) && c->watch.loop == NULL)
		(void)loop_watch(role.loop, &c->watch, EPOLLOUT);
	return 0;
}

struct session **
connection_handshakes(uint64_t number)
{
	struct connection *c = find(number);

	return c != NULL ? &c->handshakes : NULL;
}
