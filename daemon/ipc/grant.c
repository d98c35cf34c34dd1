/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * grant: its fields, and for whom and how long it is good.
 */
#include <errno.h>
#include <string.h>

#include "daemon/ipc/app.h"
#include "daemon/ipc/grant.h"
#include "daemon/ipc/seal.h"

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

int
grant_seal(const struct grant_keys *keys, struct grant *g, uint8_t *buf)
{
	g->key = keys->current.number;
	return seal_message(keys, &grant_schema, g, buf, GRANT_MAX);
}

int
grant_open(const struct grant_keys *keys, uint8_t *buf, size_t len,
    uint32_t worker, uint64_t now, struct grant *g)
{
	if (len > GRANT_MAX) {
		errno = EBADMSG;
		return -1;
	}
	if (seal_open(keys, &grant_schema, buf, len, g) != 0)
		return -1;
	if (g->gids.len % 4 != 0) {
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

int
grant_read(struct blob sealed, uint8_t *buf, struct grant *g)
{
	if (sealed.len < GRANT_MAC_SIZE || sealed.len > GRANT_MAX) {
		errno = EBADMSG;
		return -1;
	}
	memcpy(buf, sealed.data, sealed.len);
	return message_decode(
	    &grant_schema, buf, sealed.len - GRANT_MAC_SIZE, g);
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
