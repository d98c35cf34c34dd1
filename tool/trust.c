/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * trust: the table of the subcommands about whom the daemon trusts.
 */
#include "tool/command.h"

static const struct command *const commands[] = {
	&trust_explain_command,
	&trust_pin_command,
	&trust_unpin_command,
	&trust_list_command,
	NULL,
};

static int
run(int argc, char **argv)
{
	while (option_next(argc, argv, NULL) != -1)
		;
	if (optind == argc)
		usage_error("one of explain, pin, unpin and list is missing");
	return command_run(commands, argc - optind, argv + optind);
}

const struct command trust_command = {
	.name = "trust",
	.summary = "explain verdicts; pin, unpin and list the keys of peers",
	.help = "SUBCOMMAND [...]\n"
		"Whom the daemon trusts, and by which keys it knows peers.\n\n"
		"  explain  why a server is trusted, or is not\n"
		"  pin      a key for the name of a peer\n"
		"  unpin    the keys of a name, or one of them\n"
		"  list     the keys that are known\n\n"
		"Examples:\n"
		"  tlspool-cli trust explain www.example.com\n"
		"  tlspool-cli trust pin www.example.com server"
		" --from-cert cert.pem\n",
	.group = true,
	.run = run,
};
