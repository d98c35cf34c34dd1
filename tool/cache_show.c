/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * cache_show: everything about the verdicts on a peer.
 */
#include <stdio.h>

#include "tool/cache_row.h"
#include "tool/command.h"
#include "tool/session_words.h"
#include "tool/table.h"

#define R struct cache_row
static const struct column columns[] = {
	COLUMN(R, TEXT, is.name, "peer", "peer"),
	COLUMN_WORD(R, NUMBER, is.role, "role", "role", role_word),
	COLUMN(R, TEXT, verdict, "verdict", "verdict"),
	COLUMN(R, TEXT, is.method, "method", "method"),
	COLUMN(R, TEXT, why, "because", "because"),
	COLUMN(R, TEXT, is.local, "shown to it", "local"),
	COLUMN(R, TEXT, is.service, "service", "service"),
	COLUMN(R, NUMBER, is.port, "port", "port"),
	COLUMN(R, TIME, is.made, "made", "made"),
	COLUMN(R, TIME, is.until, "until", "until"),
	COLUMN(R, HEX, is.key, "key", "key"),
};
#undef R

static void
print(const struct cache_row *row, void *arg)
{
	size_t *n = arg;

	if ((*n)++ > 0)
		fputs(tool.json ? "," : "\n", stdout);
	record_print(stdout, columns, sizeof(columns) / sizeof(columns[0]),
	    tool.json, row);
}

static int
run(int argc, char **argv)
{
	char **name;
	size_t n = 0;
	int status;

	while (option_next(argc, argv, NULL) != -1)
		;
	name = operands(argc, argv, 1, 1);
	if (tool.json)
		fputs("[\n", stdout);
	status = cache_each(&admin_cache_list_schema, name[0], print, &n);
	if (tool.json)
		fputs("]\n", stdout);
	if (status != TOOL_OK || n > 0)
		return status;
	complain("no verdict on %s is remembered", name[0]);
	return TOOL_NO;
}

const struct command cache_show_command = {
	.name = "cache show",
	.summary = "show everything about the verdicts on a peer",
	.help = "NAME\n"
		"Shows the verdicts on a peer that are remembered: what they "
		"rest on, for how long,\nand for whom they hold.\n\n"
		"Example:\n"
		"  tlspool-cli cache show www.example.com\n",
	.run = run,
};
