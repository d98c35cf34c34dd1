/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * quota: how much of the pool each user has in use.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "daemon/front/quota.h"
#include "daemon/ipc/hash.h"
#include "daemon/sys/role.h"

struct user {
	UT_hash_handle hh;
	uid_t uid;
	uint32_t used[QUOTAS];
};

static struct user *users;

static struct user *
find(uid_t uid)
{
	struct user *u;

	HASH_FIND(hh, users, &uid, sizeof(uid), u);
	return u;
}

static uint32_t
limit(uid_t uid, enum quota_kind kind)
{
	uint32_t limits[QUOTAS] = {
		[QUOTA_CONNECTIONS] = role.config->max_connections,
		[QUOTA_HANDSHAKES] = role.config->max_handshakes,
		[QUOTA_SESSIONS] = role.config->max_sessions,
	};

	return uid == 0 || limits[kind] == 0 ? UINT32_MAX : limits[kind];
}

int
quota_take(uid_t uid, enum quota_kind kind)
{
	struct user *u = find(uid);

	if (u == NULL) {
		if ((u = calloc(1, sizeof(*u))) == NULL)
			return -1;
		u->uid = uid;
		HASH_ADD(hh, users, uid, sizeof(u->uid), u);
	}
	if (u->used[kind] >= limit(uid, kind)) {
		errno = EDQUOT;
		return -1;
	}
	u->used[kind]++;
	return 0;
}

void
quota_give(uid_t uid, enum quota_kind kind)
{
	struct user *u = find(uid);

	if (u == NULL || u->used[kind] == 0)
		return;
	u->used[kind]--;
	for (int i = 0; i < QUOTAS; i++)
		if (u->used[i] > 0)
			return;
	HASH_DEL(users, u);
	free(u);
}

const char *
quota_name(enum quota_kind kind)
{
	static const char *const names[QUOTAS] = {
		[QUOTA_CONNECTIONS] = "connections",
		[QUOTA_HANDSHAKES] = "handshakes",
		[QUOTA_SESSIONS] = "sessions",
	};

	return names[kind];
}

void
quota_forget(void)
{
	struct user *u, *next;

	HASH_ITER(hh, users, u, next)
	{
		HASH_DEL(users, u);
		free(u);
	}
}
