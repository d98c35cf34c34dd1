/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * name: the grammar of identities, and which pattern covers which name.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "daemon/sys/name.h"
#include "daemon/ipc/idna.h"

void
name_lower(const char *in, char *out, size_t size)
{
	domain_lower(in, strnlen(in, size - 1), out);
}

static const char *
check_bytes(const char *in)
{
	size_t len = strlen(in);

	if (len == 0)
		return "is empty";
	if (len > IDNA_INPUT_MAX)
		return "is too long";
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)in[i] <= ' ' || in[i] == 0x7f)
			return "has a space or a control character";
	return NULL;
}

/* A domain behind a prefix of len bytes ("*.", "anna@"), which is copied. */
static int
behind(const char *in, size_t len, char *out, const char **why)
{
	memcpy(out, in, len);
	return idna_domain(in + len, strlen(in + len), out + len, why);
}

int
name_identity(const char *in, char *out, const char **why)
{
	const char *sign;
	size_t user;

	if ((*why = check_bytes(in)) != NULL)
		return -1;
	sign = strrchr(in, '@');
	if (sign == NULL)
		return behind(in, strncmp(in, "*.", 2) == 0 ? 2 : 0, out, why);
	user = (size_t)(sign - in);
	if ((*why = domain_user_trouble(in, user)) != NULL ||
	    behind(in, user + 1, out, why) != 0)
		return -1;
	domain_lower(in, user, out);
	out[user] = '@';
	return 0;
}

int
name_pattern(const char *in, char *out, const char **why)
{
	if (strcmp(in, "*") == 0) {
		*why = NULL;
		name_lower(in, out, NAME_SIZE);
		return 0;
	}
	if (strncmp(in, "*@", 2) != 0)
		return name_identity(in, out, why);
	if ((*why = check_bytes(in)) != NULL)
		return -1;
	return behind(in, 2, out, why);
}

const char *
name_wider(const char *name, const char **at, char *scratch)
{
	const char *sign;

	if (*at == NULL && (sign = strrchr(name, '@')) != NULL) {
		*at = "";
		snprintf(scratch, NAME_SIZE, "*%s", sign);
		return scratch;
	}
	if (*at == NULL)
		*at = name;
	if ((*at = strchr(*at, '.')) == NULL) {
		*at = "";
		return NULL;
	}
	snprintf(scratch, NAME_SIZE, "*%s", *at);
	(*at)++;
	return scratch;
}

bool
name_covers(const char *presented, const char *name)
{
	const char *dot;

	if (strcmp(presented, name) == 0)
		return true;
	if (strncmp(presented, "*.", 2) != 0 || strchr(name, '@') != NULL)
		return false;
	dot = strchr(name, '.');
	return dot != NULL && dot != name && strcmp(presented + 1, dot) == 0;
}
