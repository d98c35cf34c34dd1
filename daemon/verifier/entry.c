/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * entry: the check is over the key as well.  A database that is damaged may
 * give one record in the place of another, and that would be a verdict on
 * somebody else.
 */
#include <string.h>

#include <gnutls/crypto.h>

#include "daemon/verifier/entry.h"

enum {
	HEAD = ENTRY_SERIAL + ENTRY_CHECK,
	HASH_SIZE = 32,
};

static int
check_of(const uint8_t key[ENTRY_KEY], const uint8_t *row, size_t len,
    uint8_t check[HASH_SIZE])
{
	gnutls_hash_hd_t hash;

	if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) != 0)
		return -1;
	(void)gnutls_hash(hash, key, ENTRY_KEY);
	(void)gnutls_hash(hash, row, len);
	gnutls_hash_deinit(hash, check);
	return 0;
}

int
entry_encode(const uint8_t key[ENTRY_KEY], uint64_t serial,
    const struct admin_cache_row *row, uint8_t out[ENTRY_MAX])
{
	struct wire_writer w = { .data = out, .size = ENTRY_SERIAL };
	struct admin_cache_row bare = *row;
	uint8_t check[HASH_SIZE];
	int len;

	bare.key = (struct blob){ NULL, 0 };
	len = message_encode(
	    &admin_cache_row_schema, 0, &bare, out + HEAD, ENTRY_MAX - HEAD);
	if (len < 0 || check_of(key, out + HEAD, (size_t)len, check) != 0)
		return -1;
	wire_put_u64(&w, serial);
	memcpy(out + ENTRY_SERIAL, check, ENTRY_CHECK);
	return HEAD + len;
}

int
entry_decode(const uint8_t key[ENTRY_KEY], uint8_t *data, size_t len,
    struct admin_cache_row *row)
{
	uint8_t check[HASH_SIZE];

	if (len < HEAD || len > ENTRY_MAX ||
	    check_of(key, data + HEAD, len - HEAD, check) != 0 ||
	    memcmp(data + ENTRY_SERIAL, check, ENTRY_CHECK) != 0)
		return -1;
	if (message_decode(
		&admin_cache_row_schema, data + HEAD, len - HEAD, row) != 0)
		return -1;
	row->key = (struct blob){ key, ENTRY_KEY };
	return 0;
}
