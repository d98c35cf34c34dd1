/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * id_row: credentials out of answers.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tool/command.h"
#include "tool/id_row.h"

enum {
	KEY_START = 8, /* bytes that a list shows; and that are enough */
};

void
id_row_fill(struct id_row *row)
{
	row->key_start = row->id.key;
	if (row->key_start.len > KEY_START)
		row->key_start.len = KEY_START;
	row->validity = words_validity(
	    row->buffer, row->id.from, row->id.until, (uint64_t)time(NULL));
	row->state = row->id.trouble != NULL ? row->id.trouble : "ok";
}

int
hex_decode(const char *hex, uint8_t *bytes, size_t size)
{
	size_t len = strlen(hex), i;
	unsigned byte;
	char two[3] = "";

	if (len % 2 != 0 || len / 2 > size ||
	    strspn(hex, "0123456789abcdefABCDEF") != len)
		return -1;
	for (i = 0; i < len / 2; i++) {
		memcpy(two, hex + 2 * i, 2);
		byte = (unsigned)strtoul(two, NULL, 16);
		bytes[i] = (uint8_t)byte;
	}
	return (int)(len / 2);
}

int
id_ask_show(struct admin *a, const char *name, struct admin_rows *page)
{
	struct admin_id_show ask = { .name = name };
	int status;

	status = admin_ask(a, &admin_id_show_schema, &ask, NULL, 0,
	    &admin_rows_schema, page, ADMIN_TIMEOUT);
	if (status == TOOL_OK && page->error != 0) {
		complain("%s", page->text != NULL ? page->text
						  : strerror((int)page->error));
		status = TOOL_NO;
	}
	return status;
}

int
id_find_key(struct admin *a, const char *name, const char *hex,
    uint8_t key[KEY_ID_SIZE])
{
	uint8_t start[KEY_ID_SIZE];
	struct row_buffer buf = { NULL, 0 };
	struct admin_id_row row;
	struct admin_rows page;
	int len, status, found = 0;

	len = hex_decode(hex, start, sizeof(start));
	if (len <= 0)
		usage_error("\"%s\" is not the id of a key: it has an even "
			    "number of hexadecimal digits, 64 at most",
		    hex);
	if (len == KEY_ID_SIZE) {
		memcpy(key, start, KEY_ID_SIZE);
		return TOOL_OK;
	}
	if ((status = id_ask_show(a, name, &page)) != TOOL_OK)
		return status;
	while (admin_row(&page, &admin_id_row_schema, &buf, &row) == 1) {
		if (row.key.len != KEY_ID_SIZE ||
		    memcmp(row.key.data, start, (size_t)len) != 0)
			continue;
		memcpy(key, row.key.data, KEY_ID_SIZE);
		found++;
	}
	free(buf.data);
	if (found == 1)
		return TOOL_OK;
	complain("%s of the keys of %s begin%s with %s",
	    found == 0 ? "none" : "several", name, found == 0 ? "s" : "", hex);
	return TOOL_NO;
}
