/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * id: the table of the subcommands about identities.
 */
#include "tool/command.h"

static const struct command *const commands[] = {
	&id_add_command,
	&id_list_command,
	&id_show_command,
	&id_remove_command,
	&id_generate_command,
	&id_request_command,
	NULL,
};

static int
run(int argc, char **argv)
{
	while (option_next(argc, argv, NULL) != -1)
		;
	if (optind == argc)
		usage_error("one of add, list, show, remove, generate and "
			    "request is missing");
	return command_run(commands, argc - optind, argv + optind);
}

const struct command id_command = {
	.name = "id",
	.summary = "add, list, show, remove, generate, request identities",
	.help = "SUBCOMMAND [...]\n"
		"The identities that the daemon can show to peers.\n\n"
		"  add       an identity with a certificate and a key\n"
		"  list      the identities\n"
		"  show      everything about one\n"
		"  remove    an identity, or one of its keys\n"
		"  generate  a key and a self-signed certificate\n"
		"  request   a key and a request for a certificate (CSR)\n\n"
		"Example:\n"
		"  tlspool-cli id add www.example.com --cert chain.pem"
		" --key key.pem\n",
	.group = true,
	.run = run,
};
