/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * memory_gnutls: keys in memory without libcrypto: GnuTLS signs with them, too.
 */
#include <config.h>

#include "daemon/keeper/signer.h"

const unsigned signer_quick_rsa = 0;

int
signer_begin(void)
{
	return 0;
}

int
signer_memory(
    struct signer *signer, gnutls_privkey_t private, struct trouble *t)
{
	signer_gnutls(signer, private);
	return 0;
}
