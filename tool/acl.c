/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * acl: the table of the subcommands about the ACL.
 */
#include "tool/command.h"

static const struct command *const commands[] = {
	&acl_check_command,
	&acl_explain_command,
	NULL,
};

static int
run(int argc, char **argv)
{
	while (option_next(argc, argv, NULL) != -1)
		;
	if (optind == argc)
		usage_error("one of check and explain is missing");
	return command_run(commands, argc - optind, argv + optind);
}

const struct command acl_command = {
	.name = "acl",
	.summary = "check the ACL, explain what it allows",
	.help = "SUBCOMMAND [...]\n"
		"The table of who may be which identity.\n\n"
		"  check    a file for errors\n"
		"  explain  which rule decides\n\n"
		"Example:\n"
		"  tlspool-cli acl explain --user postfix server "
		"mail.example.com\n",
	.group = true,
	.run = run,
};
