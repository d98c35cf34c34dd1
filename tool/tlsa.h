/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tlsa: what the parts of "tlspool-cli tlsa" share: what it was asked for.
 */
#ifndef TLSPOOL_TOOL_TLSA_H
#define TLSPOOL_TOOL_TLSA_H

#include "daemon/ipc/app.h"
#include "daemon/verifier/tlsa_owner.h"
#include "tool/table.h"
#include "tool/target.h"
#include "tool/tlsa_data.h"

struct tlsa_wish {
	struct tlsa_kind kind;
	const char *protocol; /* NULL: not said */
	const char *next;     /* a file, or NULL */
	bool check;
	struct target target; /* of --check */
	char name[APP_NAME_MAX + 1];
	char owner[TLSA_OWNER_MAX];
	const char *type;    /* "TLSA", "SMIMEA" */
	struct table *table; /* of JSON; NULL: lines of a zone file */
	uint16_t port;	     /* 0: none */
};

/* Fills in owner and type, of a name in the one spelling that is compared.
 * TOOL_OK, or TOOL_NO after a complaint. */
int tlsa_find_owner(struct tlsa_wish *, const char *identity);

/* Holds what is published against what is served; text is the operand.  The
 * exit status. */
int tlsa_check(struct tlsa_wish *, const char *text);

#endif
