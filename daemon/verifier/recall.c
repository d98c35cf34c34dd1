/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * recall: a refusal is kept when it is about the peer.  One that is for want
 * of memory, of an answer of the DNS or of the plugin says nothing about it,
 * and the next handshake may fare better.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/sys/role.h"
#include "daemon/verifier/basis.h"
#include "daemon/verifier/fingerprint.h"
#include "daemon/verifier/recall.h"
#include "daemon/verifier/verify.h"

static struct cache *cache;

/* The name of this boot of the machine; "" where the kernel does not say. */
static void
read_boot(char boot[64])
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	boot[0] = '\0';
	if (f == NULL)
		return;
	if (fgets(boot, 64, f) != NULL)
		boot[strcspn(boot, "\n")] = '\0';
	fclose(f);
}

int
recall_init(const char *state)
{
	char path[4096], boot[64];

	if (snprintf(path, sizeof(path), "%s/verifier/cache", state) >=
	    (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	read_boot(boot);
	cache = cache_new(path, boot);
	return cache == NULL ? -1 : 0;
}

static uint64_t
seconds(uint32_t milliseconds)
{
	return (milliseconds + UINT64_C(999)) / 1000;
}

void
recall_configure(const struct config *config)
{
	const struct cache_limits limits = {
		.size = config->cache_size,
		.max_age = seconds(config->cache_max_age),
		.negative_age = seconds(config->cache_negative_age),
	};

	cache_limit(cache, &limits);
}

void
recall_end(void)
{
	cache_free(cache);
	cache = NULL;
}

struct cache *
recall_cache(void)
{
	return cache;
}

/* Both at the same moment, which that of the loop is not: were it late, the
 * clock would look as if it was set back afterwards. */
struct cache_clock
recall_clock(void)
{
	struct timespec up;

	clock_gettime(CLOCK_BOOTTIME, &up);
	return (struct cache_clock){ (uint64_t)time(NULL),
		(uint64_t)up.tv_sec * 1000 + (uint64_t)up.tv_nsec / 1000000 };
}

uint64_t
recall_generation(void)
{
	return cache_generation(cache) + basis_generation(&verify_trust);
}

/* The rules look at names alone; what a plugin looks at is not known. */
bool
recall_key(uint8_t key[DIGEST_SIZE], const struct verify_req *req,
    const struct grant *grant)
{
	const struct fingerprint_asker asker = {
		.role = grant->role,
		.flags = grant->flags,
		.uid = grant->uid,
		.uid_counts = role.config->plugin != NULL,
	};

	return fingerprint_make(key, &verify_trust, req, &asker);
}

const struct cache_hit *
recall_find(const uint8_t key[DIGEST_SIZE], const struct verify_req *req,
    const struct grant *grant)
{
	static struct cache_hit hit;
	struct cache_clock now = recall_clock();

	if ((grant->flags & APP_NO_CACHE_READ) != 0 || req->trace ||
	    !cache_find(cache, key, &now, &hit))
		return NULL;
	return &hit;
}

static bool
is_about_peer(const struct verdict *v)
{
	switch (v->error) {
	case 0:
		return true;
	case EKEYREJECTED:
	case EKEYEXPIRED:
	case EKEYREVOKED:
	case EPERM:
		/* What we tell the peer where the fault is not its own. */
		return v->alert != GNUTLS_A_INTERNAL_ERROR;
	default:
		return false;
	}
}

static uint64_t
end_of(const struct verdict *v)
{
	if (v->error != 0)
		return v->bound;
	return v->until != 0 ? v->until : UINT64_MAX;
}

void
recall_keep(const struct verdict *v)
{
	struct cache_clock now = recall_clock();
	struct admin_cache_row row = {
		.key = { v->key, sizeof(v->key) },
		.name = verdict_name(v)->text,
		.role = v->peer_is_server ? APP_ROLE_SERVER : APP_ROLE_CLIENT,
		.made = now.wall,
		.until = end_of(v),
		.basis = basis_mark(v->trust),
		.error = v->error,
		.reason = v->error == 0 ? NULL : v->reason,
		.alert = v->alert,
		.method = v->error == 0 ? v->method : NULL,
		.evidence = v->error == 0 ? v->evidence : NULL,
		.local = v->local[0] != '\0' ? v->local : NULL,
		.service = v->service[0] != '\0' ? v->service : NULL,
		.port = v->port,
	};

	if (v->keyed && (v->flags & APP_NO_CACHE_WRITE) == 0 &&
	    is_about_peer(v) && v->generation == recall_generation())
		cache_store(cache, &row, &now);
}
