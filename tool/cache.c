/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * cache: the table of the subcommands about verdicts that are remembered.
 */
#include "tool/command.h"

static const struct command *const commands[] = {
	&cache_list_command,
	&cache_show_command,
	&cache_flush_command,
	NULL,
};

static int
run(int argc, char **argv)
{
	while (option_next(argc, argv, NULL) != -1)
		;
	if (optind == argc)
		usage_error("one of list, show and flush is missing");
	return command_run(commands, argc - optind, argv + optind);
}

const struct command cache_command = {
	.name = "cache",
	.summary = "list, show and forget verdicts on peers",
	.help = "SUBCOMMAND [...]\n"
		"The verdicts on peers that the daemon remembers.\n\n"
		"  list   them, a line each\n"
		"  show   everything about those on a peer\n"
		"  flush  forget them\n\n"
		"Example:\n"
		"  tlspool-cli cache list '*.example.com'\n",
	.group = true,
	.run = run,
};
