/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * who: parses and matches the callers of a rule.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/keeper/who.h"

enum {
	UNIT_NAME = 255, /* longest name of a systemd unit */
};

/* The number that no user and no group has. */
static const uint32_t nobody_at_all = UINT32_MAX;

static int
parse_number(const char *text, uint32_t *number)
{
	unsigned long long v;
	char *end;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	v = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || v >= nobody_at_all)
		return -1;
	*number = (uint32_t)v;
	return 0;
}

/* NUMBER, NAME:NUMBER, or NAME. */
static int
parse_id(
    const char *word, bool names, uint32_t *number, char *why, size_t why_size)
{
	const char *value = strchr(word, '=') + 1;
	const char *colon = strrchr(value, ':');

	if (*value == '\0') {
		snprintf(why, why_size, "%s needs a name or a number", word);
		return -1;
	}
	if (parse_number(colon != NULL ? colon + 1 : value, number) == 0)
		return 0;
	if (colon != NULL || (*value >= '0' && *value <= '9')) {
		snprintf(
		    why, why_size, "%s is not a number that can be used", word);
		return -1;
	}
	if (!names) {
		snprintf(why, why_size, "%s has not been resolved", word);
		return -1;
	}
	*number = nobody_at_all;
	return 0;
}

static int
parse_user(
    struct who *who, const char *word, bool names, char *why, size_t why_size)
{
	if (who->has_user) {
		snprintf(why, why_size,
		    "two users: nobody can be both, write two rules");
		return -1;
	}
	who->has_user = true;
	return parse_id(word, names, &who->uid, why, why_size);
}

static int
parse_group(
    struct who *who, const char *word, bool names, char *why, size_t why_size)
{
	if (who->ngids == WHO_GROUPS) {
		snprintf(why, why_size, "more than %d groups", WHO_GROUPS);
		return -1;
	}
	return parse_id(word, names, &who->gids[who->ngids++], why, why_size);
}

static int
parse_unit(struct who *who, const char *word, char *why, size_t why_size)
{
	const char *value = strchr(word, '=') + 1;

	if (who->unit != NULL) {
		snprintf(why, why_size,
		    "two units: nobody can be in both, write two rules");
		return -1;
	}
	if (*value == '\0' || strlen(value) > UNIT_NAME ||
	    strchr(value, '.') == NULL) {
		snprintf(why, why_size,
		    "%s needs the full name of a unit, such as nginx.service",
		    word);
		return -1;
	}
	if ((who->unit = strdup(value)) == NULL) {
		snprintf(why, why_size, "out of memory");
		return -1;
	}
	return 0;
}

static int
parse_word(
    struct who *who, const char *word, bool names, char *why, size_t why_size)
{
	if (strncmp(word, "user=", 5) == 0)
		return parse_user(who, word, names, why, why_size);
	if (strncmp(word, "group=", 6) == 0)
		return parse_group(who, word, names, why, why_size);
	if (strncmp(word, "unit=", 5) == 0)
		return parse_unit(who, word, why, why_size);
	snprintf(why, why_size,
	    "\"%s\" is none of user=, group=, unit= and anyone", word);
	return -1;
}

int
who_parse(struct who *who, char *const *words, size_t nwords, bool names,
    char *why, size_t why_size)
{
	memset(who, 0, sizeof(*who));
	if (nwords == 0) {
		snprintf(why, why_size,
		    "does not say for whom: user=, group=, unit= or anyone");
		return -1;
	}
	if (nwords == 1 && strcmp(words[0], "anyone") == 0)
		return 0;
	for (size_t i = 0; i < nwords; i++) {
		if (strcmp(words[i], "anyone") == 0) {
			snprintf(why, why_size,
			    "\"anyone\" stands beside another condition");
			goto err;
		}
		if (parse_word(who, words[i], names, why, why_size) != 0)
			goto err;
	}
	return 0;
err:
	who_free(who);
	return -1;
}

static bool
has_group(const struct caller *caller, uint32_t gid)
{
	for (size_t i = 0; i < caller->ngids; i++)
		if (caller->gids[i] == gid)
			return gid != nobody_at_all;
	return false;
}

bool
who_matches(const struct who *who, const struct caller *caller)
{
	if (who->has_user &&
	    (who->uid == nobody_at_all || who->uid != caller->uid))
		return false;
	for (size_t i = 0; i < who->ngids; i++)
		if (!has_group(caller, who->gids[i]))
			return false;
	return who->unit == NULL ||
	       (caller->unit != NULL && strcmp(who->unit, caller->unit) == 0);
}

void
who_free(struct who *who)
{
	free(who->unit);
	who->unit = NULL;
}
