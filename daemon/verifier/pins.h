/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * pins: the file of pinned keys.  Each line is
 *
 *	NAME ROLE sha256:HASH [comment]
 *
 * NAME as in peername_parse(); ROLE is what the peer is, "client" or "server";
 * HASH is the SHA-256 of the SubjectPublicKeyInfo, as 64 hexadecimal digits or
 * in base64.  A name may have several keys.  Empty lines, and lines that begin
 * with #, are passed over.
 */
#ifndef TLSPOOL_VERIFIER_PINS_H
#define TLSPOOL_VERIFIER_PINS_H

#include "daemon/verifier/peername.h"

enum {
	PIN_SIZE = 32, /* bytes of a SHA-256 */
	PINS_FILE_MAX = 64 * 1024 * 1024,
};

struct pins;

/*
 * Parses a file of pins.  Returns it, or NULL and one sentence with the line
 * in error ("line 7: …").  Also the checker of such a file.
 */
struct pins *pins_parse(
    const char *text, size_t len, char *error, size_t error_size);
void pins_free(struct pins *);

/* A HASH with its sha256: in front: 0, or -1. */
int pins_hash(const char *text, uint8_t key[PIN_SIZE]);

/* How many keys there are, of all names. */
size_t pins_count(const struct pins *);

/* Key number at, sorted by name; false behind the last. */
bool pins_get(const struct pins *, size_t at, const char **name, bool *server,
    const uint8_t **key);

/* Where the keys of a name in a role are, or would be, for pins_get(). */
size_t pins_place(const struct pins *, bool server, const struct peername *);

/*
 * How many keys are pinned for this name in this role, and whether key (of
 * PIN_SIZE bytes) is one of them.
 */
size_t pins_find(const struct pins *, bool server, const struct peername *,
    const uint8_t *key, bool *match);

/* For how many names key is pinned in this role; the first of them, by key,
 * is *name. */
size_t pins_names(const struct pins *, bool server, const uint8_t key[PIN_SIZE],
    const char **name);

#endif
