/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * client: the connections of applications and of administrators.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/front/admin.h"
#include "daemon/front/client.h"
#include "daemon/front/dispatch.h"
#include "daemon/front/quota.h"
#include "daemon/front/start.h"
#include "daemon/ipc/app.h"
#include "daemon/sys/log.h"
#include "daemon/sys/role.h"

static struct client *clients;
static unsigned nclients;
static uint64_t last_number;
static bool listening = true;
static struct packet packets[CHANNEL_SOME];
/* What came, as it came: decoding changes it. */
static uint8_t raw[MESSAGE_MAX];

static void
end(struct client *c)
{
	*c->prev = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	nclients--;
	dispatch_disconnect(c);
	loop_unwatch(&c->watch);
	(void)close(c->watch.fd);
	outbox_clear(&c->outbox);
	quota_give(c->who.uid, QUOTA_CONNECTIONS);
	requester_free(&c->who);
	free(c);
}

void
client_send(struct client *c, const struct message_schema *schema,
    uint32_t request, const void *msg)
{
	if (outbox_send(&c->outbox, c->watch.fd, schema, request, msg, -1) != 0)
		c->gone = true;
	else if (outbox_waiting(&c->outbox) && c->watch.loop != NULL)
		loop_watch_set(&c->watch, EPOLLOUT);
}

void
client_fail(struct client *c, uint32_t request, int error, const char *reason)
{
	struct failed msg = { .error = (uint32_t)error, .reason = reason };

	front_counters.refused++;
	log_notice("request-refused", "uid=%u error=%s reason=\"%s\"",
	    (unsigned)c->who.uid, strerrorname_np(error), reason);
	client_send(c, &failed_schema, request, &msg);
}

static int
start_received(struct client *c, struct packet *p)
{
	struct start start;
	struct blob copy = { raw, p->len };
	const char *reason;
	int error;

	memcpy(raw, p->data, p->len);
	if (packet_decode(&start_schema, p, &start) != 0) {
		if (errno != EOPNOTSUPP)
			return -1;
		client_fail(c, p->header.request, EOPNOTSUPP, message_error());
		return 0;
	}
	if (p->nfds != (start.early ? 2U : 1U))
		return -1;
	if ((error = start_check(&start, &reason)) != 0)
		client_fail(c, p->header.request, error, reason);
	else
		dispatch_start(c, p->header.request, &start, copy, p);
	return 0;
}

static int
answer_received(struct client *c, struct packet *p)
{
	struct answer answer;
	struct blob copy = { raw, p->len };

	memcpy(raw, p->data, p->len);
	if (packet_decode(&answer_schema, p, &answer) != 0)
		return -1;
	dispatch_answer(c, p->header.request, copy);
	return 0;
}

static int
cancel_received(struct client *c, struct packet *p)
{
	struct cancel cancel;

	if (packet_decode(&cancel_schema, p, &cancel) != 0)
		return -1;
	dispatch_cancel(c, p->header.request);
	return 0;
}

static int
ping_received(struct client *c, struct packet *p)
{
	struct pong pong = { .version = PACKAGE_VERSION };
	struct ping ping;

	if (packet_decode(&ping_schema, p, &ping) != 0)
		return -1;
	client_send(c, &pong_schema, p->header.request, &pong);
	return 0;
}

static const struct {
	uint8_t type;
	int (*received)(struct client *, struct packet *);
} handlers[] = {
	{ APP_START, start_received },
	{ APP_ANSWER, answer_received },
	{ APP_CANCEL, cancel_received },
	{ APP_PING, ping_received },
};

/* 0, or -1: it is malformed. */
static int
received(struct client *c, struct packet *p)
{
	if (c->admin && admin_route(p->header.type) != ROLES)
		return admin_received(c, p);
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
		if (handlers[i].type == p->header.type)
			return handlers[i].received(c, p);
	client_fail(c, p->header.request, EOPNOTSUPP,
	    "a message that this daemon does not know");
	return 0;
}

/* One message, or why there is none. */
static void
take(struct client *c, struct packet *p)
{
	int r = -1;

	errno = p->error;
	if (p->error == 0)
		r = received(c, p);
	if (r != 0 && errno != EPIPE)
		log_notice("malformed-message", "uid=%u reason=\"%s\"",
		    (unsigned)c->who.uid,
		    errno == EBADMSG ? message_error() : strerror(errno));
	if (r != 0)
		c->gone = true;
	packet_close_fds(p);
}

/*
 * Some messages of one client, so that no other starves.  Who does not read
 * his answers is not listened to after these.
 */
static void
receive(struct client *c)
{
	int n = channel_recv_some(c->watch.fd, packets);

	if (n == -1 && errno != EAGAIN)
		c->gone = true;
	for (int i = 0; i < n; i++) {
		if (c->gone)
			packet_close_fds(&packets[i]);
		else
			take(c, &packets[i]);
	}
}

static void
ready(struct loop_watch *w, uint32_t events)
{
	struct client *c = container_of(w, struct client, watch);

	if (events & EPOLLOUT) {
		if (outbox_flush(&c->outbox, w->fd) != 0)
			c->gone = true;
		else if (!outbox_waiting(&c->outbox))
			loop_watch_set(w, EPOLLIN);
	}
	if (!c->gone && (events & ~(uint32_t)EPOLLOUT) != 0)
		receive(c);
	if (c->gone)
		end(c);
}

void
client_new(int sock, bool admin)
{
	struct client *c = calloc(1, sizeof(*c));
	bool counted = false;

	if (c == NULL || requester_ask(sock, &c->who) != 0) {
		log_notice("connection-refused", "reason=\"%s\"",
		    errno == E2BIG ? "its user is in too many groups"
				   : strerror(errno));
		goto err;
	}
	if (admin && !admin_allowed(c->who.uid)) {
		log_notice(
		    "administration-refused", "uid=%u", (unsigned)c->who.uid);
		goto err;
	}
	counted = quota_take(c->who.uid, QUOTA_CONNECTIONS) == 0;
	if (!counted) {
		log_notice("connection-refused",
		    "uid=%u reason=\"its quota of connections is used up\"",
		    (unsigned)c->who.uid);
		goto err;
	}
	c->number = ++last_number;
	c->admin = admin;
	c->watch.fd = sock;
	c->watch.ready = ready;
	if (listening && loop_watch(role.loop, &c->watch, EPOLLIN) != 0)
		goto err;
	c->next = clients;
	c->prev = &clients;
	if (c->next != NULL)
		c->next->prev = &c->next;
	clients = c;
	nclients++;
	return;
err:
	if (counted)
		quota_give(c->who.uid, QUOTA_CONNECTIONS);
	if (c != NULL)
		requester_free(&c->who);
	free(c);
	(void)close(sock);
}

void
clients_unknown_to(uint32_t worker)
{
	for (struct client *c = clients; c != NULL; c = c->next)
		c->known &= ~(UINT64_C(1) << worker);
}

void
clients_listen(bool yes)
{
	if (listening == yes)
		return;
	listening = yes;
	for (struct client *c = clients; c != NULL; c = c->next) {
		if (!yes)
			loop_unwatch(&c->watch);
		else
			(void)loop_watch(role.loop, &c->watch,
			    outbox_waiting(&c->outbox) ? EPOLLOUT : EPOLLIN);
	}
}

unsigned
clients_count(void)
{
	return nclients;
}

void
clients_forget(void)
{
	while (clients != NULL)
		end(clients);
}
