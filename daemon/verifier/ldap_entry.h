/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * ldap_entry: the entries of peers in directories, as they are asked for.  One
 * entry is asked for once, whoever waits for it.
 */
#ifndef TLSPOOL_VERIFIER_LDAP_ENTRY_H
#define TLSPOOL_VERIFIER_LDAP_ENTRY_H

#include "daemon/verifier/link.h"

enum { LDAP_DIRECTORIES = 8 };

struct ldap_answer {
	enum link_found found; /* never LINK_STALE */
	char why[VERDICT_TEXT];
	char from[DIRECTORY_TEXT]; /* the directory that was asked last */
	char how[VERDICT_TEXT];	   /* and how it is known */
	struct blob certs;	   /* a list for wire_list_next() */
};

void ldap_entry_init(struct loop *, const struct config *);

/*
 * The entry of that DN in the first of the directories that answers, which is
 * valid until control returns to the loop; or NULL: waiter->answered() will be called,
 * to ask again.  Group names the directories, as "dns" or an URL.
 */
const struct ldap_answer *ldap_entry_ask(const char *group,
    const struct directory *, size_t n, const char *dn, struct waiter *);

#endif
