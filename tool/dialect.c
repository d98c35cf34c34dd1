/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dialect: the table of dialects.
 */
#include <string.h>

#include "tool/dialect.h"

static const struct dialect dialects[] = {
	{ "smtp", "25", "smtp", dialect_smtp },
	{ "imap", "143", "imap", dialect_imap },
	{ "pop3", "110", "pop3", dialect_pop3 },
	{ "xmpp", "5222", "xmpp-client", dialect_xmpp },
	{ "ldap", "389", "ldap", dialect_ldap },
	{ "postgres", "5432", "postgresql", dialect_postgres },
};

const struct dialect *
dialect_find(const char *name)
{
	for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++)
		if (strcmp(dialects[i].name, name) == 0)
			return &dialects[i];
	return NULL;
}

const char *
dialect_names(void)
{
	return "smtp, imap, pop3, xmpp, ldap and postgres";
}

int
dialect_start(const struct dialect *d, struct plain *p)
{
	return d->start(p) == 0 ? plain_end(p) : -1;
}
