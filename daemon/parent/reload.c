/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * reload: on SIGHUP, or when an administrator asks.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "daemon/parent/pool.h"
#include "daemon/parent/reload.h"
#include "daemon/parent/supervise.h"
#include "daemon/sys/log.h"

/* Tells systemd since when (Type=notify-reload wants to know). */
static void
notify_reloading(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
	    (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000);
}

static int
take_new(char *text, size_t size)
{
	struct settings fresh;
	char kept[256] = "", error[FILES_ERROR];

	if (settings_load(&fresh, pool.config_path, !pool.config_named,
		pool.settings.config, kept, sizeof(kept), error) != 0) {
		(void)snprintf(text, size, "%s", error);
		log_error("reload-failed", "reason=\"%s\"", error);
		return -1;
	}
	settings_free(&pool.settings);
	pool.settings = fresh;
	log_level(fresh.config->log_level);
	for (size_t i = 0; i < pool.nprocesses; i++)
		if (pool.processes[i].pid != 0)
			supervise_configure(&pool.processes[i]);
	if (kept[0] == '\0')
		(void)snprintf(text, size, "the configuration is in force");
	else
		(void)snprintf(text, size,
		    "the configuration is in force, but for what needs a "
		    "restart: %s",
		    kept);
	log_notice("reload-done", "result=\"%s\"", text);
	return 0;
}

int
reload(char *text, size_t size)
{
	int rv;

	if (pool.phase != POOL_RUNNING) {
		(void)snprintf(text, size,
		    "the pool is starting or stopping: nothing was reloaded");
		return -1;
	}
	notify_reloading();
	rv = take_new(text, size);
	(void)sd_notify(0, "READY=1");
	return rv;
}
