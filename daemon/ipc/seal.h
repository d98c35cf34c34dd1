/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * seal: messages that pass through the hands of a worker, which can neither
 * make nor change one, because it does not have the keys.
 */
#ifndef TLSPOOL_IPC_SEAL_H
#define TLSPOOL_IPC_SEAL_H

#include "daemon/ipc/grant.h"

/*
 * Encodes *msg and puts a MAC behind it, under the current key.  The type of
 * the schema must be that of no other message that is sealed.  buf has size
 * bytes.  Returns the length, or -1 and errno.
 */
int seal_message(const struct grant_keys *, const struct message_schema *,
    const void *msg, uint8_t *buf, size_t size);

/*
 * Opens it in place; *msg points into the buffer, which must have a writable
 * byte behind it.  Returns 0, or -1 and errno: EBADMSG it is none, EACCES the
 * MAC is wrong, or made with a key that is gone.
 */
int seal_open(const struct grant_keys *, const struct message_schema *,
    uint8_t *buf, size_t len, void *msg);

#endif
