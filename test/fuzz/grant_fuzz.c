/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * grant_fuzz: the input without a MAC never opens; with the right MAC it is
 * what a broken front could make, and must be taken or refused in order.
 */
#include <errno.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "daemon/ipc/grant.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t key[GRANT_KEY_SIZE] = { 42 };
	struct grant_keys keys = { 0 };
	uint8_t buf[GRANT_MAX + 1];
	struct grant g;

	grant_keys_add(&keys, 1, key);
	if (len > GRANT_MAX - GRANT_MAC_SIZE)
		return 0;
	memcpy(buf, data, len);
	always(grant_open(&keys, buf, len, 1, 0, &g) == -1);
	always(errno == EBADMSG || errno == EACCES);

	memcpy(buf, data, len);
	always(gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, sizeof(key), buf, len,
		   buf + len) == 0);
	if (grant_open(&keys, buf, len + GRANT_MAC_SIZE, 1, 1000, &g) != 0) {
		always(
		    errno == EBADMSG || errno == EACCES || errno == ETIMEDOUT);
		return 0;
	}
	always(g.worker == 1 && g.until >= 1000);
	always(grant_ngids(&g) <= GRANT_MAX_GIDS);
	for (size_t i = 0; i < grant_ngids(&g); i++)
		(void)grant_gid(&g, i);
	always(grant_seal(&keys, &g, (uint8_t[GRANT_MAX]){ 0 }) > 0);
	return 0;
}
