/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * admin_remove: answers ADMIN_ID_REMOVE.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "daemon/keeper/admin.h"
#include "daemon/keeper/pending.h"
#include "daemon/sys/log.h"

/* By the id that it was added with, or by that of the key it has now. */
static bool
is_meant(const struct reference *ref, struct blob id)
{
	struct credential *c;
	struct trouble t;
	bool same = false;

	if (id.len == 0 || memcmp(ref->id, id.data, KEY_ID_SIZE) == 0)
		return true;
	c = loaded_peek(
	    keeper.loaded, ref->key, ref->cert, loop_now(role.loop), &t);
	if (c != NULL)
		same = memcmp(c->chain->id, id.data, KEY_ID_SIZE) == 0;
	credential_release(c);
	return same;
}

static int
remove_rows(const struct identity *identity, struct blob id, struct trouble *t)
{
	size_t removed = 0;

	for (size_t i = 0; i < identity->n; i++) {
		const struct reference *ref = &identity->rows[i];

		if (!is_meant(ref, id))
			continue;
		if (store_remove(keeper.store, identity->name, ref->id, t) != 0)
			return -1;
		loaded_forget(keeper.loaded, ref->key, ref->cert);
		pending_unlink(ref->key);
		pending_unlink(ref->cert);
		removed++;
	}
	if (removed == 0)
		return trouble(t, ENOKEY, "%s has no credential with that key",
		    identity->name);
	return 0;
}

int
admin_remove(struct asked *asked, void *msg, struct trouble *t)
{
	const struct admin_id_remove *req = msg;
	struct identity identity;
	char name[NAME_SIZE];
	int rv;

	if (req->key.len != 0 && req->key.len != KEY_ID_SIZE)
		return trouble(t, EINVAL, "a key id has %d bytes", KEY_ID_SIZE);
	if (admin_name(req->name, name, t) != 0 ||
	    store_find(keeper.store, name, &identity, t) != 0)
		return -1;
	rv = remove_rows(&identity, req->key, t);
	identity_clear(&identity);
	if (rv != 0)
		return -1;
	log_info("identity-removed", "identity=%s by=%u", name, asked->uid);
	pending_add(asked, NULL, req->key.len != 0 ? req->key.data : NULL);
	return 0;
}
