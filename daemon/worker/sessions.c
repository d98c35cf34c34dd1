/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * sessions: the table of this worker's sessions.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ipc/dispatch.h"
#include "daemon/sys/role.h"
#include "daemon/worker/connection.h"
#include "daemon/worker/credentials.h"
#include "daemon/worker/crowd.h"
#include "daemon/worker/sessions.h"

static struct session *by_id, *by_serial;
static uint32_t last_serial;

struct session *
session_by_id(uint64_t id)
{
	struct session *s;

	HASH_FIND(by_id, by_id, &id, sizeof(id), s);
	return s;
}

struct session *
session_by_serial(uint32_t serial)
{
	struct session *s;

	HASH_FIND(by_serial, by_serial, &serial, sizeof(serial), s);
	return s;
}

struct session **
sessions_list(uint64_t after, size_t *n)
{
	struct session *s, *next, **list;

	*n = 0;
	list = malloc((sessions_count() + 1) * sizeof(struct session *));
	if (list == NULL)
		return NULL;
	HASH_ITER(by_id, by_id, s, next)
	{
		if (s->id > after)
			list[(*n)++] = s;
	}
	return list;
}

unsigned
sessions_count(void)
{
	return HASH_CNT(by_id, by_id);
}

void
sessions_each(void (*call)(struct session *, void *), void *arg)
{
	struct session *s, *next;

	HASH_ITER(by_id, by_id, s, next)
	{
		call(s, arg);
	}
}

/* Its handshake is no longer one of its connection's. */
static void
leave_connection(struct session *s)
{
	if (s->prev == NULL)
		return;
	*s->prev = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	s->prev = NULL;
	s->next = NULL;
}

void
attempt_free(struct session *s)
{
	struct attempt *a = s->attempt;

	if (a == NULL)
		return;
	loop_timer_cancel(role.loop, &a->deadline);
	leave_connection(s);
	gnutls_free(a->signature);
	free(a->reason);
	free(a->message);
	free((void *)(uintptr_t)a->grant.data);
	free(a);
	s->attempt = NULL;
}

void
session_free(struct session *s)
{
	HASH_DELETE(by_id, by_id, s);
	HASH_DELETE(by_serial, by_serial, s);
	attempt_free(s);
	if (s->tls != NULL)
		gnutls_deinit(s->tls);
	transport_close(&s->transport);
	if (s->plaintext != -1)
		(void)close(s->plaintext);
	credentials_unref(s->credentials);
	free(s->relay);
	free(s->local_name);
	free(s->server_name);
	free(s->peer_name);
	free(s->method);
	free(s->evidence);
	free(s->service);
	free(s->resumption);
	free(s);
	crowd_changed(sessions_count());
}

static struct blob
copy_blob(struct blob b)
{
	uint8_t *data = malloc(b.len + 1); /* decoding writes behind it */

	if (data != NULL)
		memcpy(data, b.data, b.len);
	return (struct blob){ data, b.len };
}

static struct session *
make(const struct dispatch_start *d)
{
	struct session *s = calloc(1, sizeof(*s));
	struct attempt *a = calloc(1, sizeof(*a));
	struct message_header h;
	struct blob message = copy_blob(d->start);

	if (s == NULL || a == NULL || message.data == NULL ||
	    (a->grant = copy_blob(d->grant)).data == NULL ||
	    message_peek(message.data, message.len, &h) != 0)
		goto err;
	a->message = (uint8_t *)(uintptr_t)message.data;
	if (message_decode(&start_schema, a->message, message.len, &a->start) !=
	    0)
		goto err;
	s->attempt = a;
	s->id = d->session;
	do {
		s->serial = ++last_serial;
	} while (s->serial == 0 || session_by_serial(s->serial) != NULL);
	a->serial = s->serial;
	s->request = h.request;
	s->connection = d->connection;
	s->uid = d->uid;
	s->role = a->start.role;
	s->flags = a->start.flags;
	s->events = a->start.events;
	/* What is to be explained must not rest on what was known before. */
	if (s->events & APP_EVENT_TRACE)
		s->flags |= APP_NO_CACHE_READ;
	s->since = time(NULL);
	s->transport.fd = s->plaintext = -1;
	if (a->start.service != NULL)
		s->service = strdup(a->start.service);
	return s;
err:
	free((void *)(uintptr_t)message.data);
	if (a != NULL)
		free((void *)(uintptr_t)a->grant.data);
	free(a);
	free(s);
	return NULL;
}

static void
enlist(struct session *s)
{
	struct session **handshakes = connection_handshakes(s->connection);

	HASH_ADD(by_id, by_id, id, sizeof(s->id), s);
	HASH_ADD(by_serial, by_serial, serial, sizeof(s->serial), s);
	crowd_changed(sessions_count());
	if (handshakes == NULL)
		return;
	s->next = *handshakes;
	s->prev = handshakes;
	if (s->next != NULL)
		s->next->prev = &s->next;
	*handshakes = s;
}

struct session *
session_new(const struct dispatch_start *d)
{
	struct session *s;

	if (session_by_id(d->session) != NULL || (s = make(d)) == NULL)
		return NULL;
	enlist(s);
	return s;
}
