/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tlsa_owner: names of DNS out of names of people and services.
 */
#include <stdio.h>
#include <string.h>

#include <gnutls/crypto.h>

#include "daemon/verifier/tlsa_owner.h"

enum {
	DNS_NAME_MAX = 253,  /* as text, without the last dot */
	LOCAL_PART_MAX = 64, /* RFC 5321, section 4.5.3.1.1 */
	DIGEST_SIZE = 32,
	DIGEST_KEPT = 28, /* so that it is a label (RFC 8162, section 3) */
};

static int
check_size(int len)
{
	return len > 0 && len <= DNS_NAME_MAX ? 0 : -1;
}

int
tlsa_owner_service(char owner[TLSA_OWNER_MAX], uint16_t port,
    const char *protocol, const char *domain)
{
	return check_size(snprintf(
	    owner, TLSA_OWNER_MAX, "_%u._%s.%s", port, protocol, domain));
}

int
tlsa_owner_user(char owner[TLSA_OWNER_MAX], const char *user)
{
	const char *at = strrchr(user, '@');
	char hex[2 * DIGEST_KEPT + 1];
	uint8_t digest[DIGEST_SIZE];

	if (at == NULL || at == user || at[1] == '\0' ||
	    at - user > LOCAL_PART_MAX)
		return -1;
	if (gnutls_hash_fast(
		GNUTLS_DIG_SHA256, user, (size_t)(at - user), digest) != 0)
		return -1;
	for (unsigned i = 0; i < DIGEST_KEPT; i++)
		snprintf(hex + (size_t)2 * i, 3, "%02x", digest[i]);
	return check_size(
	    snprintf(owner, TLSA_OWNER_MAX, "%s._smimecert.%s", hex, at + 1));
}
