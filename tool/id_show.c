/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * id_show: all that there is to know about an identity.
 */
#include <stdlib.h>

#include "tool/command.h"
#include "tool/id_row.h"
#include "tool/id_staple.h"

struct shown {
	struct id_row row;
	struct id_staple staple;
};

#define R struct shown
static const struct column columns[] = {
	COLUMN(R, TEXT, row.id.name, "identity", "identity"),
	COLUMN(R, TEXT, row.state, "state", NULL),
	COLUMN(R, TEXT, row.id.trouble, NULL, "trouble"),
	COLUMN(R, TEXT, row.id.type, "type", "type"),
	COLUMN(R, HEX, row.id.key, "key (SPKI SHA-256)", "key"),
	COLUMN(R, TEXT, row.id.keyref, "key kept as", "key_reference"),
	COLUMN(R, TEXT, row.id.certref, "certificate", "certificate"),
	COLUMN(R, TEXT, row.id.subject, "subject", "subject"),
	COLUMN(R, TEXT, row.id.issuer, "issuer", "issuer"),
	COLUMN(R, LIST, row.id.names, "covers", "names"),
	COLUMN(R, TIME, row.id.from, "valid from", "from"),
	COLUMN(R, TIME, row.id.until, "valid until", "until"),
	COLUMN(R, TEXT, row.validity, "validity", NULL),
	/* For those that there is something to say of. */
	COLUMN(R, TEXT, staple.state, "stapled OCSP", "staple"),
	COLUMN(R, TIME, staple.ans.until, "  good until", "staple_until"),
	COLUMN(R, TIME, staple.ans.fetched, "  fetched", "staple_fetched"),
	COLUMN(R, TIME, staple.ans.next, "  asked for next", "staple_next"),
	COLUMN(R, TEXT, staple.ans.url, "  responder", "staple_responder"),
	COLUMN(R, TEXT, staple.ans.trouble, "  trouble", "staple_trouble"),
};

#undef R

enum {
	NCOLUMNS = sizeof(columns) / sizeof(columns[0]),
	STAPLE_COLUMNS = 6,
};

static void
print_row(struct shown *shown)
{
	const struct admin_staple_ans *ans = &shown->staple.ans;
	bool all = tool.json || ans->url != NULL || ans->trouble != NULL;

	id_row_fill(&shown->row);
	record_print(stdout, columns,
	    all ? (size_t)NCOLUMNS : (size_t)(NCOLUMNS - STAPLE_COLUMNS),
	    tool.json, shown);
}

static int
print(struct admin *verifier, struct admin_rows *page)
{
	struct row_buffer buf = { NULL, 0 };
	struct shown shown = { .staple.state = NULL };
	size_t n = 0;
	int r;

	if (tool.json)
		fputs("[\n", stdout);
	while ((r = admin_row(
		    page, &admin_id_row_schema, &buf, &shown.row.id)) == 1) {
		if (n++ > 0)
			fputs(tool.json ? "," : "\n", stdout);
		id_staple_ask(&shown.staple, verifier, shown.row.id.chain);
		print_row(&shown);
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
	struct admin a, verifier;
	char **name;
	int status;

	while (option_next(argc, argv, NULL) != -1)
		;
	name = operands(argc, argv, 1, 1);
	if ((status = admin_open(&a)) != TOOL_OK)
		return status;
	/* The rows are in the packet of the first one. */
	if ((status = id_ask_show(&a, name[0], &page)) == TOOL_OK &&
	    (status = admin_open(&verifier)) == TOOL_OK) {
		status = print(&verifier, &page);
		admin_close(&verifier);
	}
	admin_close(&a);
	return status;
}

const struct command id_show_command = {
	.name = "id show",
	.summary = "show everything about an identity",
	.help = "NAME\n"
		"Shows the keys and certificates of an identity, and what is "
		"stapled to them.\n\n"
		"Example:\n"
		"  tlspool-cli id show www.example.com\n",
	.run = run,
};
