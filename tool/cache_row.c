/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * cache_row: asks for page after page; the daemon looks at a bounded part of
 * the cache for each, so a page may be empty and have others behind it.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tool/cache_row.h"
#include "tool/command.h"

static void
fill(struct cache_row *row)
{
	uint64_t now = (uint64_t)time(NULL);

	row->verdict = row->is.error == 0 ? "yes" : "no";
	row->why = row->is.error == 0 ? row->is.evidence : row->is.reason;
	row->age = now > row->is.made ? now - row->is.made : 0;
}

static int
each_row(struct admin_rows *page,
    void (*call)(const struct cache_row *, void *), void *arg)
{
	struct row_buffer buf = { NULL, 0 };
	struct cache_row row;
	int r;

	while ((r = admin_row(page, &admin_cache_row_schema, &buf, &row.is)) ==
	       1) {
		fill(&row);
		call(&row, arg);
	}
	free(buf.data);
	if (r == 0)
		return TOOL_OK;
	complain("the daemon sent a malformed row");
	return TOOL_NO;
}

static int
each_page(struct admin *a, const struct message_schema *schema,
    const char *pattern, void (*call)(const struct cache_row *, void *),
    void *arg)
{
	/* CACHE_LIST and CACHE_FLUSH have the same members. */
	struct admin_cache_list ask = { .pattern = pattern };
	struct admin_rows page;
	char *after = NULL;
	int status;

	do {
		ask.after = after;
		status = admin_ask(a, schema, &ask, NULL, 0, &admin_rows_schema,
		    &page, ADMIN_TIMEOUT);
		free(after);
		after = NULL;
		if (status == TOOL_OK && page.error != 0) {
			complain("%s", page.text != NULL
					   ? page.text
					   : strerror((int)page.error));
			status = TOOL_NO;
		}
		if (status == TOOL_OK)
			status = each_row(&page, call, arg);
		if (status == TOOL_OK && page.more && page.next != NULL &&
		    (after = strdup(page.next)) == NULL)
			out_of_memory();
	} while (after != NULL);
	return status;
}

int
cache_each(const struct message_schema *schema, const char *pattern,
    void (*call)(const struct cache_row *, void *), void *arg)
{
	struct admin a;
	int status;

	if ((status = admin_open(&a)) != TOOL_OK)
		return status;
	status = each_page(&a, schema, pattern, call, arg);
	admin_close(&a);
	return status;
}
