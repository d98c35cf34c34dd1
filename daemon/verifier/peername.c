/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * peername: parsed byte by byte without the locale, because what is compared
 * here decides who somebody is.
 */
#include <arpa/inet.h>
#include <string.h>

#include "daemon/verifier/peername.h"

enum {
	LABEL_MAX = 63,
	DOMAIN_MAX = 253,
	USER_MAX = 64, /* of the part before the @: RFC 5321, 4.5.3.1.1 */
};

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char
lower(uint8_t c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool
peername_is_label(const uint8_t *text, size_t len)
{
	if (len == 0 || len > LABEL_MAX || text[0] == '-' ||
	    text[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_letter(text[i]) && !is_digit(text[i]) && text[i] != '-')
			return false;
	return true;
}

/*
 * A last label of digits, or one like 0x7f, would be taken for an IPv4 address
 * by some programs and for a domain by others.
 */
static bool
is_number(const uint8_t *label, size_t len)
{
	if (len > 2 && label[0] == '0' && lower(label[1]) == 'x')
		return true;
	for (size_t i = 0; i < len; i++)
		if (!is_digit(label[i]))
			return false;
	return true;
}

static bool
is_domain(const uint8_t *text, size_t len)
{
	size_t begin = 0;

	if (len == 0 || len > DOMAIN_MAX)
		return false;
	for (size_t i = 0; i <= len; i++) {
		if (i < len && text[i] != '.')
			continue;
		if (!peername_is_label(text + begin, i - begin))
			return false;
		if (i == len)
			return !is_number(text + begin, i - begin);
		begin = i + 1;
	}
	return false;
}

/* The dot-atom of RFC 5322; a quoted local part is nobody's identity. */
static bool
is_local_part(const uint8_t *text, size_t len)
{
	if (len == 0 || len > USER_MAX || text[0] == '.' ||
	    text[len - 1] == '.')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_letter(text[i]) && !is_digit(text[i]) &&
		    (text[i] == '\0' ||
			strchr("!#$%&'*+-/=?^_`{|}~.", text[i]) == NULL))
			return false;
	return true;
}

static void
put_domain(char *to, const uint8_t *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = lower(text[i]);
	to[len] = '\0';
}

int
peername_domain(struct peername *name, const uint8_t *text, size_t len)
{
	memset(name, 0, sizeof(*name));
	if (!is_domain(text, len))
		return -1;
	put_domain(name->text, text, len);
	name->kind = PEERNAME_DOMAIN;
	return 0;
}

int
peername_user(struct peername *name, const uint8_t *text, size_t len)
{
	const uint8_t *at = len == 0 ? NULL : memchr(text, '@', len);
	size_t before;

	memset(name, 0, sizeof(*name));
	if (at == NULL)
		return -1;
	before = (size_t)(at - text);
	if (!is_local_part(text, before) ||
	    !is_domain(at + 1, len - before - 1))
		return -1;
	/* The part before the @ is the domain's own business, and there case
	 * may count: it is compared as it is. */
	memcpy(name->text, text, before + 1);
	put_domain(name->text + before + 1, at + 1, len - before - 1);
	name->kind = PEERNAME_USER;
	return 0;
}

static int
parse_address(struct peername *name, const char *text, size_t len)
{
	char copy[INET6_ADDRSTRLEN];
	int family = AF_INET6;

	if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	} else if (memchr(text, ':', len) == NULL) {
		family = AF_INET;
	}
	if (len >= sizeof(copy))
		return -1;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(family, copy, name->address) != 1 ||
	    inet_ntop(family, name->address, name->text, sizeof(name->text)) ==
		NULL)
		return -1;
	name->address_len = family == AF_INET ? 4 : 16;
	name->kind = PEERNAME_ADDRESS;
	return 0;
}

int
peername_parse(struct peername *name, const char *text)
{
	size_t len = strlen(text);
	const uint8_t *bytes = (const uint8_t *)text;

	memset(name, 0, sizeof(*name));
	if (parse_address(name, text, len) == 0)
		return 0;
	memset(name, 0, sizeof(*name));
	if (len > 1 && text[len - 1] == '.')
		len--;
	if (strchr(text, '@') != NULL)
		return peername_user(name, bytes, len);
	return peername_domain(name, bytes, len);
}

bool
peername_equal(const struct peername *a, const struct peername *b)
{
	return a->kind != PEERNAME_NONE && a->kind == b->kind &&
	       strcmp(a->text, b->text) == 0;
}

bool
peername_matches(const struct peername *name, const uint8_t *dns, size_t len)
{
	struct peername presented;
	const char *parent;

	if (name->kind != PEERNAME_DOMAIN)
		return false;
	if (len < 2 || dns[0] != '*' || dns[1] != '.')
		return peername_domain(&presented, dns, len) == 0 &&
		       peername_equal(name, &presented);
	if (peername_domain(&presented, dns + 2, len - 2) != 0 ||
	    strchr(presented.text, '.') == NULL)
		return false;
	parent = strchr(name->text, '.');
	return parent != NULL && strcmp(parent + 1, presented.text) == 0;
}
