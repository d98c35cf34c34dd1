/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * grant: sealed with HMAC-SHA-256 (RFC 2104), the MAC behind the message.
 */
#include <errno.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "daemon/ipc/app.h"
#include "daemon/ipc/grant.h"

static const struct field grant_fields[] = {
	FIELD(grant, 1, U32, key, true, 0),
	FIELD(grant, 2, U64, session, true, 0),
	FIELD(grant, 3, U32, worker, true, 0),
	FIELD(grant, 4, U32, uid, true, 0),
	FIELD(grant, 5, BYTES, gids, false, GRANT_MAX_GIDS * 4),
	FIELD(grant, 6, TEXT, unit, false, 256),
	FIELD(grant, 7, BYTE, role, true, APP_ROLE_SERVER),
	FIELD(grant, 8, TEXT, name, false, APP_NAME_MAX),
	FIELD(grant, 9, U32, flags, true, 0),
	FIELD(grant, 10, U32, signatures, true, 0),
	FIELD(grant, 11, U64, until, true, 0),
	FIELD(grant, 12, BOOLEAN, disclose, false, 0),
};

static MESSAGE_SCHEMA(grant_schema, GRANT_MESSAGE, grant, 0, 0);

void
grant_keys_add(struct grant_keys *keys, uint32_t number, const uint8_t *key)
{
	keys->previous = keys->current;
	keys->current.number = number;
	memcpy(keys->current.key, key, GRANT_KEY_SIZE);
}

static int
mac(const struct grant_key *key, const uint8_t *data, size_t len, uint8_t *out)
{
	return gnutls_hmac_fast(
	    GNUTLS_MAC_SHA256, key->key, GRANT_KEY_SIZE, data, len, out);
}

int
grant_seal(const struct grant_keys *keys, struct grant *g, uint8_t *buf)
{
	int len;

	if (keys->current.number == 0) {
		errno = EKEYREJECTED;
		return -1;
	}
	g->key = keys->current.number;
	len = message_encode(
	    &grant_schema, 0, g, buf, GRANT_MAX - GRANT_MAC_SIZE);
	if (len == -1)
		return -1;
	if (mac(&keys->current, buf, (size_t)len, buf + len) != 0) {
		errno = EIO;
		return -1;
	}
	return len + GRANT_MAC_SIZE;
}

/*
 * The MAC is checked before a byte of the message is looked at; so both keys
 * are tried, instead of the one whose number the message claims.
 */
static int
check_mac(const struct grant_keys *keys, const uint8_t *buf, size_t len)
{
	const struct grant_key *k[] = { &keys->current, &keys->previous };
	uint8_t right[GRANT_MAC_SIZE];
	int found = -1;

	for (size_t i = 0; i < 2 && found == -1; i++)
		if (k[i]->number != 0 && mac(k[i], buf, len, right) == 0 &&
		    gnutls_memcmp(right, buf + len, GRANT_MAC_SIZE) == 0)
			found = 0;
	explicit_bzero(right, sizeof(right));
	return found;
}

int
grant_open(const struct grant_keys *keys, uint8_t *buf, size_t len,
    uint32_t worker, uint64_t now, struct grant *g)
{
	if (len < MESSAGE_HEADER + GRANT_MAC_SIZE || len > GRANT_MAX) {
		errno = EBADMSG;
		return -1;
	}
	len -= GRANT_MAC_SIZE;
	if (check_mac(keys, buf, len) != 0) {
		errno = EACCES;
		return -1;
	}
	if (message_decode(&grant_schema, buf, len, g) != 0 ||
	    g->gids.len % 4 != 0) {
		errno = EBADMSG;
		return -1;
	}
	if (g->worker != worker) {
		errno = EACCES;
		return -1;
	}
	if (now > g->until) {
		errno = ETIMEDOUT;
		return -1;
	}
	return 0;
}

size_t
grant_ngids(const struct grant *g)
{
	return g->gids.len / 4;
}

uint32_t
grant_gid(const struct grant *g, size_t i)
{
	const uint8_t *at = g->gids.data + 4 * i;

	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}
