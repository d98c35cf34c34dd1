/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * voucher: its fields, and what holds of one that is opened.
 */
#include <errno.h>
#include <string.h>

#include <gnutls/crypto.h>

#include "daemon/ipc/seal.h"
#include "daemon/ipc/voucher.h"

static const struct field voucher_fields[] = {
	FIELD(voucher, 1, BYTES, chains, true, VOUCHER_CHAINS *CHAIN_ID_SIZE),
	FIELD(voucher, 2, U64, until, true, 0),
};

static MESSAGE_SCHEMA(voucher_schema, VOUCHER_MESSAGE, voucher, 0, 0);

int
voucher_seal(
    const struct grant_keys *keys, const struct voucher *v, uint8_t *buf)
{
	return seal_message(keys, &voucher_schema, v, buf, VOUCHER_MAX);
}

int
voucher_check(const struct grant_keys *keys, struct blob sealed, uint64_t now,
    const uint8_t id[CHAIN_ID_SIZE])
{
	uint8_t copy[VOUCHER_MAX + 1]; /* opening writes into it */
	struct voucher v;

	errno = EBADMSG;
	if (sealed.len > VOUCHER_MAX)
		return -1;
	memcpy(copy, sealed.data, sealed.len);
	if (seal_open(keys, &voucher_schema, copy, sealed.len, &v) != 0)
		return -1;
	errno = ETIMEDOUT;
	if (now > v.until)
		return -1;
	for (; v.chains.len >= CHAIN_ID_SIZE; v.chains.len -= CHAIN_ID_SIZE) {
		if (memcmp(v.chains.data, id, CHAIN_ID_SIZE) == 0)
			return 0;
		v.chains.data += CHAIN_ID_SIZE;
	}
	errno = ENOENT;
	return -1;
}

int
chain_id(struct blob list, uint8_t id[CHAIN_ID_SIZE])
{
	return gnutls_hash_fast(GNUTLS_DIG_SHA256, list.data, list.len, id) == 0
		   ? 0
		   : -1;
}
