/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * rules: the file that says which of our identities may speak with whom.  Each
 * line is
 *
 *	LOCAL-IDENTITY ROLE REMOTE-PATTERN allow|deny
 *
 * Identities as in the ACL: a name, *.example.com, *@example.com, or *; the
 * local one may also be - (none is shown), and the remote one an IP address.
 * ROLE is what we are: client, server, or any.  The first line that matches
 * decides, and the end of the file is "deny".
 */
#ifndef TLSPOOL_VERIFIER_RULES_H
#define TLSPOOL_VERIFIER_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RULES_FILE_MAX = 64 * 1024 * 1024 };

struct rules;

/*
 * Parses a file of rules.  Returns it, or NULL and one sentence with the line
 * in error ("line 7: …").  Also the checker of such a file.
 */
struct rules *rules_parse(
    const char *text, size_t len, char *error, size_t error_size);
void rules_free(struct rules *);

/* How many rules there are. */
size_t rules_count(const struct rules *);

struct rules_question {
	const char *local; /* our identity; NULL or "": none */
	bool server;	   /* what we are */
	const char *remote;
};

struct rules_verdict {
	bool allow;
	uint32_t line;	  /* of the rule; 0: none matched */
	const char *text; /* the rule; belongs to the rules */
};

void rules_decide(const struct rules *, const struct rules_question *,
    struct rules_verdict *);

#endif
