/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dialect: how each protocol asks for TLS on a connection that began without.
 */
#ifndef TLSPOOL_TOOL_DIALECT_H
#define TLSPOOL_TOOL_DIALECT_H

#include "tool/plain.h"

struct dialect {
	const char *name;    /* of --starttls */
	const char *port;    /* where nothing else is said */
	const char *service; /* as in an SRV record */
	/* To the last byte before TLS: 0, or -1 and a sentence. */
	int (*start)(struct plain *);
};

/* NULL: there is none of that name. */
const struct dialect *dialect_find(const char *name);
/* "smtp, imap, …" */
const char *dialect_names(void);

/* Runs the dialect and sees to it that nothing came behind it. */
int dialect_start(const struct dialect *, struct plain *);

/* One per file. */
int dialect_smtp(struct plain *);
int dialect_imap(struct plain *);
int dialect_pop3(struct plain *);
int dialect_xmpp(struct plain *);
int dialect_ldap(struct plain *);
int dialect_postgres(struct plain *);

#endif
