/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * entry_fuzz: what is in the file of the cache: as it is, and as the row of a
 * record whose check is good, for chance does not find one.
 */
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>

#include "daemon/verifier/entry.h"
#include "test/fuzz/fuzz.h"

enum { HEAD = ENTRY_SERIAL + ENTRY_CHECK };

static const uint8_t key[ENTRY_KEY] = { 1, 2, 3 };

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* A row that was read can be written, and read again. */
static void
write_again(const struct admin_cache_row *row)
{
	uint8_t again[ENTRY_MAX + 1];
	struct admin_cache_row back;
	int len = entry_encode(key, 7, row, again);

	if (len == -1)
		return; /* what is written is bounded more tightly */
	always(entry_decode(key, again, (size_t)len, &back) == 0);
	always(same(back.name, row->name) && same(back.reason, row->reason));
	always(same(back.method, row->method));
	always(same(back.evidence, row->evidence));
	always(same(back.local, row->local));
	always(same(back.service, row->service));
	always(back.made == row->made && back.until == row->until);
	always(back.error == row->error && back.alert == row->alert);
	always(back.basis == row->basis && back.role == row->role);
	always(back.key.len == ENTRY_KEY && back.key.data == key);
}

/* One writable byte behind it, and not one more. */
static void
decode(uint8_t *data, size_t len)
{
	struct admin_cache_row row;

	if (entry_decode(key, data, len, &row) != 0)
		return;
	always(row.name != NULL);
	write_again(&row);
}

static void
mend(uint8_t *entry, size_t len)
{
	gnutls_hash_hd_t hash;
	uint8_t check[32];

	always(gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) == 0);
	gnutls_hash(hash, key, sizeof(key));
	gnutls_hash(hash, entry + HEAD, len);
	gnutls_hash_deinit(hash, check);
	memcpy(entry + ENTRY_SERIAL, check, ENTRY_CHECK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *copy = calloc(1, HEAD + len + 1);

	always(copy != NULL);
	if (len > 0)
		memcpy(copy + HEAD, data, len);
	decode(copy + HEAD, len);
	if (len > 0)
		memcpy(copy + HEAD, data, len);
	mend(copy, len);
	decode(copy, HEAD + len);
	free(copy);
	return 0;
}
