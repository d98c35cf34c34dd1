/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * sessions: the table of this worker's sessions.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ipc/dispatch.h"
#include "daemon/sys/numbers.h"
#include "daemon/sys/role.h"
#include "daemon/worker/connection.h"
#include "daemon/worker/credentials.h"
#include "daemon/worker/crowd.h"
#include "daemon/worker/sessions.h"

static struct numbers by_id;	 /* all of them */
static struct numbers by_serial; /* attempts */
static uint32_t last_serial;

struct session *
session_by_id(uint64_t id)
{
	struct numbered *n = numbers_find(&by_id, id);

	return n != NULL ? container_of(n, struct session, by_id) : NULL;
}

struct session *
session_by_serial(uint32_t serial)
{
	struct numbered *n = numbers_find(&by_serial, serial);

	return n != NULL ? container_of(n, struct attempt, by_serial)->session
			 : NULL;
}

struct session **
sessions_list(uint64_t after, size_t *n)
{
	struct numbered *i = NULL;
	struct session *s, **list;

	*n = 0;
	list = malloc((sessions_count() + 1) * sizeof(struct session *));
	if (list == NULL)
		return NULL;
	while ((i = numbers_next(&by_id, i)) != NULL) {
		s = container_of(i, struct session, by_id);
		if (s->id > after)
			list[(*n)++] = s;
	}
	return list;
}

unsigned
sessions_count(void)
{
	return (unsigned)by_id.count;
}

void
sessions_each(void (*call)(struct session *, void *), void *arg)
{
	struct numbered *i, *next;

	for (i = numbers_next(&by_id, NULL); i != NULL; i = next) {
		next = numbers_next(&by_id, i);
		call(container_of(i, struct session, by_id), arg);
	}
}

static void
join_connection(struct session *s)
{
	struct session **handshakes = connection_handshakes(s->connection);
	struct attempt *a = s->attempt;

	if (handshakes == NULL)
		return;
	a->next = *handshakes;
	a->prev = handshakes;
	if (a->next != NULL)
		a->next->attempt->prev = &a->next;
	*handshakes = s;
}

static void
leave_connection(const struct attempt *a)
{
	if (a->prev == NULL)
		return;
	*a->prev = a->next;
	if (a->next != NULL)
		a->next->attempt->prev = a->prev;
}

void
attempt_free(struct session *s)
{
	struct attempt *a = s->attempt;

	if (a == NULL)
		return;
	loop_timer_cancel(role.loop, &a->deadline);
	leave_connection(a);
	numbers_remove(&by_serial, &a->by_serial);
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
	numbers_remove(&by_id, &s->by_id);
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

static int
enlist(struct session *s)
{
	struct attempt *a = s->attempt;

	do {
		a->serial = ++last_serial;
	} while (a->serial == 0 || session_by_serial(a->serial) != NULL);
	if (numbers_add(&by_id, &s->by_id, s->id) != 0)
		return -1;
	if (numbers_add(&by_serial, &a->by_serial, a->serial) == 0)
		return 0;
	numbers_remove(&by_id, &s->by_id);
	return -1;
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
	a->session = s;
	s->id = d->session;
	if (enlist(s) != 0)
		goto err;
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

struct session *
session_new(const struct dispatch_start *d)
{
	struct session *s;

	if (session_by_id(d->session) != NULL || (s = make(d)) == NULL)
		return NULL;
	join_connection(s);
	crowd_changed(sessions_count());
	return s;
}
