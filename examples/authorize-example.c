/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * authorize-example: a plugin for the TLS Pool.  Who stands in the file
 * "blocked", in the folder of the plugin, is denied; users of our own domain
 * are allowed for an hour; about all others the rules decide.
 */
#include <stdio.h>
#include <string.h>

#include <tlspool/authorize.h>

static char blocked[4096];

static int
begin(const char *folder)
{
	int len = snprintf(blocked, sizeof(blocked), "%s/blocked", folder);

	return len > 0 && (size_t)len < sizeof(blocked) ? 0 : -1;
}

/* 1, 0, or -1 where nobody can tell.  No file blocks nobody. */
static int
is_blocked(const char *name)
{
	char line[512];
	int found = 0;
	FILE *f = fopen(blocked, "re");

	if (f == NULL)
		return 0;
	while (!found && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		found = strcmp(line, name) == 0;
	}
	if (ferror(f))
		found = -1;
	(void)fclose(f);
	return found;
}

static int
ask(const struct tlspool_authorize_question *question,
    struct tlspool_authorize_answer *answer)
{
	const char *user = strrchr(question->remote, '@');

	if (is_blocked(question->remote) != 0) {
		(void)snprintf(answer->reason, sizeof(answer->reason),
		    "%.200s is blocked", question->remote);
		return TLSPOOL_AUTHORIZE_DENY;
	}
	if (user != NULL && question->local != NULL &&
	    strcmp(user + 1, question->local) == 0) {
		answer->lifetime = 3600;
		return TLSPOOL_AUTHORIZE_ALLOW;
	}
	return TLSPOOL_AUTHORIZE_DEFER;
}

const struct tlspool_authorizer tlspool_authorizer = {
	.version = TLSPOOL_AUTHORIZE_VERSION,
	.begin = begin,
	.ask = ask,
};
