/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * admin: who may administer, and which process answers.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/front/admin.h"
#include "daemon/front/dispatch.h"
#include "daemon/sys/role.h"

static uid_t owner;

void
admin_init(void)
{
	owner = getuid();
}

bool
admin_allowed(uid_t uid)
{
	return uid == 0 || uid == owner;
}

static void
put_counter(struct wire_writer *w, const char *name, uint64_t value)
{
	char text[64];
	int len;

	len = snprintf(
	    text, sizeof(text), "%s=%llu", name, (unsigned long long)value);
	wire_put_string(w, text, (size_t)len);
}

static void
answer_status(struct client *c, uint32_t request)
{
	uint8_t list[512];
	struct wire_writer w = { .data = list, .size = sizeof(list) };
	struct admin_status_ans answer = { .role = ROLE_FRONT };

	put_counter(&w, "connections", clients_count());
	put_counter(&w, "sessions", dispatch_count());
	put_counter(&w, "started", front_counters.started);
	put_counter(&w, "refused", front_counters.refused);
	answer.counters = (struct blob){ list, w.len };
	admin_status_fill(&answer);
	client_send(c, &admin_status_ans_schema, request, &answer);
}

static void
refuse(struct client *c, uint32_t request, int error, const char *text)
{
	struct admin_result result = { .error = (uint32_t)error, .text = text };

	client_send(c, &admin_result_schema, request, &result);
}

static void
pass_on(struct client *c, struct packet *p, struct edge *to)
{
	struct admin_routed routed = { .uid = c->who.uid,
		.message = { p->data, p->len } };
	int fds[MESSAGE_MAX_FDS];
	unsigned nfds = 0;

	fds[nfds++] = c->watch.fd;
	for (unsigned i = 0; i < p->nfds && nfds < MESSAGE_MAX_FDS; i++)
		fds[nfds++] = p->fds[i];
	if (edge_send(to, &admin_routed_schema, 0, &routed, fds, nfds) != 0)
		refuse(c, p->header.request, errno,
		    "the process that answers this is too busy");
}

int
admin_received(struct client *c, struct packet *p)
{
	enum role to = admin_route(p->header.type);
	uint32_t index = 0;
	struct admin_status status;
	struct admin_sessions sessions;
	struct packet copy = *p; /* what is passed on is as it came */
	struct edge *edge;

	if (p->header.type == ADMIN_STATUS) {
		if (packet_decode(&admin_status_schema, &copy, &status) != 0)
			return -1;
		to = (enum role)status.role;
		index = status.index;
	} else if (p->header.type == ADMIN_SESSIONS) {
		if (packet_decode(&admin_sessions_schema, &copy, &sessions) !=
		    0)
			return -1;
		index = sessions.index;
	}
	if (to == ROLE_FRONT)
		answer_status(c, p->header.request);
	else if ((edge = role_edge(to, index)) == NULL)
		refuse(c, p->header.request, ESRCH,
		    "the process that answers this is not there now");
	else
		pass_on(c, p, edge);
	return 0;
}
