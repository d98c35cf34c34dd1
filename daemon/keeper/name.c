/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * name: the grammar of identities, and which pattern covers which name.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "daemon/keeper/name.h"

enum {
	LABEL_MAX = 63,	  /* RFC 1035 section 2.3.4 */
	DOMAIN_MAX = 253, /* without the dot of the root */
	USER_MAX = 64,	  /* RFC 5321 section 4.5.3.1.1 */
};

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

void
name_lower(const char *in, char *out, size_t size)
{
	size_t i;

	for (i = 0; i + 1 < size && in[i] != '\0'; i++)
		out[i] =
		    in[i] >= 'A' && in[i] <= 'Z' ? (char)(in[i] + 32) : in[i];
	out[i] = '\0';
}

/* RFC 5890 section 2.3.1: LDH labels; A-labels are such. */
static const char *
check_label(const char *label, size_t len)
{
	if (len == 0)
		return "has an empty label";
	if (len > LABEL_MAX)
		return "has a label of more than 63 characters";
	if (label[0] == '-' || label[len - 1] == '-')
		return "has a label that begins or ends with a hyphen";
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(label[i]) && label[i] != '-')
			return "has a character that no domain has";
	return NULL;
}

static const char *
check_domain(const char *domain)
{
	const char *dot, *why;

	if (strlen(domain) > DOMAIN_MAX)
		return "is longer than 253 characters";
	while ((dot = strchr(domain, '.')) != NULL) {
		if (dot[1] == '\0')
			return "ends with a dot";
		if ((why = check_label(domain, (size_t)(dot - domain))) != NULL)
			return why;
		domain = dot + 1;
	}
	return check_label(domain, strlen(domain));
}

/* The dot-atom of RFC 5322 section 3.2.3, in ASCII. */
static const char *
check_user(const char *user, size_t len)
{
	if (len == 0)
		return "has no user before the @";
	if (len > USER_MAX)
		return "has a user of more than 64 characters";
	if (user[0] == '.' || user[len - 1] == '.')
		return "has a user that begins or ends with a dot";
	for (size_t i = 0; i < len; i++) {
		if (!is_alnum(user[i]) &&
		    strchr("!#$%&'*+-/=?^_`{|}~.", user[i]) == NULL)
			return "has a character that no user has";
		if (user[i] == '*')
			return "has an asterisk in its user";
		if (user[i] == '.' && user[i + 1] == '.')
			return "has a user with two dots in a row";
	}
	return NULL;
}

static const char *
check_bytes(const char *in)
{
	size_t len = strlen(in);

	if (len == 0)
		return "is empty";
	if (len >= NAME_SIZE)
		return "is too long";
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)in[i] >= 0x80)
			return "is not ASCII: write internationalised names as "
			       "A-labels (xn--...)";
		if (in[i] <= ' ' || in[i] == 0x7f)
			return "has a space or a control character";
	}
	return NULL;
}

int
name_identity(const char *in, char *out, const char **why)
{
	const char *sign;

	if ((*why = check_bytes(in)) != NULL)
		return -1;
	name_lower(in, out, NAME_SIZE);
	sign = strrchr(out, '@');
	if (sign != NULL) {
		*why = check_user(out, (size_t)(sign - out));
		if (*why == NULL)
			*why = check_domain(sign + 1);
	} else {
		*why = check_domain(strncmp(out, "*.", 2) == 0 ? out + 2 : out);
	}
	return *why == NULL ? 0 : -1;
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
	if ((*why = check_bytes(in)) == NULL) {
		name_lower(in, out, NAME_SIZE);
		*why = check_domain(out + 2);
	}
	return *why == NULL ? 0 : -1;
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
