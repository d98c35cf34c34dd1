/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * id_show: all that there is to know about an identity.
 */
#include <stdlib.h>

#include "tool/command.h"
#include "tool/id_row.h"

#define R struct id_row
static const struct column columns[] = {
	COLUMN(R, TEXT, id.name, "identity", "identity"),
	COLUMN(R, TEXT, state, "state", NULL),
	COLUMN(R, TEXT, id.trouble, NULL, "trouble"),
	COLUMN(R, TEXT, id.type, "type", "type"),
	COLUMN(R, HEX, id.key, "key (SPKI SHA-256)", "key"),
	COLUMN(R, TEXT, id.keyref, "key kept as", "key_reference"),
	COLUMN(R, TEXT, id.certref, "certificate", "certificate"),
	COLUMN(R, TEXT, id.subject, "subject", "subject"),
	COLUMN(R, TEXT, id.issuer, "issuer", "issuer"),
	COLUMN(R, LIST, id.names, "covers", "names"),
	COLUMN(R, TIME, id.from, "valid from", "from"),
	COLUMN(R, TIME, id.until, "valid until", "until"),
	COLUMN(R, TEXT, validity, "validity", NULL),
};
#undef R

enum { NCOLUMNS = sizeof(columns) / sizeof(columns[0]) };

static int
print(struct admin_rows *page)
{
	struct row_buffer buf = { NULL, 0 };
	struct id_row row;
	size_t n = 0;
	int r;

	if (tool.json)
		fputs("[\n", stdout);
	while (
	    (r = admin_row(page, &admin_id_row_schema, &buf, &row.id)) == 1) {
		if (n++ > 0)
			fputs(tool.json ? "," : "\n", stdout);
		id_row_fill(&row);
		record_print(stdout, columns, NCOLUMNS, tool.json, &row);
	}
	if (tool.json)
		fputs("]\n", stdout);
	free(buf.data);
	if (r == -1) {
		complain("the daemon sent a malformed row");
		return TOOL_NO;
	}
	if (n == 0)
		complain("there is no such identity");
	return n > 0 ? TOOL_OK : TOOL_NO;
}

static int
run(int argc, char **argv)
{
	struct admin_rows page;
	struct admin a;
	char **name;
	int status;

	while (option_next(argc, argv, NULL) != -1)
		;
	name = operands(argc, argv, 1, 1);
	if ((status = admin_open(&a)) != TOOL_OK)
		return status;
	if ((status = id_ask_show(&a, name[0], &page)) == TOOL_OK)
		status = print(&page);
	admin_close(&a);
	return status;
}

const struct command id_show_command = {
	.name = "id show",
	.summary = "show everything about an identity",
	.help = "NAME\n"
		"Shows the keys and certificates of an identity.\n\n"
		"Example:\n"
		"  tlspool-cli id show www.example.com\n",
	.run = run,
};
