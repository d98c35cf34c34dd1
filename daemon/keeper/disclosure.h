/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * disclosure: which identity a client shows to which server when it named none.
 */
#ifndef TLSPOOL_KEEPER_DISCLOSURE_H
#define TLSPOOL_KEEPER_DISCLOSURE_H

#include <stddef.h>

#include "daemon/keeper/who.h"

struct disclosure;

/*
 * Parses
 *	REMOTE  IDENTITY  [WHO]
 * where REMOTE is the name of a server, "*" or "*.example.com".  flags are
 * those of acl_parse().  Returns NULL and a sentence on errors.
 */
struct disclosure *disclosure_parse(const char *text, size_t len,
    unsigned flags, char *error, size_t error_size);
void disclosure_free(struct disclosure *);

/*
 * The identity of the next row for this caller and server (NULL: one without
 * a name), from row *at on, which is 0 at first; NULL: there is none.  The
 * ACL is asked as well, by the one who calls this.
 */
const char *disclosure_next(const struct disclosure *, const struct caller *,
    const char *remote, size_t *at);

#endif
