/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * supervise: how a process is begun and joined to the others, and what is
 * done when it dies or falls silent.
 */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/ipc/grant.h"
#include "daemon/parent/edges.h"
#include "daemon/parent/process.h"
#include "daemon/parent/stop.h"
#include "daemon/parent/supervise.h"
#include "daemon/sys/log.h"
#include "daemon/sys/secret.h"

/* Milliseconds. */
enum {
	ASK_EVERY = 2000,
	SILENCE = 10 * 1000,  /* so long without an answer: it hangs */
	PATIENCE = 60 * 1000, /* to get READY */
	LONG_LIFE = 1000,     /* whose end is no failure to begin */
	DELAY_FIRST = 100,
	DELAY_MOST = 5000,
};

static struct loop_timer asking;
static uint64_t ask_every = ASK_EVERY;

unsigned
supervise_delay(unsigned failures)
{
	unsigned delay = DELAY_FIRST;

	if (failures == 0)
		return 0;
	while (--failures > 0 && delay < DELAY_MOST)
		delay *= 2;
	return delay < DELAY_MOST ? delay : DELAY_MOST;
}

/*
 * Beginning a process.
 */

/* Joins two living processes by a socket of their own. */
static void
join(struct process *a, struct process *b)
{
	const struct control_edge to_a = { .role = (uint8_t)b->role,
		.index = b->index };
	const struct control_edge to_b = { .role = (uint8_t)a->role,
		.index = a->index };
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		0, sv) != 0) {
		log_error("join-failed", "reason=\"%s\"", strerror(errno));
		process_kill(a); /* half joined would be worse than dead */
		return;
	}
	(void)process_send(a, &control_edge_schema, &to_a, &sv[0], 1);
	(void)process_send(b, &control_edge_schema, &to_b, &sv[1], 1);
	(void)close(sv[0]);
	(void)close(sv[1]);
}

static void
join_all(struct process *p)
{
	for (size_t i = 0; i < pool.nprocesses; i++)
		if (pool.processes[i].pid != 0 &&
		    edges_joined(p->role, pool.processes[i].role))
			join(p, &pool.processes[i]);
}

static bool
holds_grant_key(enum role role)
{
	return role == ROLE_FRONT || role == ROLE_KEEPER ||
	       role == ROLE_VERIFIER;
}

static void
send_grant_key(struct process *p)
{
	const struct control_grant_key msg = { .number = pool.grant_number,
		.key = { pool.grant_key, GRANT_KEY_SIZE } };

	(void)process_send(p, &control_grant_key_schema, &msg, NULL, 0);
}

/*
 * A fresh key for those who seal and open grants, of whom p is new.  Front is
 * the first of the places, and is told last: nobody may be asked about a grant
 * under a key that has not been sent to him.
 *
 * A new verifier is given the key before as well, so that handshakes that have
 * begun can end; a new keeper is not: it does not know what was signed under
 * grants of before.
 */
static int
renew_grant_key(struct process *p)
{
	if (pool.grant_key == NULL &&
	    (pool.grant_key = secret_alloc(GRANT_KEY_SIZE)) == NULL)
		return -1;
	if (pool.grant_number > 0 && p->role == ROLE_VERIFIER)
		send_grant_key(p);
	if (getrandom(pool.grant_key, GRANT_KEY_SIZE, 0) != GRANT_KEY_SIZE)
		return -1;
	pool.grant_number++;
	for (size_t i = pool.nprocesses; i-- > 0;)
		if (pool.processes[i].pid != 0 &&
		    holds_grant_key(pool.processes[i].role))
			send_grant_key(&pool.processes[i]);
	return 0;
}

void
supervise_configure(struct process *p)
{
	const struct control_configure msg = {
		.index = p->index,
		.workers = pool.settings.config->workers,
		.has_acl = pool.settings.has_acl,
		.has_disclosure = pool.settings.has_disclosure,
	};

	(void)process_send(
	    p, &control_configure_schema, &msg, pool.settings.fds, 3);
}

/* Front is given the sockets when everybody is there to serve who comes. */
static void
give_listeners(struct process *front)
{
	struct control_listener msg = { .admin = false };

	(void)process_send(
	    front, &control_listener_schema, &msg, &pool.listeners.app.fd, 1);
	msg.admin = true;
	(void)process_send(
	    front, &control_listener_schema, &msg, &pool.listeners.admin.fd, 1);
}

static int
begin(struct process *p)
{
	struct control_begin msg = { 0 };

	if (process_spawn(p) != 0)
		return -1;
	supervise_configure(p);
	if (holds_grant_key(p->role) && renew_grant_key(p) != 0)
		process_kill(p);
	join_all(p);
	if (p->role == ROLE_FRONT && pool.phase == POOL_RUNNING)
		give_listeners(p);
	(void)process_send(p, &control_begin_schema, &msg, NULL, 0);
	return 0;
}

/*
 * Its end.
 */

static void rebirth_due(struct loop_timer *);

static void
schedule_rebirth(struct process *p)
{
	uint64_t now = loop_now(pool.loop);
	unsigned delay;

	p->failures = now - p->born > LONG_LIFE ? 0 : p->failures;
	delay = supervise_delay(p->failures++);
	p->rebirth.expired = rebirth_due;
	if (loop_timer_set(pool.loop, &p->rebirth, now + delay) != 0)
		stop_failed("there is no memory to replace a process");
}

