/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * known: the keys that the verifier itself keeps: pinned by tlspool-cli, or
 * remembered at first use.  The file has the format of pins.h; its comments
 * say which of the two, and since when.
 */
#ifndef TLSPOOL_VERIFIER_KNOWN_H
#define TLSPOOL_VERIFIER_KNOWN_H

#include <time.h>

#include "daemon/verifier/digest.h"
#include "daemon/verifier/pins.h"

enum known_kind {
	KNOWN_PINNED,
	KNOWN_FIRST_USE,
};

enum {
	KNOWN_MAX = 8192,	    /* keys in all */
	KNOWN_MAX_FIRST_USE = 4096, /* of these, remembered at first use */
	KNOWN_DATE = sizeof("2026-11-21"),
};

struct known_key {
	char *name;
	bool server;
	uint8_t key[PIN_SIZE];
	enum known_kind kind;
	char since[KNOWN_DATE]; /* "" where the file does not say */
};

struct known;

/*
 * Reads the file at path, or begins an empty one, which is written when
 * something is added.  NULL, and one sentence in error.
 */
struct known *known_open(const char *path, char *error, size_t error_size);
void known_free(struct known *);

/*
 * Adds a key: on the disk when it returns.  0, or -1 and errno: EEXIST it is
 * there already, EDQUOT there is no place for more, and those of writing.
 * What was remembered becomes what is pinned.
 */
int known_add(struct known *, const struct peername *, bool server,
    const uint8_t key[PIN_SIZE], enum known_kind, time_t now);

/* Removes the keys of a name, or one of them.  How many, or -1 and errno. */
int known_remove(
    struct known *, const struct peername *, const uint8_t *key_or_null);

/*
 * How many keys of this kind the name has in this role, whether key is one,
 * and in *any one of them (NULL: there is none).
 */
size_t known_find(const struct known *, bool server, const struct peername *,
    enum known_kind, const uint8_t key[PIN_SIZE], bool *match,
    const struct known_key **any);

/* How often it has changed since it was opened; known NULL: 0. */
uint64_t known_changes(const struct known *);

/* Adds the keys of a name in this role; NULL: of all names. */
void known_digest(
    struct known *, bool server, const char *name, struct digest *);

/* By number, sorted by name; known_get() gives NULL behind the last. */
size_t known_count(const struct known *);
const struct known_key *known_get(const struct known *, size_t);

#endif
