/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * messages: the table of what the parent listens to.  Whoever says anything
 * else is killed, and replaced.
 */
#include <config.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ipc/admin.h"
#include "daemon/ipc/channel.h"
#include "daemon/parent/edges.h"
#include "daemon/parent/journal.h"
#include "daemon/parent/messages.h"
#include "daemon/parent/process.h"
#include "daemon/parent/reload.h"
#include "daemon/parent/stop.h"
#include "daemon/parent/supervise.h"
#include "daemon/sys/log.h"
#include "daemon/sys/role.h"

enum { MESSAGES_PER_TURN = 64 };

static int
on_ready(struct process *p, struct packet *packet, void *m)
{
	if (p->ready)
		return -1;
	supervise_ready(p);
	return 0;
}

static int
on_log(struct process *p, struct packet *packet, void *m)
{
	const struct control_log *msg = m;

	journal_line(p->role, p->index, msg->priority, msg->event, msg->text);
	return 0;
}

static int
on_fault(struct process *p, struct packet *packet, void *m)
{
	const struct control_fault *msg = m;
	struct process *other;

	/* Only who can hear somebody can complain of him. */
	other = pool_find((enum role)msg->role, msg->index);
	if (other == NULL || !edges_joined(p->role, other->role))
		return -1;
	log_error("role-faulted", "role=%s index=%u by=%s reason=\"%s\"",
	    role_name(other->role), other->index, role_name(p->role),
	    msg->reason);
	process_kill(other);
	return 0;
}

static int
on_alive(struct process *p, struct packet *packet, void *m)
{
	p->silent = 0;
	return 0;
}

static int
on_drained(struct process *p, struct packet *packet, void *m)
{
	p->drained = true;
	stop_progress();
	return 0;
}

/*
 * Administration: front passes a request with the connection to answer on.
 */

static void
answer_status(int connection, uint32_t request)
{
	struct admin_status_ans answer = { 0 };

	admin_status_fill(&answer);
	answer.restarts = pool.restarts;
	answer.workers = pool.settings.config->workers;
	answer.authorizer = pool.settings.config->plugin != NULL;
	answer.version = PACKAGE_VERSION;
	admin_answer(connection, &admin_status_ans_schema, request, &answer);
}

static void
answer_reload(int connection, uint32_t request)
{
	char text[RELOAD_TEXT];
	struct admin_result answer = { .text = text };

	if (reload(text, sizeof(text)) != 0)
		answer.error = EINVAL;
	admin_answer(connection, &admin_result_schema, request, &answer);
}

static int
on_admin(struct process *p, struct packet *packet, void *m)
{
	const struct admin_routed *msg = m;
	struct message_header header;
	int connection;

	if (p->role != ROLE_FRONT ||
	    message_peek(msg->message.data, msg->message.len, &header) != 0)
		return -1;
	connection = packet_take_fd(packet, 0);
	if (header.type == ADMIN_STATUS) {
		answer_status(connection, header.request);
		return 0;
	}
	if (header.type == ADMIN_RELOAD) {
		answer_reload(connection, header.request);
		return 0;
	}
	(void)close(connection);
	return -1;
}

static const struct handler {
	const struct message_schema *schema;
	int (*handle)(struct process *, struct packet *, void *msg);
} handlers[] = {
	{ &control_ready_schema, on_ready },
	{ &control_log_schema, on_log },
	{ &control_fault_schema, on_fault },
	{ &control_alive_schema, on_alive },
	{ &control_drained_schema, on_drained },
	{ &admin_routed_schema, on_admin },
};

static int
handle(struct process *p, struct packet *packet)
{
	union {
		max_align_t align;
		unsigned char bytes[128];
	} msg;

	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		if (handlers[i].schema->type != packet->header.type)
			continue;
		if (packet_decode(handlers[i].schema, packet, &msg) != 0)
			return -1;
		return handlers[i].handle(p, packet, &msg);
	}
	return -1;
}

void
messages_ready(struct loop_watch *watch, uint32_t events)
{
	static struct packet packet;
	struct process *p = container_of(watch, struct process, control);
	int n, bad = 0;

	for (int i = 0; i < MESSAGES_PER_TURN && bad == 0; i++) {
		n = channel_recv(watch->fd, &packet, 0);
		if (n == -1 && errno == EAGAIN)
			return;
		if (n == 0 || (n == -1 && errno != EBADMSG)) {
			/* It is dying, or has closed what it never should. */
			loop_unwatch(watch);
			if (!p->ready)
				return;
			process_kill(p);
			return;
		}
		bad = n == -1 ? -1 : handle(p, &packet);
		packet_close_fds(&packet);
	}
	if (bad == 0)
		return;
	log_error("role-faulted", "role=%s index=%u by=parent reason=\"%s\"",
	    role_name(p->role), p->index,
	    "a message that it never should have sent");
	process_kill(p);
}
