/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * acl: who may be which identity.  A table, read from top to bottom; the first
 * rule that matches decides, and the end of it is deny.
 */
#ifndef TLSPOOL_KEEPER_ACL_H
#define TLSPOOL_KEEPER_ACL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/keeper/who.h"

struct acl;

enum acl_flag {
	/* Names of users and groups need no number beside them (they match
	 * nobody then): to check a file. */
	ACL_NAMES = 1 << 0,
};

struct acl_verdict {
	bool allowed;
	uint32_t line; /* of the rule that decided; 0: none did */
	/* Its text, or why there is none; valid for as long as the ACL. */
	const char *rule;
};

/*
 * Parses
 *	allow|deny  client|server|any  IDENTITY  WHO
 * where IDENTITY is a name, "*", "*.example.com" or "*@example.com", and WHO
 * is as in who.h.  Returns NULL and a sentence ("line 7: …") on errors.
 */
struct acl *acl_parse(const char *text, size_t len, unsigned flags, char *error,
    size_t error_size);

/* What holds where there is no file: these users may be all, others none. */
struct acl *acl_owners(const uint32_t *uids, size_t nuids);

void acl_free(struct acl *);

/* role: enum app_role.  identity: in any case. */
void acl_decide(const struct acl *, const struct caller *, unsigned role,
    const char *identity, struct acl_verdict *);

/*
 * Rewrites user=NAME to user=NAME:UID and group=NAME to group=NAME:GID, in an
 * ACL or a disclosure table, from the system's user database; lines stay
 * where they are.  Returns the text (to be freed) and its length, or NULL and
 * a sentence where there is no such user or group.
 */
char *acl_resolve(const char *text, size_t len, size_t *out_len, char *error,
    size_t error_size);

#endif
