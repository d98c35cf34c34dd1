/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * who: the part of a rule that says for whom it is: user=, group=, unit=.
 */
#ifndef TLSPOOL_KEEPER_WHO_H
#define TLSPOOL_KEEPER_WHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Somebody who asks. */
struct caller {
	uint32_t uid;
	const uint32_t *gids; /* with the primary one */
	size_t ngids;
	const char *unit; /* of systemd, or NULL */
};

enum { WHO_GROUPS = 16 }; /* in one rule */

/* All that is said must hold. */
struct who {
	bool has_user;
	uint32_t uid;
	size_t ngids;
	uint32_t gids[WHO_GROUPS];
	char *unit; /* NULL: any */
};

/*
 * Parses `anyone`, or one or more of user=, group=, unit=.  Users and groups
 * are numbers or NAME:NUMBER; a NAME alone only where `names` is true, and
 * then it matches nobody.  Returns 0, or -1 and half a sentence.
 */
int who_parse(struct who *, char *const *words, size_t nwords, bool names,
    char *why, size_t why_size);
bool who_matches(const struct who *, const struct caller *);
void who_free(struct who *);

#endif
