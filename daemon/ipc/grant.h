/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * grant: what front states, under a MAC, about who is asking for what.  A
 * worker passes it on and can neither make nor change one; keeper and
 * verifier act for a worker on nothing else.
 */
#ifndef TLSPOOL_IPC_GRANT_H
#define TLSPOOL_IPC_GRANT_H

#include "daemon/ipc/message.h"

enum {
	GRANT_KEY_SIZE = 32,
	GRANT_MAC_SIZE = 32, /* HMAC-SHA-256 */
	GRANT_MAX_GIDS = 256,
	GRANT_MAX = 3072,   /* bytes, sealed */
	GRANT_MESSAGE = 96, /* its type byte: no other message is one */
};

struct grant {
	uint32_t key; /* number of the key that seals it */
	uint64_t session;
	uint32_t worker; /* the only one that may use it */
	uint32_t uid;
	struct blob gids;    /* uint32s in network order, grant_gid() */
	const char *unit;    /* systemd unit, or NULL */
	uint8_t role;	     /* enum app_role */
	const char *name;    /* the one name it may be; NULL: any that the
				ACL lets it be */
	uint32_t flags;	     /* enum app_flag */
	uint32_t signatures; /* how many */
	uint64_t until;	     /* milliseconds of CLOCK_BOOTTIME */
	bool disclose;	     /* client without a name: the disclosure table
				chooses */
};

/*
 * The keys of the pool: the current one seals, the one before it still
 * opens.  Lives in locked memory (secret_alloc()).
 */
struct grant_keys {
	struct grant_key {
		uint32_t number; /* 0: none */
		uint8_t key[GRANT_KEY_SIZE];
	} current, previous;
};

/* Makes key the current one. */
void grant_keys_add(struct grant_keys *, uint32_t number, const uint8_t *key);

/*
 * Seals *g under the current key (g->key is set) into buf, of at least
 * GRANT_MAX bytes.  Returns the length, or -1 and errno.
 */
int grant_seal(const struct grant_keys *, struct grant *g, uint8_t *buf);

/*
 * Opens a sealed grant of `worker` in place; *g points into the buffer, which
 * must have a writable byte behind it.  Returns 0, or -1 and errno: EBADMSG
 * not a grant, EACCES the MAC is wrong (or made with a key that is gone) or
 * the grant is another worker's, ETIMEDOUT its time is over (now is in the
 * unit of until).
 */
int grant_open(const struct grant_keys *, uint8_t *buf, size_t len,
    uint32_t worker, uint64_t now, struct grant *g);

/*
 * What a grant says, for the worker that passes it on and has it from front
 * itself: it has no key to check the MAC with.  The grant is copied to buf, of
 * GRANT_MAX + 1 bytes, which *g then points into.  0, or -1 (EBADMSG).
 */
int grant_read(struct blob sealed, uint8_t *buf, struct grant *g);

size_t grant_ngids(const struct grant *);
uint32_t grant_gid(const struct grant *, size_t i);

#endif
