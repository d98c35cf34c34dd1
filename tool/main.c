/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * main: the options in front of the subcommand, and the table of subcommands.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool/command.h"

static const struct command *const commands[] = {
	&ping_command,
	&status_command,
	&sessions_command,
	&reload_command,
	&id_command,
	&acl_command,
	&trust_command,
	&cache_command,
	&client_command,
	&server_command,
	&tlsa_command,
	NULL,
};

enum {
	OPTION_SOCKET = 1,
	OPTION_ADMIN,
	OPTION_JSON,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option options[] = {
	{ "socket", required_argument, NULL, OPTION_SOCKET },
	{ "admin", required_argument, NULL, OPTION_ADMIN },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

static void
help(void)
{
	fputs("Usage: tlspool-cli [GLOBAL OPTIONS] SUBCOMMAND [...]\n"
	      "Talks to the TLS Pool and through it.\n\n"
	      "Global options:\n"
	      "  --socket PATH  the daemon's socket for applications"
	      " [$TLSPOOL_SOCKET]\n"
	      "  --admin PATH   its socket for administration"
	      " [admin.sock beside the other]\n"
	      "  --json         print JSON\n"
	      "  --help         this list, or a subcommand's\n"
	      "  --version      the version of this tool\n\n"
	      "Subcommands:\n",
	    stdout);
	for (const struct command *const *c = commands; *c != NULL; c++)
		printf("  %-9s %s\n", (*c)->name, (*c)->summary);
	fputs("\nExamples:\n"
	      "  tlspool-cli status\n"
	      "  tlspool-cli client --help\n"
	      "  tlspool-cli client --starttls imap imap.example.com\n",
	    stdout);
}

/*
 * The same choice as the library's: the option, the environment, the system's
 * socket for root and where there is one, the user's own.
 */
static void
choose_sockets(void)
{
	static char user[4096], beside[4096 + 16];
	const char *runtime, *slash;

	if (tool.socket == NULL)
		tool.socket = getenv("TLSPOOL_SOCKET");
	if (tool.socket == NULL || *tool.socket == '\0') {
		tool.socket = TLSPOOL_RUNDIR "/tlspool.sock";
		runtime = getenv("XDG_RUNTIME_DIR");
		if (access(tool.socket, F_OK) != 0 && runtime != NULL) {
			snprintf(user, sizeof(user), "%s/tlspool/tlspool.sock",
			    runtime);
			if (access(user, F_OK) == 0)
				tool.socket = user;
		}
	}
	if (tool.admin != NULL)
		return;
	slash = strrchr(tool.socket, '/');
	snprintf(beside, sizeof(beside), "%.*sadmin.sock",
	    slash != NULL ? (int)(slash - tool.socket) + 1 : 0, tool.socket);
	tool.admin = beside;
}

static void
global_options(int argc, char **argv)
{
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "+:h", options, NULL)) != -1) {
		switch (c) {
		case OPTION_SOCKET:
			tool.socket = optarg;
			break;
		case OPTION_ADMIN:
			tool.admin = optarg;
			break;
		case OPTION_JSON:
			tool.json = true;
			break;
		case 'h':
		case OPTION_HELP:
			help();
			exit(fflush(stdout) == 0 ? TOOL_OK : TOOL_NO);
		case OPTION_VERSION:
			puts("tlspool-cli " PACKAGE_VERSION);
			exit(fflush(stdout) == 0 ? TOOL_OK : TOOL_NO);
		case ':':
			usage_error("%s needs an argument", argv[optind - 1]);
		default:
			unknown_option(argv);
		}
	}
}

/*
 * A descriptor of 0 to 2 that is closed would become a socket, and be written
 * to as standard output.
 */
static void
open_standard(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd != -1 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		(void)close(fd);
}

int
main(int argc, char **argv)
{
	int status;

	open_standard();
	(void)setlocale(LC_CTYPE, "");
	(void)signal(SIGPIPE, SIG_IGN);
	global_options(argc, argv);
	if (optind == argc)
		usage_error("a subcommand is missing; --help lists them");
	choose_sockets();
	status = command_run(commands, argc - optind, argv + optind);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		complain("standard output could not be written");
		return status == TOOL_OK ? TOOL_NO : status;
	}
	return status;
}
