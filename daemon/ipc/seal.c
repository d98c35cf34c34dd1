/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * seal: HMAC-SHA-256 (RFC 2104), the MAC behind the message.
 */
#include <errno.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "daemon/ipc/seal.h"

static int
mac(const struct grant_key *key, const uint8_t *data, size_t len, uint8_t *out)
{
	return gnutls_hmac_fast(
	    GNUTLS_MAC_SHA256, key->key, GRANT_KEY_SIZE, data, len, out);
}

int
seal_message(const struct grant_keys *keys, const struct message_schema *schema,
    const void *msg, uint8_t *buf, size_t size)
{
	int len;

	if (keys->current.number == 0) {
		errno = EKEYREJECTED;
		return -1;
	}
	if (size <= GRANT_MAC_SIZE) {
		errno = EMSGSIZE;
		return -1;
	}
	len = message_encode(schema, 0, msg, buf, size - GRANT_MAC_SIZE);
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
seal_open(const struct grant_keys *keys, const struct message_schema *schema,
    uint8_t *buf, size_t len, void *msg)
{
	if (len < MESSAGE_HEADER + GRANT_MAC_SIZE) {
		errno = EBADMSG;
		return -1;
	}
	len -= GRANT_MAC_SIZE;
	if (check_mac(keys, buf, len) != 0) {
		errno = EACCES;
		return -1;
	}
	if (message_decode(schema, buf, len, msg) != 0) {
		errno = EBADMSG;
		return -1;
	}
	return 0;
}
