/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * name: what an identity is called: a domain or user@domain, in A-labels.
 */
#ifndef TLSPOOL_SYS_NAME_H
#define TLSPOOL_SYS_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/ipc/app.h"

enum {
	NAME_SIZE = APP_NAME_MAX + 1, /* bytes, with the NUL */
	NAME_LABELS = 128,	      /* no domain has more */
};

/*
 * Checks an identity (mail.example.com, *.example.com, anna@example.com) and
 * writes it in lower case and A-labels to out, of NAME_SIZE bytes.  Returns 0, or -1 and in
 * *why half a sentence that follows the name: "has an empty label".
 */
int name_identity(const char *in, char *out, const char **why);

/* The same for a pattern, which may also be * or *@example.com. */
int name_pattern(const char *in, char *out, const char **why);

/* Lower case of ASCII; cuts what does not fit in size. */
void name_lower(const char *in, char *out, size_t size);

/*
 * The pattern that covers a name one step further out, as a pointer into
 * scratch, of NAME_SIZE bytes: for a.b.example, *.b.example, then *.example.
 * *at is NULL at first.  NULL: there is none left.  Names of users have one:
 * *@domain.
 */
const char *name_wider(const char *name, const char **at, char *scratch);

/* Does the name in a certificate cover the domain (RFC 9525: an asterisk is
 * one whole, leftmost label)?  Both in lower case. */
bool name_covers(const char *presented, const char *name);

#endif
