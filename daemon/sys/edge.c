/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * edge: the sockets of a role to the others, and what arrives on them.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/sys/edge.h"
#include "daemon/sys/log.h"

enum {
	MESSAGES_PER_TURN = 64, /* of one edge, so that no other starves */
	MOST_WAITING = 64 * 1024 * 1024, /* bytes, to one edge */
};

/* A message that the socket had no room for. */
struct edge_message {
	struct edge_message *next;
	size_t len;
	unsigned nfds;
	int fds[MESSAGE_MAX_FDS];
	uint8_t data[];
};

/* The control socket: an edge like others, to the parent. */
static struct edge parent = { .role = ROLE_PARENT };
/* Of an edge, and of another one that is heard in the middle of it. */
static struct packet packets[2][CHANNEL_SOME];
static unsigned depth;
static struct edge *dead; /* closed, and maybe still on somebody's stack */
static bool announced;	  /* the role hears of edges that come and go */

static void edge_ready(struct loop_watch *, uint32_t);
static void drop_first(struct edge *);

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
	while (edge->first != NULL)
		drop_first(edge);
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

/* Takes the first waiting message out. */
static void
drop_first(struct edge *edge)
{
	struct edge_message *m = edge->first;

	edge->first = m->next;
	edge->waiting -= m->len;
	for (unsigned i = 0; i < m->nfds; i++)
		(void)close(m->fds[i]);
	free(m);
}

void
edge_flush(struct edge *edge)
{
	const struct edge_message *m;

	while ((m = edge->first) != NULL) {
		if (channel_send(edge->watch.fd, m->data, m->len, m->fds,
			m->nfds, 0) != 0) {
			if (errno == EAGAIN)
				return;
			/* Nobody is there: receiving will find the end. */
			while (edge->first != NULL)
				drop_first(edge);
			break;
		}
		drop_first(edge);
	}
	loop_watch_set(&edge->watch, EPOLLIN);
}

/* Puts a message, with copies of its descriptors, behind those that wait. */
static int
keep(struct edge *edge, const uint8_t *data, size_t len, const int *fds,
    unsigned nfds)
{
	struct edge_message *m;

	if (edge->waiting + len > MOST_WAITING) {
		errno = EAGAIN;
		return -1;
	}
	if ((m = malloc(sizeof(*m) + len)) == NULL)
		return -1;
	*m = (struct edge_message){ .len = len };
	memcpy(m->data, data, len);
	for (; m->nfds < nfds; m->nfds++) {
		m->fds[m->nfds] = fcntl(fds[m->nfds], F_DUPFD_CLOEXEC, 0);
		if (m->fds[m->nfds] == -1)
			goto err;
	}
	if (edge->first == NULL)
		edge->last = &edge->first;
	*edge->last = m;
	edge->last = &m->next;
	edge->waiting += len;
	loop_watch_set(&edge->watch, EPOLLIN | EPOLLOUT);
	return 0;

err:
	while (m->nfds > 0)
		(void)close(m->fds[--m->nfds]);
	free(m);
	return -1;
}

int
edge_send(struct edge *edge, const struct message_schema *schema,
    uint32_t request, const void *msg, const int *fds, unsigned nfds)
{
	static uint8_t data[MESSAGE_MAX];
	int len;

	if (edge->watch.fd == -1) {
		errno = EPIPE;
		return -1;
	}
	if (nfds > MESSAGE_MAX_FDS) {
		errno = EINVAL;
		return -1;
	}
	len = message_encode(schema, request, msg, data, sizeof(data));
	if (len == -1)
		return -1;
	if (edge->first == NULL) {
		if (channel_send(
			edge->watch.fd, data, (size_t)len, fds, nfds, 0) == 0)
			return 0;
		if (errno != EAGAIN)
			return -1;
	}
	return keep(edge, data, (size_t)len, fds, nfds);
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
edge_received(struct edge *edge, struct packet *p)
{
	switch (p->error) {
	case 0:
		(void)edge_message(edge, p);
		packet_close_fds(p);
		break;
	case EBADMSG:
		edge_fault(edge, "bytes that are not a message");
		break;
	case EPIPE:
		edge_close(edge);
		break;
	default:
		break; /* lost, for want of descriptors: nobody's fault */
	}
}

/* Receives some messages and handles them; how many, or -1: no more now. */
static int
edge_receive(struct edge *edge)
{
	int (*hear)(const struct edge *) = role.calls->hear;
	struct packet *p = packets[depth];
	int n, i = 0;

	n = channel_recv_some(edge->watch.fd, p);
	if (n == -1) {
		if (errno != EAGAIN)
			edge_close(edge);
		return -1;
	}
	depth++;
	if (hear == NULL || hear(edge) == 0)
		for (; i < n && edge->watch.fd != -1; i++)
			edge_received(edge, &p[i]);
	for (; i < n; i++)
		packet_close_fds(&p[i]);
	depth--;
	return n;
}

void
edge_hear(struct edge *edge)
{
	int n = CHANNEL_SOME;

	for (int i = 0;
	     i < MESSAGES_PER_TURN && n == CHANNEL_SOME && edge->watch.fd != -1;
	     i += n)
		n = edge_receive(edge);
}

static void
edge_ready(struct loop_watch *watch, uint32_t events)
{
	struct edge *edge = container_of(watch, struct edge, watch);

	if (events & EPOLLOUT)
		edge_flush(edge);
	edge_hear(edge);
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
	while (parent.first != NULL)
		drop_first(&parent);
	while (role.edges != NULL)
		edge_close(role.edges);
	edges_bury();
}
