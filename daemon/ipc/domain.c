/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * domain: the grammar of names.
 */
#include <stdbool.h>
#include <string.h>

#include "daemon/ipc/domain.h"

enum {
	LABEL_MAX = 63, /* RFC 1035 section 2.3.4 */
	USER_MAX = 64,	/* RFC 5321 section 4.5.3.1.1 */
};

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}

/* RFC 5890 section 2.3.1: LDH labels; A-labels are such. */
const char *
domain_label_trouble(const char *label, size_t len)
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

/*
 * A last label of digits, or one like 0x7f, would be taken for an IPv4
 * address by some programs and for a domain by others.
 */
static bool
is_number(const char *label, size_t len)
{
	if (len > 2 && label[0] == '0' && lower(label[1]) == 'x')
		return true;
	for (size_t i = 0; i < len; i++)
		if (!is_digit(label[i]))
			return false;
	return true;
}

const char *
domain_trouble(const char *domain, size_t len)
{
	size_t begin = 0;
	const char *why;

	if (len > DOMAIN_MAX)
		return "is longer than 253 characters";
	if (len > 1 && domain[len - 1] == '.')
		return "ends with a dot";
	for (size_t i = 0; i <= len; i++) {
		if (i < len && domain[i] != '.')
			continue;
		why = domain_label_trouble(domain + begin, i - begin);
		if (why != NULL)
			return why;
		if (i == len && is_number(domain + begin, i - begin))
			return "ends with a number, as an address does";
		begin = i + 1;
	}
	return NULL;
}

/* The dot-atom of RFC 5322 section 3.2.3, in ASCII; a quoted local part is
 * nobody's identity. */
const char *
domain_user_trouble(const char *user, size_t len)
{
	if (len == 0)
		return "has no user before the @";
	if (len > USER_MAX)
		return "has a user of more than 64 characters";
	if (user[0] == '.' || user[len - 1] == '.')
		return "has a user that begins or ends with a dot";
	for (size_t i = 0; i < len; i++) {
		if (user[i] == '*')
			return "has an asterisk in its user";
		if (!is_alnum(user[i]) &&
		    (user[i] == '\0' ||
			strchr("!#$%&'+-/=?^_`{|}~.", user[i]) == NULL))
			return "has a character that no user has";
		if (user[i] == '.' && user[i + 1] == '.')
			return "has a user with two dots in a row";
	}
	return NULL;
}

void
domain_lower(const char *in, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		out[i] = lower(in[i]);
	out[len] = '\0';
}

int
domain_normal(const char *in, char out[DOMAIN_SIZE])
{
	size_t len = strlen(in);

	if (len > 1 && in[len - 1] == '.')
		len--;
	if (domain_trouble(in, len) != NULL)
		return -1;
	domain_lower(in, len, out);
	return 0;
}
