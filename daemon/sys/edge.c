/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * edge: the sockets of a role to the others, and what arrives on them.
 */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/sys/edge.h"
#include "daemon/sys/log.h"

enum {
	MESSAGES_PER_TURN = 64, /* of one edge, so that no other starves */
	PATIENCE = 300,		/* milliseconds, for a full socket */
};

/* The control socket: an edge like others, to the parent. */
static struct edge parent = { .role = ROLE_PARENT };
static struct packet packet;
static struct edge *dead; /* closed, and maybe still on somebody's stack */
static bool announced;	  /* the role hears of edges that come and go */

static void edge_ready(struct loop_watch *, uint32_t);

struct edge *
role_edge(enum role to, uint32_t index)
{
	if (to == ROLE_PARENT)
		return &parent;
	for (struct edge *e = role.edges; e != NULL; e = e->next)
		if (e->role == to && e->index == index)
			return e;
	return NULL;
}

/* Closes an edge.  Its memory stays until no caller can hold it any more. */
static void
edge_close(struct edge *edge)
{
	struct edge **e;

	if (edge->watch.fd == -1)
		return;
	loop_unwatch(&edge->watch);
	(void)close(edge->watch.fd);
	edge->watch.fd = -1;
	for (e = &role.edges; *e != NULL && *e != edge; e = &(*e)->next)
		;
	if (*e != NULL)
		*e = edge->next;
	edge->next = dead;
	dead = edge;
	if (announced && role.calls->edge_down != NULL)
		role.calls->edge_down(edge);
}

void
edges_bury(void)
{
	struct edge *next;

	for (; dead != NULL; dead = next) {
		next = dead->next;
		free(dead);
	}
}

int
edges_open(enum role to, uint32_t index, int fd)
{
	struct edge *edge;

	if ((edge = role_edge(to, index)) != NULL)
		edge_close(edge);
	if ((edge = calloc(1, sizeof(*edge))) == NULL)
		return -1;
	edge->role = to;
	edge->index = index;
	edge->watch.fd = fd;
	edge->watch.ready = edge_ready;
	if (loop_watch(role.loop, &edge->watch, EPOLLIN) != 0) {
		free(edge);
		return -1;
	}
	edge->next = role.edges;
	role.edges = edge;
	if (announced && role.calls->edge_up != NULL)
		role.calls->edge_up(edge);
	return 0;
}

/* Sends, and where there is no room waits a little for some, once. */
static int
send_patiently(int fd, const struct message_schema *schema, uint32_t request,
    const void *msg, const int *fds, unsigned nfds)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	int rv;

	rv = message_send(fd, schema, request, msg, fds, nfds, 0);
	if (rv == 0 || errno != EAGAIN)
		return rv;
	if (poll(&pfd, 1, PATIENCE) == 1)
		return message_send(fd, schema, request, msg, fds, nfds, 0);
	errno = EAGAIN;
	return -1;
}

int
edge_send(struct edge *edge, const struct message_schema *schema,
    uint32_t request, const void *msg, const int *fds, unsigned nfds)
{
	if (edge->watch.fd == -1) {
		errno = EPIPE;
		return -1;
	}
	return send_patiently(edge->watch.fd, schema, request, msg, fds, nfds);
}

void
edge_fault(struct edge *edge, const char *reason)
{
	struct control_fault msg = {
		.role = (uint8_t)edge->role,
		.index = edge->index,
		.reason = reason,
	};

	if (edge->watch.fd == -1 || edge == &parent)
		return;
	log_error("edge-fault", "role=%s index=%u reason=\"%s\"",
	    role_name(edge->role), edge->index, reason);
	if (edge_send(&parent, &control_fault_schema, 0, &msg, NULL, 0) != 0)
		log_error("edge-fault-unreported", "role=%s index=%u",
		    role_name(edge->role), edge->index);
	edge_close(edge);
}

static const struct edge_handler *
find_handler(enum role from, uint8_t type)
{
	const struct edge_handler *h = role.calls->handlers;

	for (size_t i = 0; i < role.calls->nhandlers; i++)
		if (h[i].from == from && h[i].schema->type == type)
			return &h[i];
	return NULL;
}

/* Handles one message of an edge: 0, or -1 where it was a fault. */
static int
edge_message(struct edge *edge, struct packet *p)
{
	union {
		max_align_t align;
		unsigned char bytes[512]; /* the decoded struct */
	} msg;
	const struct edge_handler *h;
	char reason[160];

	h = find_handler(edge->role, p->header.type);
	if (h == NULL || h->schema->size > sizeof(msg)) {
		(void)snprintf(reason, sizeof(reason),
		    "a message of type %u, which is not expected",
		    p->header.type);
		edge_fault(edge, reason);
		return -1;
	}
	if (packet_decode(h->schema, p, &msg) != 0) {
		edge_fault(edge, message_error());
		return -1;
	}
	if (h->handle(edge, p, &msg) != 0) {
		(void)snprintf(reason, sizeof(reason),
		    "a message %s that it never should have sent",
		    h->schema->name);
		edge_fault(edge, reason);
		return -1;
	}
	return 0;
}

static void
edge_ready(struct loop_watch *watch, uint32_t events)
{
	struct edge *edge = container_of(watch, struct edge, watch);
	int n;

	for (int i = 0; i < MESSAGES_PER_TURN && edge->watch.fd != -1; i++) {
		n = channel_recv(edge->watch.fd, &packet, 0);
		if (n == 1) {
			role_take_grant_keys();
			if (edge->watch.fd != -1)
				(void)edge_message(edge, &packet);
			packet_close_fds(&packet);
			continue;
		}
		if (n == -1 && errno == EAGAIN)
			break;
		if (n == -1 && (errno == EBADMSG || errno == EMSGSIZE))
			edge_fault(edge, "bytes that are not a message");
		else if (n == 0 || (errno != EMFILE && errno != ENFILE))
			edge_close(edge);
		break;
	}
	edges_bury();
}

void
edges_announce(bool yes)
{
	announced = yes;
	if (!yes || role.calls->edge_up == NULL)
		return;
	for (struct edge *e = role.edges; e != NULL; e = e->next)
		role.calls->edge_up(e);
}

void
edges_close(void)
{
	while (role.edges != NULL)
		edge_close(role.edges);
	edges_bury();
}
