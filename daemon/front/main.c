/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tlspool-front: listens to local applications, asks the kernel who they are,
 * states it in a grant, and passes their descriptors to the workers.
 */
#include "daemon/front/admin.h"
#include "daemon/front/client.h"
#include "daemon/front/dispatch.h"
#include "daemon/front/listener.h"
#include "daemon/front/quota.h"
#include "daemon/ipc/dispatch.h"
#include "daemon/sys/role.h"
#include "daemon/sys/sandbox.h"

static const struct edge_handler handlers[] = {
	{ ROLE_WORKER, &dispatch_progress_schema, dispatch_progress },
};

static int
init(void)
{
	admin_init();
	return dispatch_init();
}

/* /proc/PID/cgroup tells the systemd unit of an application: nothing else is
 * ever opened here. */
static int
sandbox(void)
{
	static const struct sandbox_path paths[] = {
		{ .path = "/proc" },
		{ .path = NULL },
	};

	return sandbox_enter(
	    SANDBOX_RELAY | SANDBOX_ACCEPT | SANDBOX_RPATH, paths);
}

static void
edge_up(struct edge *e)
{
	if (e->role == ROLE_WORKER)
		dispatch_worker_up(e->index);
}

static void
edge_down(struct edge *e)
{
	if (e->role == ROLE_WORKER)
		dispatch_worker_down(e->index);
}

/* Connections are still accepted: an application is told at once that there
 * will be no new session, instead of waiting for an answer. */
static void
drain(uint32_t limit)
{
	(void)limit;
	dispatch_drain();
}

static void
stop(void)
{
	listeners_forget();
	clients_forget();
	dispatch_forget();
	quota_forget();
}

static const struct role_calls calls = {
	.role = ROLE_FRONT,
	.handlers = handlers,
	.nhandlers = sizeof(handlers) / sizeof(handlers[0]),
	.init = init,
	.sandbox = sandbox,
	.edge_up = edge_up,
	.edge_down = edge_down,
	.listener = listener_add,
	.drain = drain,
	.stop = stop,
};

int
main(int argc, char **argv)
{
	return role_main(&calls, argc, argv);
}
