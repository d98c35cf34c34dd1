/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * connection: the applications' connections of this worker.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
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
	struct outbox outbox;	 /* under waiting_lock, as the watch */
	struct loop_watch watch; /* only while something waits … */
	atomic_bool waiting;	 /* … which this says, without the lock */
	struct session *handshakes;
};

/*
 * Both threads send, and neither waits for the other to have sent: a write that
 * wakes the application may take as long as the application runs.  So the
 * table's lock is only for reading there, and that of what waits is taken
 * when something does.
 */
static pthread_rwlock_t table_lock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t waiting_lock = PTHREAD_MUTEX_INITIALIZER;

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
	(void)pthread_rwlock_wrlock(&table_lock);
	HASH_DEL(connections, c);
	(void)pthread_rwlock_unlock(&table_lock);
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
	(void)pthread_mutex_lock(&waiting_lock);
	if (outbox_flush(&c->outbox, w->fd) != 0)
		outbox_clear(&c->outbox);
	if (!outbox_waiting(&c->outbox)) {
		loop_unwatch(w);
		atomic_store(&c->waiting, false);
	}
	(void)pthread_mutex_unlock(&waiting_lock);
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
	(void)pthread_rwlock_wrlock(&table_lock);
	HASH_ADD(hh, connections, number, sizeof(c->number), c);
	(void)pthread_rwlock_unlock(&table_lock);
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

/* What an empty outbox did not get rid of waits with the rest. */
static void
wait_for_room(struct connection *c, struct outbox *kept)
{
	outbox_join(&c->outbox, kept);
	if (!outbox_waiting(&c->outbox) || c->watch.loop != NULL)
		return;
	atomic_store(&c->waiting, true);
	/* The main thread's loop, whoever this is. */
	(void)loop_watch(role.loop, &c->watch, EPOLLOUT);
}

/* A session's messages keep their order: if one waits, the next finds that. */
static int
send_to(struct connection *c, const struct message_schema *schema,
    uint32_t request, const void *msg, int fd)
{
	struct outbox own = { .first = NULL };
	bool behind = atomic_load(&c->waiting);
	int rv;

	if (!behind) {
		rv = outbox_send(&own, c->watch.fd, schema, request, msg, fd);
		if (!outbox_waiting(&own))
			return rv;
	}
	(void)pthread_mutex_lock(&waiting_lock);
	if (behind)
		rv = outbox_send(
		    &c->outbox, c->watch.fd, schema, request, msg, fd);
	wait_for_room(c, &own);
	(void)pthread_mutex_unlock(&waiting_lock);
	return rv;
}

int
connection_send(uint64_t number, const struct message_schema *schema,
    uint32_t request, const void *msg, int fd)
{
	struct connection *c;
	int rv = -1;

	(void)pthread_rwlock_rdlock(&table_lock);
	if ((c = find(number)) != NULL)
		rv = send_to(c, schema, request, msg, fd);
	else if (fd != -1)
		(void)close(fd);
	(void)pthread_rwlock_unlock(&table_lock);
	return rv;
}

struct session **
connection_handshakes(uint64_t number)
{
	struct connection *c = find(number);

	return c != NULL ? &c->handshakes : NULL;
}
