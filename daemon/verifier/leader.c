/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * leader: one for each key at a time, the newest.
 */
#include <string.h>

#include "daemon/verifier/leader.h"

static struct verdict *leaders;
static uint64_t joined;

uint64_t
leader_joined(void)
{
	return joined;
}

/* Trust on first use remembers nothing where it may not write: who may, does
 * not follow that. */
static bool
may_follow(const struct verdict *v, const struct verdict *leader)
{
	return (v->flags & APP_NO_CACHE_READ) == 0 && v->steps == NULL &&
	       v->generation == leader->generation &&
	       ((leader->flags & APP_NO_CACHE_WRITE) == 0 ||
		   (v->flags & APP_NO_CACHE_WRITE) != 0);
}

bool
leader_join(struct verdict *v)
{
	struct verdict *leader = NULL;

	if (!v->keyed)
		return false;
	HASH_FIND(hh, leaders, v->key, sizeof(v->key), leader);
	if (leader == NULL || !may_follow(v, leader))
		return false;
	v->following = leader->followers;
	leader->followers = v;
	joined++;
	return true;
}

void
leader_begin(struct verdict *v)
{
	struct verdict *older = NULL;

	if (!v->keyed)
		return;
	HASH_FIND(hh, leaders, v->key, sizeof(v->key), older);
	if (older != NULL) {
		HASH_DEL(leaders, older);
		older->leads = false;
	}
	HASH_ADD(hh, leaders, key, sizeof(v->key), v);
	v->leads = true;
}

static void
copy_answer(struct verdict *to, const struct verdict *from)
{
	to->error = from->error;
	to->alert = from->alert;
	memcpy(to->reason, from->reason, sizeof(to->reason));
	to->method = from->method;
	memcpy(to->evidence, from->evidence, sizeof(to->evidence));
	to->until = from->until;
}

struct verdict *
leader_end(struct verdict *v)
{
	struct verdict *followers = v->followers;

	if (v->leads)
		HASH_DEL(leaders, v);
	v->leads = false;
	v->followers = NULL;
	for (struct verdict *f = followers; f != NULL; f = f->following)
		copy_answer(f, v);
	return followers;
}
