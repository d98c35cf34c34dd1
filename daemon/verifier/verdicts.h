/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * verdicts: the entries of the cache in Berkeley DB, by their keys and by
 * their age.  What they say, and how long that holds, is not known here.
 * Errors are those of Berkeley DB; behind one, close and begin anew.
 */
#ifndef TLSPOOL_VERIFIER_VERDICTS_H
#define TLSPOOL_VERIFIER_VERDICTS_H

#include <stdbool.h>

#include "daemon/verifier/entry.h"

/* An entry that was read. */
struct verdicts_entry {
	uint8_t key[ENTRY_KEY];
	size_t len;
	uint8_t data[ENTRY_MAX + 1]; /* room for entry_decode() */
};

struct verdicts;

/* Opens what is in a folder that exists, or begins it.  NULL, and *error. */
struct verdicts *verdicts_open(const char *dir, int *error);
void verdicts_close(struct verdicts *);
/* The same behind an error. */
void verdicts_give_up(struct verdicts *);

/* 0, VERDICTS_NONE, or an error. */
enum { VERDICTS_NONE = -1 };
int verdicts_get(
    struct verdicts *, const uint8_t key[ENTRY_KEY], struct verdicts_entry *);
/* The first one behind a key (NULL: the very first). */
int verdicts_next(
    struct verdicts *, const uint8_t *after, struct verdicts_entry *);

/*
 * Puts a row, in the place of the one with that key; then there are at most
 * `most`, because the oldest go, or at least fewer than before.  *gone is how
 * many these were.  EMSGSIZE: it is too large.
 */
int verdicts_put(struct verdicts *, const uint8_t key[ENTRY_KEY],
    const struct admin_cache_row *, uint64_t most, unsigned *gone);
/* 0 also where there is none. */
int verdicts_remove(struct verdicts *, const uint8_t key[ENTRY_KEY]);

uint64_t verdicts_count(const struct verdicts *);

/* For people. */
const char *verdicts_error(int error);

#endif
