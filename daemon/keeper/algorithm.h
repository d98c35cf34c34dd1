/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * algorithm: which signatures a key may make, and over what.
 */
#ifndef TLSPOOL_KEEPER_ALGORITHM_H
#define TLSPOOL_KEEPER_ALGORITHM_H

#include "daemon/ipc/wire.h"
#include "daemon/keeper/key.h"

/*
 * May this key sign digest with the named algorithm (gnutls_sign_algorithm_t)
 * for a handshake of that role (enum app_role)?  0, or -1 and trouble: EINVAL.
 */
int algorithm_check(const struct key *, uint32_t algorithm, struct blob digest,
    unsigned role, struct trouble *);

/* Signs what has been checked: 0, or -1 and trouble.  Called in a thread. */
int algorithm_sign(const struct key *, uint32_t algorithm, struct blob digest,
    struct signature *, struct trouble *);

#endif
