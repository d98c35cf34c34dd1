/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * cache_list: the verdicts that are remembered, a line each.
 */
#include "tool/cache_row.h"
#include "tool/command.h"
#include "tool/session_words.h"
#include "tool/table.h"

enum {
	FLUSH_AT = 2000, /* rows that are held to align the columns */
};

#define R struct cache_row
static const struct column columns[] = {
	COLUMN(R, TEXT, is.name, "PEER", "peer"),
	COLUMN_WORD(R, NUMBER, is.role, "ROLE", "role", role_word),
	COLUMN(R, TEXT, verdict, "VERDICT", "verdict"),
	COLUMN(R, TEXT, is.method, "METHOD", "method"),
	COLUMN(R, ELAPSED, age, "AGE", NULL),
	COLUMN(R, TIME, is.made, NULL, "made"),
	COLUMN(R, TIME, is.until, "UNTIL", "until"),
	COLUMN(R, TEXT, is.local, NULL, "local"),
	COLUMN(R, TEXT, is.service, NULL, "service"),
	COLUMN(R, NUMBER, is.port, NULL, "port"),
	COLUMN(R, TEXT, is.evidence, NULL, "evidence"),
	COLUMN(R, TEXT, is.reason, NULL, "reason"),
	COLUMN(R, HEX, is.key, NULL, "key"),
};
#undef R

struct list {
	struct table *table;
	size_t rows;
};

static void
add(const struct cache_row *row, void *arg)
{
	struct list *list = arg;

	table_add(list->table, row);
	if (++list->rows % FLUSH_AT == 0)
		table_flush(list->table);
}

static int
run(int argc, char **argv)
{
	struct list list = { NULL, 0 };
	char **pattern;
	int status;

	while (option_next(argc, argv, NULL) != -1)
		;
	pattern = operands(argc, argv, 0, 1);
	list.table =
	    table_new(columns, sizeof(columns) / sizeof(columns[0]), tool.json);
	status = cache_each(&admin_cache_list_schema, *pattern, add, &list);
	table_end(list.table);
	return status;
}

const struct command cache_list_command = {
	.name = "cache list",
	.summary = "list the verdicts on peers that are remembered",
	.help = "[PATTERN]\n"
		"Lists the verdicts on peers that are remembered, a line each; "
		"PATTERN is one of the\nshell's (* ? [...]), for their "
		"names.\n\n"
		"Example:\n"
		"  tlspool-cli cache list '*.example.com'\n",
	.run = run,
};
