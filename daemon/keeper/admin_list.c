/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * admin_list: answers ADMIN_ID_LIST and ADMIN_ID_SHOW, in pages.
 */
#include <config.h>

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/keeper/admin.h"

enum {
	PAGE_BYTES = 96 * 1024, /* as much as an answer has room for */
	PAGE_IDENTITIES = 64,	/* whose files are read for one page */
	PAGE_LOOKS = 2000,	/* at names that may not match */
	ROW_BYTES = 12 * 1024 + ADMIN_CHAIN_MAX,
	ROW_NAMES = 2048,
	ROW_TEXT = 512,
};

struct page {
	struct wire_writer rows;
	size_t identities;
	bool chains; /* the rows have their certificates with them */
};

static uint8_t page_space[PAGE_BYTES], row_space[ROW_BYTES];

/* As many of the names as find room. */
static struct blob
encode_names(const struct chain *c, uint8_t *space)
{
	struct wire_writer w = { .data = space, .size = ROW_NAMES };

	for (size_t i = 0; i < c->nnames; i++)
		if (w.len + 4 + strlen(c->names[i]) <= w.size)
			wire_put_string(&w, c->names[i], strlen(c->names[i]));
	return (struct blob){ w.data, w.len };
}

static int
put_row(struct page *page, const char *name, const struct reference *ref)
{
	struct admin_id_row row = { .name = name,
		.key = { ref->id, KEY_ID_SIZE },
		.keyref = ref->key,
		.certref = ref->cert };
	char type[64], issuer[ROW_TEXT], subject[ROW_TEXT];
	struct trouble t = { 0 };
	uint8_t names[ROW_NAMES];
	struct credential *c;
	int len;

	c = loaded_peek(
	    keeper.loaded, ref->key, ref->cert, loop_now(role.loop), &t);
	if (c != NULL) {
		row.key.data = c->chain->id;
		chain_key_type(c->chain, type, sizeof(type));
		snprintf(
		    subject, sizeof(subject), "%s", c->chain->links[0].subject);
		snprintf(issuer, sizeof(issuer), "%s", c->chain->issuer);
		row.type = type;
		row.subject = subject;
		row.issuer = issuer;
		row.names = encode_names(c->chain, names);
		row.from = (uint64_t)c->chain->links[0].from;
		row.until = (uint64_t)c->chain->links[0].until;
		if (page->chains && c->chain->der.len <= ADMIN_CHAIN_MAX)
			row.chain = c->chain->der;
	}
	if (c == NULL || chain_check_time(c->chain, time(NULL), &t) != 0)
		row.trouble = t.text;
	len = message_encode(
	    &admin_id_row_schema, 0, &row, row_space, sizeof(row_space));
	if (len != -1)
		wire_put_string(&page->rows, row_space, (size_t)len);
	credential_release(c);
	return len == -1 || page->rows.full ? -1 : 0;
}

/* All rows of an identity, or none: -1 where they find no room. */
static int
put_identity(struct page *page, const struct identity *identity)
{
	size_t before = page->rows.len;

	if (page->identities == PAGE_IDENTITIES)
		return -1;
	for (size_t i = 0; i < identity->n; i++)
		if (put_row(page, identity->name, &identity->rows[i]) != 0) {
			page->rows.len = before;
			return -1;
		}
	page->identities++;
	return 0;
}

static void
send_page(struct asked *asked, struct page *page, const char *next)
{
	struct admin_rows ans = { .more = next != NULL, .next = next };

	ans.rows = (struct blob){ page->rows.data, page->rows.len };
	admin_answer(
	    asked->connection, &admin_rows_schema, asked->request, &ans);
	asked->connection = -1;
}

int
admin_list(struct asked *asked, void *msg, struct trouble *t)
{
	const struct admin_id_list *req = msg;
	struct page page = { .rows = { page_space, 0, PAGE_BYTES, false } };
	char pattern[NAME_SIZE] = "*", at[NAME_SIZE] = "";
	struct identity identity;
	bool full = false;
	int r = 0;

	if (req->pattern != NULL)
		name_lower(req->pattern, pattern, sizeof(pattern));
	if (req->after != NULL)
		name_lower(req->after, at, sizeof(at));
	for (int looks = 0; looks < PAGE_LOOKS && !full; looks++) {
		if ((r = store_next(keeper.store, at, &identity, t)) != 0)
			break;
		if (fnmatch(pattern, identity.name, 0) == 0)
			full = put_identity(&page, &identity) != 0;
		if (!full)
			memcpy(at, identity.name, sizeof(at));
		identity_clear(&identity);
	}
	if (r != 0 && t->error != ENOKEY)
		return -1;
	send_page(asked, &page, r == 0 ? at : NULL);
	return 0;
}

/* A row without its certificates is better than none. */
static void
put_shown(struct page *page, const char *name, const struct reference *ref)
{
	size_t before = page->rows.len;

	page->chains = true;
	if (put_row(page, name, ref) == 0)
		return;
	page->rows.len = before;
	page->rows.full = false;
	page->chains = false;
	if (put_row(page, name, ref) != 0)
		page->rows.len = before;
}

int
admin_show(struct asked *asked, void *msg, struct trouble *t)
{
	const struct admin_id_show *req = msg;
	struct page page = { .rows = { page_space, 0, PAGE_BYTES, false } };
	struct identity identity;
	char name[NAME_SIZE];

	if (admin_name(req->name, name, t) != 0 ||
	    store_find(keeper.store, name, &identity, t) != 0)
		return -1;
	for (size_t i = 0; i < identity.n; i++)
		put_shown(&page, identity.name, &identity.rows[i]);
	identity_clear(&identity);
	send_page(asked, &page, NULL);
	return 0;
}
