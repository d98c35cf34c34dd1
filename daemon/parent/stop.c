/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * stop: first the sessions, then the processes, each with a limit of time.
 */
#include <config.h>

#include <stdio.h>
#include <systemd/sd-daemon.h>

#include "daemon/parent/pool.h"
#include "daemon/parent/process.h"
#include "daemon/parent/stop.h"
#include "daemon/sys/log.h"

/* Milliseconds. */
enum {
	GRACE = 2000, /* beyond what a process was given */
};

static struct loop_timer deadline;

static void
set_deadline(uint64_t ms, void (*expired)(struct loop_timer *))
{
	deadline.expired = expired;
	if (loop_timer_set(pool.loop, &deadline, loop_now(pool.loop) + ms) != 0)
		loop_stop(pool.loop);
}

static void
kill_all(struct loop_timer *timer)
{
	for (size_t i = 0; i < pool.nprocesses; i++) {
		if (pool.processes[i].pid == 0)
			continue;
		log_warning("role-killed", "role=%s index=%u",
		    role_name(pool.processes[i].role), pool.processes[i].index);
		process_kill(&pool.processes[i]);
	}
}

static void
stop_processes(void)
{
	struct control_stop msg = { 0 };

	pool.phase = POOL_STOPPING;
	for (size_t i = 0; i < pool.nprocesses; i++) {
		struct process *p = &pool.processes[i];

		loop_timer_cancel(pool.loop, &p->rebirth);
		if (p->pid != 0)
			(void)process_send(
			    p, &control_stop_schema, &msg, NULL, 0);
	}
	set_deadline(GRACE, kill_all);
	stop_progress();
}

static void
drain_over(struct loop_timer *timer)
{
	log_warning("drain-over", "reason=\"sessions are left\"");
	stop_processes();
}

static void
drain(uint32_t limit)
{
	const struct control_drain msg = { .limit = limit };

	for (size_t i = 0; i < pool.nprocesses; i++) {
		struct process *p = &pool.processes[i];

		if (p->role == ROLE_FRONT || p->role == ROLE_WORKER)
			(void)process_send(
			    p, &control_drain_schema, &msg, NULL, 0);
	}
	set_deadline((uint64_t)limit + GRACE, drain_over);
	stop_progress();
}

void
stop_begin(void)
{
	switch (pool.phase) {
	case POOL_STARTING:
		(void)sd_notify(0, "STOPPING=1");
		stop_processes();
		break;
	case POOL_RUNNING:
		(void)sd_notify(0, "STOPPING=1");
		pool.phase = POOL_DRAINING;
		log_notice(
		    "pool-stopping", "drain=%ums", pool.settings.config->drain);
		drain(pool.settings.config->drain);
		break;
	case POOL_DRAINING:
		log_notice("pool-stopping", "drain=0ms");
		drain(0);
		break;
	case POOL_STOPPING:
		break;
	}
}

void
stop_progress(void)
{
	bool living = false, waiting = false;

	for (size_t i = 0; i < pool.nprocesses; i++) {
		const struct process *p = &pool.processes[i];

		living = living || p->pid != 0;
		waiting = waiting || (p->pid != 0 && p->role == ROLE_WORKER &&
					 !p->drained);
	}
	if (pool.phase == POOL_DRAINING && !waiting)
		stop_processes();
	else if (pool.phase == POOL_STOPPING && !living)
		loop_stop(pool.loop);
}

void
stop_failed(const char *why)
{
	if (pool.status != 0)
		return;
	pool.status = 1;
	(void)fprintf(stderr, "tlspoold: %s\n", why);
	if (pool.phase != POOL_STOPPING)
		stop_processes();
	else
		stop_progress();
}
