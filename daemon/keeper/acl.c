/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * acl: the rules, and an index of them by pattern, so that a lookup looks only
 * at rules whose pattern covers the name.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/keeper/acl.h"
#include "daemon/sys/name.h"
#include "daemon/sys/table.h"

struct rule {
	bool allow;
	int role; /* enum app_role; -1: any */
	uint32_t line;
	char *pattern; /* in lower case */
	char *text;
	struct who who;
};

struct acl {
	struct rule *rules; /* sorted by pattern, then by line */
	size_t nrules, space;
	const char *end; /* why, where no rule matches */
};

static const char end_of_file[] = "no rule matches";
static const char end_of_owners[] =
    "there is no ACL: only root and the daemon's own user may use identities";

static void
rule_free(struct rule *r)
{
	who_free(&r->who);
	free(r->pattern);
	free(r->text);
}

void
acl_free(struct acl *acl)
{
	if (acl == NULL)
		return;
	for (size_t i = 0; i < acl->nrules; i++)
		rule_free(&acl->rules[i]);
	free(acl->rules);
	free(acl);
}

/* The rule as it is shown: one space between words, and no numbers behind
 * names that were resolved. */
static char *
rule_text(const struct table *t)
{
	size_t size = 1, len = 0;
	const char *colon;
	char *text;

	for (size_t i = 0; i < t->nwords; i++)
		size += strlen(t->words[i]) + 1;
	if ((text = calloc(1, size)) == NULL)
		return NULL;
	for (size_t i = 0; i < t->nwords; i++) {
		colon = NULL;
		if (strncmp(t->words[i], "user=", 5) == 0 ||
		    strncmp(t->words[i], "group=", 6) == 0)
			colon = strrchr(t->words[i], ':');
		len += (size_t)snprintf(text + len, size - len, "%s%.*s",
		    i > 0 ? " " : "",
		    colon != NULL ? (int)(colon - t->words[i])
				  : (int)strlen(t->words[i]),
		    t->words[i]);
	}
	return text;
}

static int
parse_role(const char *word, int *role)
{
	if (strcmp(word, "client") == 0)
		*role = APP_ROLE_CLIENT;
	else if (strcmp(word, "server") == 0)
		*role = APP_ROLE_SERVER;
	else if (strcmp(word, "any") == 0)
		*role = -1;
	else
		return -1;
	return 0;
}

static int
rule_parse(struct rule *r, const struct table *t, bool names, char *error,
    size_t error_size)
{
	char pattern[NAME_SIZE], half[256];
	const char *why;

	*r = (struct rule){ .line = t->line };
	if (t->nwords < 4)
		return table_error(t, error, error_size,
		    "a rule is: allow|deny client|server|any IDENTITY WHO");
	if (strcmp(t->words[0], "allow") != 0 &&
	    strcmp(t->words[0], "deny") != 0)
		return table_error(t, error, error_size,
		    "\"%s\" is neither allow nor deny", t->words[0]);
	r->allow = t->words[0][0] == 'a';
	if (parse_role(t->words[1], &r->role) != 0)
		return table_error(t, error, error_size,
		    "\"%s\" is none of client, server and any", t->words[1]);
	if (name_pattern(t->words[2], pattern, &why) != 0)
		return table_error(t, error, error_size, "identity \"%s\" %s",
		    t->words[2], why);
	if (who_parse(&r->who, t->words + 3, t->nwords - 3, names, half,
		sizeof(half)) != 0)
		return table_error(t, error, error_size, "%s", half);
	if ((r->pattern = strdup(pattern)) == NULL ||
	    (r->text = rule_text(t)) == NULL)
		return table_error(t, error, error_size, "out of memory");
	return 0;
}

static struct rule *
acl_add(struct acl *acl)
{
	struct rule *rules;
	size_t space;

	if (acl->nrules == acl->space) {
		space = acl->space == 0 ? 32 : acl->space * 2;
		rules = reallocarray(acl->rules, space, sizeof(*rules));
		if (rules == NULL)
			return NULL;
		acl->rules = rules;
		acl->space = space;
	}
	return memset(&acl->rules[acl->nrules++], 0, sizeof(struct rule));
}

static int
by_pattern(const void *va, const void *vb)
{
	const struct rule *a = va, *b = vb;
	int c = strcmp(a->pattern, b->pattern);

	return c != 0 ? c : (a->line > b->line) - (a->line < b->line);
}

struct acl *
acl_parse(const char *text, size_t len, unsigned flags, char *error,
    size_t error_size)
{
	struct acl *acl = NULL;
	struct rule *r;
	struct table t;
	char *copy;
	int got;

	snprintf(error, error_size, "out of memory");
	if ((copy = malloc(len + 1)) == NULL ||
	    (acl = calloc(1, sizeof(*acl))) == NULL)
		goto err;
	if (len > 0)
		memcpy(copy, text, len);
	acl->end = end_of_file;
	table_open(&t, copy, len);
	while ((got = table_next(&t, error, error_size)) == 1) {
		if ((r = acl_add(acl)) == NULL) {
			snprintf(error, error_size, "out of memory");
			goto err;
		}
		if (rule_parse(r, &t, (flags & ACL_NAMES) != 0, error,
			error_size) != 0)
			goto err;
	}
	if (got != 0)
		goto err;
	if (acl->nrules > 0)
		qsort(acl->rules, acl->nrules, sizeof(*acl->rules), by_pattern);
	free(copy);
	return acl;
err:
	acl_free(acl);
	free(copy);
	return NULL;
}

struct acl *
acl_owners(const uint32_t *uids, size_t nuids)
{
	char text[1024], error[256];
	size_t len = 0;
	struct acl *acl;

	for (size_t i = 0; i < nuids && len + 64 < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "allow any * user=%u\n", uids[i]);
	if ((acl = acl_parse(text, len, 0, error, sizeof(error))) == NULL)
		return NULL;
	acl->end = end_of_owners;
	for (size_t i = 0; i < acl->nrules; i++)
		acl->rules[i].line = 0;
	return acl;
}

/* The first rule with this pattern. */
static size_t
lower_bound(const struct acl *acl, const char *pattern)
{
	size_t low = 0, high = acl->nrules, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(acl->rules[middle].pattern, pattern) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first rule with this pattern that matches, if it stands before best. */
static const struct rule *
first_match(const struct acl *acl, const char *pattern,
    const struct caller *caller, unsigned role, const struct rule *best)
{
	const struct rule *r = acl->rules + lower_bound(acl, pattern);
	const struct rule *end = acl->rules + acl->nrules;

	for (; r < end && strcmp(r->pattern, pattern) == 0; r++) {
		if (best != NULL && r->line >= best->line)
			break;
		if ((r->role == -1 || (unsigned)r->role == role) &&
		    who_matches(&r->who, caller))
			return r;
	}
	return best;
}

void
acl_decide(const struct acl *acl, const struct caller *caller, unsigned role,
    const char *identity, struct acl_verdict *verdict)
{
	char name[NAME_SIZE], scratch[NAME_SIZE];
	const char *at = NULL, *pattern;
	const struct rule *best = NULL;

	*verdict = (struct acl_verdict){ .rule = acl->end };
	if (acl->nrules == 0)
		return;
	name_lower(identity, name, sizeof(name));
	best = first_match(acl, name, caller, role, best);
	while ((pattern = name_wider(name, &at, scratch)) != NULL)
		best = first_match(acl, pattern, caller, role, best);
	if (strcmp(name, "*") != 0)
		best = first_match(acl, "*", caller, role, best);
	if (best != NULL)
		*verdict =
		    (struct acl_verdict){ best->allow, best->line, best->text };
}
