/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tlspoold: the parent of the pool.  It reads no byte of anybody but the
 * administrator and its own processes.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/parent/folders.h"
#include "daemon/parent/journal.h"
#include "daemon/parent/pool.h"
#include "daemon/parent/reload.h"
#include "daemon/parent/stop.h"
#include "daemon/parent/supervise.h"
#include "daemon/sys/log.h"
#include "daemon/sys/secret.h"
#include "daemon/sys/role.h"

struct pool pool;

static struct loop_watch signals = { .fd = -1 };

struct process *
pool_find(enum role role_wanted, uint32_t index)
{
	for (size_t i = 0; i < pool.nprocesses; i++)
		if (pool.processes[i].role == role_wanted &&
		    pool.processes[i].index == index)
			return &pool.processes[i];
	return NULL;
}

static void
usage(FILE *out)
{
	(void)fprintf(out,
	    "Usage: tlspoold [--config FILE] [--check]\n"
	    "Runs the TLS Pool in the foreground; its log goes to stderr.\n"
	    "\n"
	    "  --config FILE  read FILE (" TLSPOOL_SYSCONFDIR "/tlspool.conf "
	    "for root,\n"
	    "                 $XDG_CONFIG_HOME/tlspool/tlspool.conf for "
	    "others)\n"
	    "  --check        only say whether the configuration is fine\n"
	    "  --version      say which version this is\n"
	    "  --help         say this\n"
	    "\n"
	    "SIGHUP reloads the configuration; SIGTERM ends the pool when "
	    "its sessions\n"
	    "have ended or their time (drain) is over; a second SIGTERM ends "
	    "it at once.\n");
}

/* Where the configuration is when nobody says so; NULL: nowhere. */
static char *
default_config_path(void)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *below = "";
	char *path;

	if (geteuid() == 0)
		return strdup(TLSPOOL_SYSCONFDIR "/tlspool.conf");
	if (base == NULL || base[0] != '/') {
		base = getenv("HOME");
		below = "/.config";
	}
	if (base == NULL || base[0] != '/')
		return NULL;
	if (asprintf(&path, "%s%s/tlspool/tlspool.conf", base, below) == -1)
		return NULL;
	return path;
}

static int
check(void)
{
	char error[FILES_ERROR];

	if (settings_load(&pool.settings, pool.config_path, !pool.config_named,
		NULL, NULL, 0, error) != 0) {
		(void)fprintf(stderr, "%s\n", error);
		return 1;
	}
	(void)printf("%s: configuration is fine\n", pool.config_path);
	settings_free(&pool.settings);
	return 0;
}

static void
signal_ready(struct loop_watch *watch, uint32_t events)
{
	struct signalfd_siginfo info;
	char text[RELOAD_TEXT];

	if (read(watch->fd, &info, sizeof(info)) != sizeof(info))
		return;
	switch (info.ssi_signo) {
	case SIGCHLD:
		supervise_reap();
		break;
	case SIGHUP:
		(void)reload(text, sizeof(text));
		break;
	default:
		stop_begin();
		break;
	}
}

static int
watch_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals.fd == -1)
		return -1;
	signals.ready = signal_ready;
	return loop_watch(pool.loop, &signals, EPOLLIN);
}

static int
make_places(const struct config *config)
{
	struct process *p;

	/* Neither changes without a restart. */
	const uint32_t workers = config->workers;
	const bool plugin = config->plugin != NULL;
	pool.nprocesses = workers + (plugin ? 4 : 3);
	pool.processes = calloc(pool.nprocesses, sizeof(*pool.processes));
	if (pool.processes == NULL)
		return -1;
	p = pool.processes;
	(p++)->role = ROLE_FRONT;
	for (uint32_t i = 0; i < workers; i++, p++) {
		p->role = ROLE_WORKER;
		p->index = i;
	}
	(p++)->role = ROLE_KEEPER;
	(p++)->role = ROLE_VERIFIER;
	if (plugin)
		p->role = ROLE_AUTHORIZER;
	for (size_t i = 0; i < pool.nprocesses; i++)
		pool.processes[i].control.fd = -1;
	return 0;
}

/*
 * Folders that others pass through get the modes that we say; as many
 * descriptors as we may have, for us and for who inherits that; and
 * descriptors 0 to 3 are taken, so that none of ours gets such a number.
 */
static void
arrange_limits(void)
{
	struct rlimit limit;
	int fd;

	(void)umask(022);
	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= CONTROL_FD);
	if (fd > CONTROL_FD)
		(void)close(fd);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#ifndef WITH_SANITIZER
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* grant keys pass here */
#endif
}

static int
prepare(char *error, size_t size)
{
	if (settings_load(&pool.settings, pool.config_path, !pool.config_named,
		NULL, NULL, 0, error) != 0)
		return -1;
	log_level(pool.settings.config->log_level);
	if (folders_prepare(pool.settings.config, error, size) != 0 ||
	    listeners_open(
		&pool.listeners, pool.settings.config, error, size) != 0)
		return -1;
	if ((pool.loop = loop_new()) == NULL || watch_signals() != 0 ||
	    make_places(pool.settings.config) != 0) {
		(void)snprintf(error, size, "%s", strerror(errno));
		return -1;
	}
	return 0;
}

static void
clean_up(void)
{
	listeners_close(&pool.listeners);
	settings_free(&pool.settings);
	for (size_t i = 0; i < pool.nprocesses; i++)
		if (pool.processes[i].control.fd != -1)
			(void)close(pool.processes[i].control.fd);
	free(pool.processes);
	secret_free(pool.grant_key, GRANT_KEY_SIZE);
	if (signals.fd != -1)
		(void)close(signals.fd);
	loop_free(pool.loop);
}

static int
run(void)
{
	char error[FILES_ERROR];

	role.started = (uint64_t)time(NULL);
	arrange_limits();
	admin_status_prepare();
	journal_open();
	pool.listeners.app.fd = pool.listeners.admin.fd = -1;
	if (prepare(error, sizeof(error)) != 0) {
		(void)fprintf(stderr, "tlspoold: %s\n", error);
		pool.status = 1;
		goto err;
	}
	if (supervise_begin() != 0)
		stop_failed("the pool could not start");
	if (loop_run(pool.loop) != 0)
		pool.status = 1;
	log_notice("pool-stopped", "status=%d", pool.status);

err:
	clean_up();
	return pool.status;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, 'k' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	bool only_check = false;
	char *path = NULL;
	int opt, rv;

	while ((opt = getopt_long(argc, argv, "c:kVh", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			pool.config_path = optarg;
			pool.config_named = true;
			break;
		case 'k':
			only_check = true;
			break;
		case 'V':
			(void)printf("tlspoold %s\n", PACKAGE_VERSION);
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 1;
		}
	}
	if (optind < argc) {
		usage(stderr);
		return 1;
	}
	if (pool.config_path == NULL)
		pool.config_path = path = default_config_path();
	if (pool.config_path == NULL) {
		(void)fprintf(
		    stderr, "tlspoold: HOME is not set: use --config FILE\n");
		return 1;
	}
	rv = only_check ? check() : run();
	free(path);
	return rv;
}