static void
rebirth_due(struct loop_timer *timer)
{
	struct process *p = container_of(timer, struct process, rebirth);

	if (pool.phase != POOL_RUNNING)
		return;
	pool.restarts++;
	if (begin(p) != 0) {
		log_error("start-failed", "role=%s index=%u reason=\"%s\"",
		    role_name(p->role), p->index, strerror(errno));
		p->born = loop_now(pool.loop);
		schedule_rebirth(p);
	}
}

/* A death that was asked for is no event. */
static int
death_priority(const struct process *p, int status)
{
	bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	if (pool.phase == POOL_STOPPING && (clean || p->killed))
		return LOG_DEBUG;
	return LOG_ERR;
}

static void
log_death(const struct process *p, int status)
{
	int priority = death_priority(p, status);
	const char *hint = "";

	if (!WIFSIGNALED(status)) {
		log_event(priority, "role-died",
		    "role=%s index=%u pid=%d status=%d", role_name(p->role),
		    p->index, (int)p->pid, WEXITSTATUS(status));
		return;
	}
	if (WTERMSIG(status) == SIGSYS)
		hint = " reason=\"a system call that the sandbox forbids\"";
	log_event(priority, "role-died", "role=%s index=%u pid=%d signal=%s%s",
	    role_name(p->role), p->index, (int)p->pid,
	    sigabbrev_np(WTERMSIG(status)), hint);
}

static void
died(struct process *p, int status)
{
	bool killed = p->killed;
	char why[80];

	/* Its last words are still in the socket; its number is nobody's. */
	p->killed = true;
	if (p->control.fd != -1)
		p->control.ready(&p->control, 0);
	p->killed = killed;
	log_death(p, status);
	process_forget(p);
	switch (pool.phase) {
	case POOL_STARTING:
		(void)snprintf(why, sizeof(why),
		    "the %s could not start: the log says why",
		    role_name(p->role));
		stop_failed(why);
		break;
	case POOL_RUNNING:
		schedule_rebirth(p);
		break;
	case POOL_DRAINING:
	case POOL_STOPPING:
		stop_progress();
		break;
	}
}

void
supervise_reap(void)
{
	int status;

	for (size_t i = 0; i < pool.nprocesses; i++) {
		struct process *p = &pool.processes[i];

		if (p->pid != 0 && waitpid(p->pid, &status, WNOHANG) == p->pid)
			died(p, status);
	}
}

/*
 * Its life.
 */

static bool
all_ready(void)
{
	for (size_t i = 0; i < pool.nprocesses; i++)
		if (!pool.processes[i].ready)
			return false;
	return true;
}

void
supervise_ready(struct process *p)
{
	p->ready = true;
	p->silent = 0;
	log_info("role-started", "role=%s index=%u pid=%d", role_name(p->role),
	    p->index, (int)p->pid);
	if (pool.phase != POOL_STARTING || !all_ready())
		return;
	pool.phase = POOL_RUNNING;
	give_listeners(pool_find(ROLE_FRONT, 0));
	log_notice("pool-ready", "version=%s workers=%u socket=%s",
	    PACKAGE_VERSION, pool.settings.config->workers,
	    pool.settings.config->socket);
	(void)sd_notify(0, "READY=1");
}

/*
 * Asks one process whether it lives; true where it does.  Its silence is
 * counted in questions, and not by the clock: that goes on while the machine
 * sleeps, or while this process gets no turn, and then answers that have come
 * long ago are still unread.
 */
static bool
ask(struct process *p)
{
	struct control_alive msg = { 0 };

	if (p->pid == 0)
		return false;
	if (p->silent > (p->ready ? SILENCE : PATIENCE) && !p->killed) {
		log_error("role-hung", "role=%s index=%u pid=%d silent=%llums",
		    role_name(p->role), p->index, (int)p->pid,
		    (unsigned long long)p->silent);
		process_kill(p);
		return false;
	}
	p->silent += ask_every;
	if (p->ready)
		(void)process_send(p, &control_alive_schema, &msg, NULL, 0);
	return p->ready && p->silent <= SILENCE;
}

static void
ask_all(struct loop_timer *timer)
{
	bool alive = true;

	/* While it stops, the limits of stop.c watch. */
	if (pool.phase != POOL_STOPPING)
		for (size_t i = 0; i < pool.nprocesses; i++)
			alive = ask(&pool.processes[i]) && alive;
	if (alive)
		(void)sd_notify(0, "WATCHDOG=1");
	(void)loop_timer_set(pool.loop, timer, loop_now(pool.loop) + ask_every);
}

int
supervise_begin(void)
{
	uint64_t usec;

	for (size_t i = 0; i < pool.nprocesses; i++) {
		if (begin(&pool.processes[i]) == 0)
			continue;
		log_error("start-failed", "role=%s index=%u reason=\"%s\"",
		    role_name(pool.processes[i].role), pool.processes[i].index,
		    strerror(errno));
		return -1;
	}
	/* systemd wants to hear of us at least so often. */
	if (sd_watchdog_enabled(0, &usec) > 0 && usec / 2000 < ask_every)
		ask_every = usec / 2000 + 1;
	asking.expired = ask_all;
	return loop_timer_set(
	    pool.loop, &asking, loop_now(pool.loop) + ask_every);
}
