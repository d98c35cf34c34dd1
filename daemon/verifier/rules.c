/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * rules: sorted by the pattern of the peer, so that a question looks only at
 * rules whose pattern covers its name.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/sys/name.h"
#include "daemon/sys/table.h"
#include "daemon/verifier/rules.h"

enum { RULE_WORDS = 4 };

#define NOBODY "-" /* the local identity, where none is shown */

struct rule {
	uint32_t line;
	bool allow, client, server;
	char *local, *remote; /* patterns, in lower case */
	char *text;
};

struct rules {
	struct rule *rules; /* sorted by remote, then by line */
	size_t n, room;
};

static void
rule_free(struct rule *r)
{
	free(r->local);
	free(r->remote);
	free(r->text);
}

void
rules_free(struct rules *rules)
{
	if (rules == NULL)
		return;
	for (size_t i = 0; i < rules->n; i++)
		rule_free(&rules->rules[i]);
	free(rules->rules);
	free(rules);
}

size_t
rules_count(const struct rules *rules)
{
	return rules == NULL ? 0 : rules->n;
}

/* An address has many spellings, of which a peer's name is always this one. */
static int
parse_address(const char *word, char *out)
{
	unsigned char address[16];
	int family = strchr(word, ':') == NULL ? AF_INET : AF_INET6;

	return inet_pton(family, word, address) == 1 &&
		       inet_ntop(family, address, out, NAME_SIZE) != NULL
		   ? 0
		   : -1;
}

static int
parse_role(const char *word, struct rule *r)
{
	bool any = strcmp(word, "any") == 0;

	r->client = any || strcmp(word, "client") == 0;
	r->server = any || strcmp(word, "server") == 0;
	return r->client || r->server ? 0 : -1;
}

static int
parse_action(const char *word, struct rule *r)
{
	r->allow = strcmp(word, "allow") == 0;
	return r->allow || strcmp(word, "deny") == 0 ? 0 : -1;
}

static int
rule_parse(
    struct rule *r, const struct table *t, char *error, size_t error_size)
{
	char local[NAME_SIZE] = NOBODY, remote[NAME_SIZE];
	char *const *word = t->words;
	const char *why;

	r->line = t->line;
	if (t->nwords != RULE_WORDS)
		return table_error(t, error, error_size,
		    "a rule is LOCAL-IDENTITY, client, server or any, "
		    "REMOTE-PATTERN, and allow or deny");
	if (strcmp(word[0], NOBODY) != 0 &&
	    name_pattern(word[0], local, &why) != 0)
		return table_error(t, error, error_size,
		    "local identity \"%.320s\" %s", word[0], why);
	if (parse_role(word[1], r) != 0)
		return table_error(t, error, error_size,
		    "\"%.64s\" is none of client, server and any", word[1]);
	if (parse_address(word[2], remote) != 0 &&
	    name_pattern(word[2], remote, &why) != 0)
		return table_error(t, error, error_size,
		    "remote pattern \"%.320s\" %s", word[2], why);
	if (parse_action(word[3], r) != 0)
		return table_error(t, error, error_size,
		    "\"%.64s\" is neither allow nor deny", word[3]);
	if ((r->local = strdup(local)) == NULL ||
	    (r->remote = strdup(remote)) == NULL ||
	    asprintf(
		&r->text, "%s %s %s %s", local, word[1], remote, word[3]) == -1)
		return table_error(t, error, error_size, "no memory for it");
	return 0;
}

static struct rule *
rules_add(struct rules *rules)
{
	struct rule *more;

	if (rules->n == rules->room) {
		size_t room = rules->room == 0 ? 16 : rules->room * 2;

		more = reallocarray(rules->rules, room, sizeof(*more));
		if (more == NULL)
			return NULL;
		rules->rules = more;
		rules->room = room;
	}
	return memset(&rules->rules[rules->n++], 0, sizeof(struct rule));
}

static int
compare(const void *va, const void *vb)
{
	const struct rule *a = va, *b = vb;
	int order = strcmp(a->remote, b->remote);

	return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

struct rules *
rules_parse(const char *text, size_t len, char *error, size_t error_size)
{
	struct rules *rules = NULL;
	struct table table;
	struct rule *r;
	char *copy;
	int got;

	snprintf(error, error_size, "no memory");
	if ((copy = malloc(len + 1)) == NULL ||
	    (rules = calloc(1, sizeof(*rules))) == NULL)
		goto err;
	if (len > 0)
		memcpy(copy, text, len);
	table_open(&table, copy, len);
	while ((got = table_next(&table, error, error_size)) == 1) {
		if ((r = rules_add(rules)) == NULL) {
			snprintf(error, error_size, "no memory");
			goto err;
		}
		if (rule_parse(r, &table, error, error_size) != 0)
			goto err;
	}
	if (got != 0)
		goto err;
	if (rules->n > 1)
		qsort(rules->rules, rules->n, sizeof(*rules->rules), compare);
	free(copy);
	return rules;
err:
	rules_free(rules);
	free(copy);
	return NULL;
}

/* Does the pattern cover the identity that we show ("": none)? */
static bool
covers_local(const char *pattern, const char *local)
{
	char scratch[NAME_SIZE];
	const char *at = NULL, *wider;

	if (strcmp(pattern, "*") == 0)
		return true;
	if (local[0] == '\0')
		return strcmp(pattern, NOBODY) == 0;
	if (strcmp(pattern, local) == 0)
		return true;
	while ((wider = name_wider(local, &at, scratch)) != NULL)
		if (strcmp(pattern, wider) == 0)
			return true;
	return false;
}

static size_t
lower_bound(const struct rules *rules, const char *remote)
{
	size_t low = 0, high = rules->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(rules->rules[middle].remote, remote) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first rule with this pattern that matches, if it stands before best. */
static const struct rule *
first_match(const struct rules *rules, const char *remote, const char *local,
    bool server, const struct rule *best)
{
	for (size_t i = lower_bound(rules, remote); i < rules->n; i++) {
		const struct rule *r = &rules->rules[i];

		if (strcmp(r->remote, remote) != 0 ||
		    (best != NULL && r->line >= best->line))
			break;
		if ((server ? r->server : r->client) &&
		    covers_local(r->local, local))
			return r;
	}
	return best;
}

void
rules_decide(const struct rules *rules, const struct rules_question *question,
    struct rules_verdict *verdict)
{
	char local[NAME_SIZE] = "", remote[NAME_SIZE], scratch[NAME_SIZE];
	const char *at = NULL, *wider;
	const struct rule *best;

	*verdict = (struct rules_verdict){ .text = "no rule matches" };
	if (question->local != NULL)
		name_lower(question->local, local, sizeof(local));
	name_lower(question->remote, remote, sizeof(remote));
	best = first_match(rules, remote, local, question->server, NULL);
	while ((wider = name_wider(remote, &at, scratch)) != NULL)
		best = first_match(rules, wider, local, question->server, best);
	best = first_match(rules, "*", local, question->server, best);
	if (best != NULL)
		*verdict = (struct rules_verdict){ best->allow, best->line,
			best->text };
}
