/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * trust_list: the keys by which peers are known, a line each.
 */
#include <stdlib.h>
#include <string.h>

#include "tool/admin.h"
#include "tool/command.h"
#include "tool/session_words.h"
#include "tool/table.h"

#define R struct admin_pin_row
static const struct column columns[] = {
	COLUMN(R, TEXT, name, "PEER", "peer"),
	COLUMN_WORD(R, NUMBER, role, "ROLE", "role", role_word),
	COLUMN(R, HEX, key, "SHA256", "sha256"),
	COLUMN(R, TEXT, origin, "FROM", "from"),
	COLUMN(R, TEXT, since, "SINCE", "since"),
};
#undef R

static int
add_page(struct table *t, struct admin_rows *page)
{
	struct row_buffer buf = { NULL, 0 };
	struct admin_pin_row row;
	int r;

	while ((r = admin_row(page, &admin_pin_row_schema, &buf, &row)) == 1)
		table_add(t, &row);
	table_flush(t);
	free(buf.data);
	return r;
}

static int
list(struct admin *a, struct table *t)
{
	struct admin_trust_list ask = { 0 };
	struct admin_rows page;
	int status;

	do {
		status = admin_ask(a, &admin_trust_list_schema, &ask, NULL, 0,
		    &admin_rows_schema, &page, ADMIN_TIMEOUT);
		if (status == TOOL_OK && add_page(t, &page) == -1) {
			complain("the daemon sent a malformed row");
			status = TOOL_NO;
		}
		if (status == TOOL_OK && page.next != NULL)
			ask.from = (uint32_t)strtoul(page.next, NULL, 10);
	} while (status == TOOL_OK && page.more && page.next != NULL);
	return status;
}

static int
run(int argc, char **argv)
{
	struct table *t;
	struct admin a;
	int status;

	while (option_next(argc, argv, NULL) != -1)
		;
	operands(argc, argv, 0, 0);
	if ((status = admin_open(&a)) != TOOL_OK)
		return status;
	t = table_new(columns, sizeof(columns) / sizeof(columns[0]), tool.json);
	status = list(&a, t);
	table_end(t);
	admin_close(&a);
	return status;
}

const struct command trust_list_command = {
	.name = "trust list",
	.summary = "list the keys by which peers are known",
	.help = "\n"
		"Lists the keys by which peers are known, a line each: "
		"\"pinned\" by trust pin,\nremembered at \"first-use\", or "
		"from the \"file\" of the configuration.\n\n"
		"Example:\n"
		"  tlspool-cli --json trust list\n",
	.run = run,
};
