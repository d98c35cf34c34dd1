/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * cache_flush: has the daemon forget verdicts.
 */
#include "tool/cache_row.h"
#include "tool/command.h"

static void
pass_over(const struct cache_row *row, void *arg)
{
	(void)row;
	(void)arg;
}

static int
run(int argc, char **argv)
{
	char **pattern;

	while (option_next(argc, argv, NULL) != -1)
		;
	pattern = operands(argc, argv, 0, 1);
	return cache_each(&admin_cache_flush_schema, *pattern, pass_over, NULL);
}

const struct command cache_flush_command = {
	.name = "cache flush",
	.summary = "forget verdicts on peers",
	.help = "[NAME|PATTERN]\n"
		"Forgets the verdicts on peers of that name, or all: the next "
		"handshake asks anew.\nPATTERN is one of the shell's "
		"(* ? [...]).  Established sessions are left alone.\n\n"
		"Example:\n"
		"  tlspool-cli cache flush www.example.com\n",
	.run = run,
};
