/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * token: private keys in PKCS #11 tokens.  A token may take its time, or hang:
 * nothing here asks one anything, except for the signing, which is called in a
 * thread.
 */
#ifndef TLSPOOL_KEEPER_TOKEN_H
#define TLSPOOL_KEEPER_TOKEN_H

#include <stdbool.h>

#include "daemon/keeper/chain.h"
#include "daemon/keeper/signer.h"

/* Is this the reference of a key in a token? */
bool token_named(const char *reference);

/*
 * Loads modules, before the sandbox and as the keeper's own user; 0, or -1 (it
 * has been logged).  end: when no signer is left.
 */
int token_begin(char *const *modules);
void token_end(void);

/*
 * A key by its URI (RFC 7512): pkcs11:…, without attributes of the query but
 * pin-source, which names the file that has the PIN.  It must be that of the
 * certificate; what it signs is verified.  0, or -1 and trouble: EOPNOTSUPP no
 * modules are configured, EINVAL.
 */
int signer_token(
    struct signer *, const char *uri, const struct chain *, struct trouble *);

/* The file of a URI's PIN, to be freed; NULL: it has none.  0, or -1 and
 * trouble, also where there is more in the query. */
int token_pin_path(const char *uri, char **path, struct trouble *);

#endif
