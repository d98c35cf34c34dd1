/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * keeper: opens and closes what the keeper works with.
 */
#include <config.h>

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/keeper/copies.h"
#include "daemon/keeper/keeper.h"
#include "daemon/keeper/pending.h"
#include "daemon/keeper/token.h"
#include "daemon/sys/log.h"

enum {
	MAX_WORKERS = 1024,
	SLOW_THREADS = 16,
	SLOW_PER_KEY = 4, /* the others are left to the others */
};

struct keeper keeper;

static uint64_t edge_numbers[MAX_WORKERS];

uint64_t
keeper_edge_number(uint32_t worker)
{
	return worker < MAX_WORKERS ? edge_numbers[worker] : 0;
}

void
keeper_edge_changed(uint32_t worker)
{
	if (worker < MAX_WORKERS)
		edge_numbers[worker]++;
}

int
keeper_take_tables(void)
{
	const uint32_t owners[] = { 0, keeper.starter, geteuid() };
	const struct role_text *acl = &role.acl, *dis = &role.disclosure;
	struct disclosure *disclosure = NULL;
	struct acl *fresh;
	char error[512];

	fresh = acl->text != NULL
		    ? acl_parse(acl->text, acl->len, 0, error, sizeof(error))
		    : acl_owners(owners, sizeof(owners) / sizeof(*owners));
	if (fresh == NULL) {
		log_error("acl-unusable", "error=\"%s\"",
		    acl->text != NULL ? error : "out of memory");
		return -1;
	}
	if (dis->text != NULL &&
	    (disclosure = disclosure_parse(
		 dis->text, dis->len, 0, error, sizeof(error))) == NULL) {
		log_error("disclosure-unusable", "error=\"%s\"", error);
		acl_free(fresh);
		return -1;
	}
	acl_free(keeper.acl);
	disclosure_free(keeper.disclosure);
	keeper.acl = fresh;
	keeper.disclosure = disclosure;
	return 0;
}

int
keeper_take_paths(char *const *paths)
{
	size_t n = 0;

	while (paths != NULL && paths[n] != NULL)
		n++;
	if ((keeper.key_paths = calloc(n + 1, sizeof(char *))) == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		if ((keeper.key_paths[i] = strdup(paths[i])) == NULL)
			return -1;
	return 0;
}

static void
drop_paths(void)
{
	for (char **at = keeper.key_paths; at != NULL && *at != NULL; at++)
		free(*at);
	free(keeper.key_paths);
	keeper.key_paths = NULL;
}

static unsigned
cores(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0)
		return 1;
	return (unsigned)CPU_COUNT(&cpus);
}

int
keeper_open(struct loop *loop)
{
	struct trouble t;

	if (copies_prepare(keeper.dir) != 0) {
		log_error("keeper-folder", "path=%s error=\"%s\"", keeper.dir,
		    strerror(errno));
		return -1;
	}
	if (token_begin(role.config->pkcs11_modules) != 0)
		return -1;
	if ((keeper.store = store_open(keeper.dir, &t)) == NULL) {
		log_error("keeper-store", "error=\"%s\"", t.text);
		return -1;
	}
	keeper.loaded = loaded_new(LOADED_MAX);
	keeper.grants = grants_new();
	keeper.tickets = tickets_new();
	keeper.jobs = jobs_new(loop, cores(), cores());
	keeper.slow_jobs = jobs_new(loop, SLOW_THREADS, SLOW_PER_KEY);
	if (keeper.loaded == NULL || keeper.grants == NULL ||
	    keeper.tickets == NULL || keeper.jobs == NULL ||
	    keeper.slow_jobs == NULL ||
	    keeper_take_paths(role.config->key_paths) != 0) {
		log_error("keeper-memory", "error=\"%s\"", strerror(errno));
		return -1;
	}
	return keeper_take_tables();
}

void
keeper_close(void)
{
	/* The jobs that are not done use what is freed behind them. */
	jobs_free(keeper.jobs);
	keeper.jobs = NULL;
	jobs_free(keeper.slow_jobs);
	keeper.slow_jobs = NULL;
	if (keeper.store != NULL)
		pending_finish();
	store_close(keeper.store);
	keeper.store = NULL;
	grants_free(keeper.grants);
	keeper.grants = NULL;
	tickets_free(keeper.tickets);
	keeper.tickets = NULL;
	loaded_free(keeper.loaded);
	keeper.loaded = NULL;
	token_end();
	acl_free(keeper.acl);
	keeper.acl = NULL;
	disclosure_free(keeper.disclosure);
	keeper.disclosure = NULL;
	drop_paths();
}
