/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * identity: a name and its credentials, as the database holds them.
 */
#ifndef TLSPOOL_KEEPER_IDENTITY_H
#define TLSPOOL_KEEPER_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/ipc/credential.h"
#include "daemon/sys/name.h"

enum {
	IDENTITY_CREDENTIALS = 8, /* of one identity */
	REFERENCE_MAX = 2048,	  /* bytes of a path or URI */
	RECORD_MAX = 2 * REFERENCE_MAX + 256,
};

/* Where key and certificate of one credential are; what they are is read
 * from there whenever it is needed. */
struct reference {
	uint8_t id[KEY_ID_SIZE]; /* of the key, when it was added */
	char *key;		 /* URI */
	char *cert;		 /* path */
	uint64_t added;		 /* seconds since 1970 */
};

struct identity {
	char name[NAME_SIZE];
	size_t n;
	struct reference rows[IDENTITY_CREDENTIALS];
};

/* Frees what the identity holds, not itself. */
void identity_clear(struct identity *);

/*
 * One record of the database.  encode: the length, or -1 and errno.  decode:
 * 0, or -1 and errno; the strings of *r are to be freed.  The bytes may be
 * anything; they are changed, and need a writable byte behind them.
 */
int reference_encode(const struct reference *, uint8_t *buf, size_t size);
int reference_decode(uint8_t *buf, size_t len, struct reference *);

#endif
