/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * grants: a hash table of the grants that are in use.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/keeper/grants.h"

enum { BUCKETS = 8192 };

struct grants {
	struct use *buckets[BUCKETS];
	size_t n;
};

struct grants *
grants_new(void)
{
	return calloc(1, sizeof(struct grants));
}

static void
use_clear(struct use *use)
{
	for (size_t i = 0; i < use->n; i++)
		credential_release(use->credentials[i]);
	use->n = 0;
}

void
grants_free(struct grants *grants)
{
	if (grants == NULL)
		return;
	grants_sweep(grants, UINT64_MAX);
	free(grants);
}

int
grants_present(const struct grant_keys *keys, struct blob sealed,
    uint32_t worker, uint64_t now, struct presented *p, struct trouble *t)
{
	if (keys == NULL || sealed.len > GRANT_MAX ||
	    sealed.len < GRANT_MAC_SIZE)
		return trouble(t, EACCES, "the grant is malformed");
	memcpy(p->sealed, sealed.data, sealed.len);
	memcpy(
	    p->mac, sealed.data + sealed.len - GRANT_MAC_SIZE, GRANT_MAC_SIZE);
	if (grant_open(keys, p->sealed, sealed.len, worker, now, &p->grant) !=
	    0)
		return trouble(t, EACCES, "%s",
		    errno == ETIMEDOUT ? "the time of the grant is over"
		    : errno == EACCES
			? "the grant was not made by this pool for this worker"
			: "the grant is malformed");
	for (size_t i = 0; i < grant_ngids(&p->grant); i++)
		p->gids[i] = grant_gid(&p->grant, i);
	p->caller = (struct caller){ p->grant.uid, p->gids,
		grant_ngids(&p->grant), p->grant.unit };
	return 0;
}

/* The MAC is evenly spread by itself. */
static struct use **
bucket_of(struct grants *grants, const uint8_t *mac)
{
	return &grants->buckets[(mac[0] | (unsigned)mac[1] << 8) % BUCKETS];
}

struct use *
grants_find(struct grants *grants, const struct presented *p)
{
	struct use *use = *bucket_of(grants, p->mac);

	while (use != NULL && memcmp(use->mac, p->mac, sizeof(use->mac)) != 0)
		use = use->next;
	return use;
}

struct use *
grants_begin(struct grants *grants, const struct presented *p)
{
	struct use **bucket = bucket_of(grants, p->mac);
	struct use *use = grants_find(grants, p);

	if (use != NULL || (use = calloc(1, sizeof(*use))) == NULL)
		return use;
	memcpy(use->mac, p->mac, sizeof(use->mac));
	use->worker = p->grant.worker;
	use->signatures = p->grant.signatures;
	use->until = p->grant.until;
	use->next = *bucket;
	*bucket = use;
	grants->n++;
	return use;
}

void
grants_allow(struct use *use, struct credential *const *credentials, size_t n)
{
	use_clear(use);
	if (use->signatures == 0)
		return;
	for (size_t i = 0; i < n && i < IDENTITY_CREDENTIALS; i++)
		use->credentials[use->n++] = credential_hold(credentials[i]);
}

struct credential *
grants_key(const struct use *use, const uint8_t *id)
{
	for (size_t i = 0; i < use->n; i++)
		if (memcmp(use->credentials[i]->chain->id, id, KEY_ID_SIZE) ==
		    0)
			return use->credentials[i];
	return NULL;
}

/*
 * The use stays, without a signature left, until its time is over: forgotten,
 * it could begin anew.
 */
void
grants_end_worker(struct grants *grants, uint32_t worker)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct use *u = grants->buckets[i]; u != NULL; u = u->next)
			if (u->worker == worker) {
				use_clear(u);
				u->signatures = 0;
			}
}

void
grants_sweep(struct grants *grants, uint64_t now)
{
	struct use **at, *use;

	for (size_t i = 0; i < BUCKETS; i++)
		for (at = &grants->buckets[i]; (use = *at) != NULL;) {
			if (use->until >= now) {
				at = &use->next;
				continue;
			}
			*at = use->next;
			use_clear(use);
			free(use);
			grants->n--;
		}
}

size_t
grants_count(const struct grants *grants)
{
	return grants->n;
}
