/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * admin_cache: the administrator's view of the cache, a page at a time: each
 * looks at a bounded part of it, so that no verdict waits for long.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "daemon/sys/log.h"
#include "daemon/verifier/admin.h"
#include "daemon/verifier/basis.h"
#include "daemon/verifier/recall.h"
#include "daemon/verifier/verify.h"

enum {
	PAGE_BYTES = 64 * 1024,
	PATIENCE = 2000, /* entries that one page looks at */
	HEX_KEY = 2 * ENTRY_KEY,
};

/* What is asked for, and the page that answers it. */
struct page {
	const char *pattern;
	bool flush; /* the rows are forgotten */
	uint8_t data[PAGE_BYTES];
	struct wire_writer rows;
	bool more;
};

static bool
parse_key(const char *hex, uint8_t key[ENTRY_KEY])
{
	gnutls_datum_t text = { (unsigned char *)(uintptr_t)hex,
		(unsigned)strlen(hex) };
	size_t len = ENTRY_KEY;

	return text.size == HEX_KEY &&
	       gnutls_hex_decode(&text, key, &len) == 0 && len == ENTRY_KEY;
}

/* False: there is no room for it. */
static bool
add_row(struct page *page, const struct admin_cache_row *row)
{
	uint8_t space[ENTRY_MAX + ENTRY_KEY];
	int len = message_encode(
	    &admin_cache_row_schema, 0, row, space, sizeof(space));

	if (len < 0)
		return true;
	if (page->rows.len + 4 + (size_t)len > page->rows.size)
		return false;
	wire_put_string(&page->rows, space, (size_t)len);
	return true;
}

static bool
matches(const struct page *page, const char *name)
{
	return page->pattern == NULL || fnmatch(page->pattern, name, 0) == 0;
}

/* Fills the page from behind a key, or NULL; in last is how far it came. */
static void
fill(struct page *page, const uint8_t *after, uint8_t last[ENTRY_KEY])
{
	static struct cache_hit hit;
	struct cache_clock now = recall_clock();
	struct cache *cache = recall_cache();
	unsigned patience = PATIENCE;
	enum cache_step step;

	page->rows = (struct wire_writer){ .data = page->data,
		.size = sizeof(page->data) };
	page->more = true;
	while (patience > 0) {
		step = cache_next(cache, after, basis_mark(&verify_trust), &now,
		    &patience, &hit);
		if (step == CACHE_END) {
			page->more = false;
			return;
		}
		if (step == CACHE_ROW && matches(page, hit.row.name)) {
			if (!add_row(page, &hit.row))
				return;
			if (page->flush)
				cache_forget(cache, hit.entry.key, &now);
		}
		memcpy(last, hit.entry.key, ENTRY_KEY);
		after = last;
	}
}

static void
answer(int connection, uint32_t request, struct page *page, const char *after)
{
	uint8_t key[ENTRY_KEY] = { 0 };
	char next[HEX_KEY + 1] = "";
	struct admin_rows ans = { 0 };

	if (after != NULL && !parse_key(after, key)) {
		ans.error = EINVAL;
		ans.text = "that is not where a page ended";
		admin_answer(connection, &admin_rows_schema, request, &ans);
		return;
	}
	fill(page, after == NULL ? NULL : key, key);
	for (size_t i = 0; i < ENTRY_KEY; i++)
		snprintf(next + 2 * i, 3, "%02x", key[i]);
	ans.rows = (struct blob){ page->data, page->rows.len };
	ans.more = page->more;
	ans.next = page->more ? next : NULL;
	admin_answer(connection, &admin_rows_schema, request, &ans);
}

void
admin_cache_list(int connection, uint32_t request, void *msg)
{
	static struct page page;
	const struct admin_cache_list *ask = msg;

	page.pattern = ask->pattern;
	page.flush = false;
	answer(connection, request, &page, ask->after);
}

void
admin_cache_flush(int connection, uint32_t request, void *msg)
{
	static struct page page;
	const struct admin_cache_flush *ask = msg;
	struct admin_rows ans = { 0 };

	if (ask->after == NULL)
		log_notice("cache-flushed", "pattern=%s",
		    ask->pattern != NULL ? ask->pattern : "*");
	if (ask->pattern == NULL) {
		cache_flush(recall_cache());
		admin_answer(connection, &admin_rows_schema, request, &ans);
		return;
	}
	/* Nor is what is under way to be remembered. */
	cache_renew(recall_cache());
	page.pattern = ask->pattern;
	page.flush = true;
	answer(connection, request, &page, ask->after);
}
