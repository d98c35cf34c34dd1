/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * main: the keeper, which alone has private keys.
 */
#include <config.h>

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/ipc/admin.h"
#include "daemon/keeper/keeper.h"
#include "daemon/keeper/pending.h"
#include "daemon/sys/log.h"
#include "daemon/sys/sandbox.h"

enum {
	SWEEP = 5000, /* milliseconds */
	MAX_PATHS = 64,
};

static struct loop_timer sweep;

static void
reload(void)
{
	if (keeper_take_tables() != 0)
		log_error("reload-failed", "note=\"the old tables stay\"");
	credential_forget();
}

/*
 * No page of this process goes to the swap.  Without the privilege to lock
 * them all, later allocations would fail; then only secret_alloc() locks.
 */
static void
lock_memory(void)
{
#ifndef WITH_SANITIZER
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	if (setrlimit(RLIMIT_MEMLOCK, &all) != 0 ||
	    mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
		log_debug("memory-unlocked", "error=\"%s\"", strerror(errno));
#endif
}

/* As root: the folder must be the keeper's own. */
static int
own_folder(const char *path)
{
	const char *user = role.config->keeper_user;
	const struct passwd *pw;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return -1;
	if (geteuid() != 0 || user == NULL)
		return 0;
	if ((pw = getpwnam(user)) == NULL) {
		errno = ENOENT;
		return -1;
	}
	return lchown(path, pw->pw_uid, pw->pw_gid);
}

static int
init(void)
{
	int n;

	keeper.starter = getuid();
	n = snprintf(
	    keeper.dir, sizeof(keeper.dir), "%s/keeper", role.config->state);
	if (n < 0 || n >= (int)sizeof(keeper.dir)) {
		log_error("keeper-folder", "error=\"the path is too long\"");
		return -1;
	}
	if (own_folder(keeper.dir) != 0) {
		log_error("keeper-folder", "path=%s error=\"%s\"", keeper.dir,
		    strerror(errno));
		return -1;
	}
	lock_memory();
	if (signer_begin() != 0) {
		log_error("keeper-libcrypto", "error=\"it cannot be begun\"");
		return -1;
	}
	return 0;
}

static void
each_round(void *arg)
{
	pending_commit();
	jobs_help(keeper.jobs);
}

static void
sweep_grants(struct loop_timer *timer)
{
	grants_sweep(keeper.grants, loop_now(role.loop));
	tickets_turn(
	    keeper.tickets, loop_now(role.loop), role.config->ticket_lifetime);
	(void)loop_timer_set(role.loop, timer, loop_now(role.loop) + SWEEP);
}

static void
add_paths(struct sandbox_path *paths, size_t *n, char *const *from, bool write)
{
	for (size_t i = 0; from != NULL && from[i] != NULL && i < MAX_PATHS;
	     i++)
		paths[(*n)++] = (struct sandbox_path){ from[i], write };
}

/* What this process can do from here on is on this page. */
static int
enter_sandbox(void)
{
	struct sandbox_path paths[2 * MAX_PATHS + 2] = { { keeper.dir, true } };
	size_t n = 1;

	if (keeper_open(role.loop) != 0)
		return -1;
	add_paths(paths, &n, role.config->key_paths, false);
	add_paths(paths, &n, role.config->token_paths, true);
	sweep.expired = sweep_grants;
	if (loop_timer_set(role.loop, &sweep, loop_now(role.loop) + SWEEP) != 0)
		return -1;
	loop_each_round(role.loop, each_round, NULL);
	return sandbox_enter(
	    SANDBOX_RELAY | SANDBOX_RPATH | SANDBOX_WPATH, paths);
}

static void
edge_up(struct edge *edge)
{
	if (edge->role == ROLE_WORKER)
		keeper_edge_changed(edge->index);
}

static void
edge_down(struct edge *edge)
{
	if (edge->role != ROLE_WORKER)
		return;
	keeper_edge_changed(edge->index);
	grants_end_worker(keeper.grants, edge->index);
	/* It may have been replaced because it was taken over: what it could
	 * have put into tickets is worth nothing from now on. */
	tickets_forget(keeper.tickets);
	credential_forget();
}

static void
stop(void)
{
	loop_timer_cancel(role.loop, &sweep);
	loop_each_round(role.loop, NULL, NULL);
	keeper_close();
}

static const struct edge_handler handlers[] = {
	{ ROLE_WORKER, &credential_req_schema, answer_credential },
	{ ROLE_WORKER, &sign_req_schema, answer_sign },
	{ ROLE_FRONT, &admin_routed_schema, answer_admin },
};

static const struct role_calls calls = {
	.role = ROLE_KEEPER,
	.handlers = handlers,
	.nhandlers = sizeof(handlers) / sizeof(handlers[0]),
	.init = init,
	.sandbox = enter_sandbox,
	.reload = reload,
	.edge_up = edge_up,
	.edge_down = edge_down,
	.hear = role_hear_parent,
	.stop = stop,
};

int
main(int argc, char **argv)
{
	return role_main(&calls, argc, argv);
}
