/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * quota: how much of the pool each user has in use, and may have.
 */
#ifndef TLSPOOL_FRONT_QUOTA_H
#define TLSPOOL_FRONT_QUOTA_H

#include <sys/types.h>

enum quota_kind { QUOTA_CONNECTIONS, QUOTA_HANDSHAKES, QUOTA_SESSIONS, QUOTAS };

/* Takes one for the user; 0, or -1 and EDQUOT (the limits are those of
 * role.config; root has none) or ENOMEM. */
int quota_take(uid_t, enum quota_kind);
void quota_give(uid_t, enum quota_kind);

/* "handshakes": for messages. */
const char *quota_name(enum quota_kind);

void quota_forget(void);

#endif
