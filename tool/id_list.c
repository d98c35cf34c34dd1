/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * id_list: the identities, a line per credential.
 */
#include <stdlib.h>
#include <string.h>

#include "tool/command.h"
#include "tool/id_row.h"

enum {
	FLUSH_AT = 2000, /* rows that are held to align the columns */
};

#define R struct id_row
static const struct column columns[] = {
	COLUMN(R, TEXT, id.name, "IDENTITY", "identity"),
	COLUMN(R, TEXT, id.type, "TYPE", "type"),
	COLUMN(R, HEX, id.key, NULL, "key"),
	COLUMN(R, HEX, key_start, "KEY", NULL),
	COLUMN(R, TIME, id.from, NULL, "from"),
	COLUMN(R, TIME, id.until, "UNTIL", "until"),
	COLUMN(R, TEXT, validity, "VALIDITY", NULL),
	COLUMN(R, TEXT, id.issuer, NULL, "issuer"),
	COLUMN(R, TEXT, id.certref, NULL, "certificate"),
	COLUMN(R, TEXT, id.keyref, NULL, "key_reference"),
	COLUMN(R, TEXT, id.trouble, NULL, "trouble"),
	COLUMN(R, TEXT, state, "STATE", NULL),
};
#undef R

/* Adds the rows of a page; *after becomes where the next one begins. */
static int
add_page(struct table *t, struct admin_rows *page, char **after, size_t *rows)
{
	struct row_buffer buf = { NULL, 0 };
	struct id_row row;
	char *last = NULL;
	int r;

	while (
	    (r = admin_row(page, &admin_id_row_schema, &buf, &row.id)) == 1) {
		id_row_fill(&row);
		table_add(t, &row);
		if (++*rows % FLUSH_AT == 0)
			table_flush(t);
		free(last);
		if ((last = strdup(row.id.name)) == NULL)
			out_of_memory();
	}
	/* Where a pattern matches little, a page may have no rows at all. */
	if (page->next != NULL) {
		free(last);
		if ((last = strdup(page->next)) == NULL)
			out_of_memory();
	}
	free(buf.data);
	free(*after);
	*after = last;
	return r;
}

static int
list(struct admin *a, struct table *t, const char *pattern)
{
	struct admin_id_list ask = { .pattern = pattern };
	struct admin_rows page;
	char *after = NULL;
	size_t rows = 0;
	int status;

	do {
		ask.after = after;
		status = admin_ask(a, &admin_id_list_schema, &ask, NULL, 0,
		    &admin_rows_schema, &page, ADMIN_TIMEOUT);
		if (status == TOOL_OK && page.error != 0) {
			complain("%s", page.text != NULL
					   ? page.text
					   : strerror((int)page.error));
			status = TOOL_NO;
		}
		if (status == TOOL_OK &&
		    add_page(t, &page, &after, &rows) == -1) {
			complain("the daemon sent a malformed row");
			status = TOOL_NO;
		}
	} while (status == TOOL_OK && page.more && after != NULL);
	free(after);
	return status;
}

static int
run(int argc, char **argv)
{
	struct table *t;
	struct admin a;
	char **pattern;
	int status;

	while (option_next(argc, argv, NULL) != -1)
		;
	pattern = operands(argc, argv, 0, 1);
	if ((status = admin_open(&a)) != TOOL_OK)
		return status;
	t = table_new(columns, sizeof(columns) / sizeof(columns[0]), tool.json);
	status = list(&a, t, *pattern);
	table_end(t);
	admin_close(&a);
	return status;
}

const struct command id_list_command = {
	.name = "id list",
	.summary = "list the identities",
	.help = "[PATTERN]\n"
		"Lists the identities, a line per key; PATTERN is one of the "
		"shell's (* ? [...]).\nThe key's id is cut; id show has the "
		"whole.\n\n"
		"Example:\n"
		"  tlspool-cli id list '*.example.com'\n",
	.run = run,
};
