/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * peername: what a peer may be called, and when two names are one.
 */
#include <arpa/inet.h>
#include <string.h>

#include "daemon/ipc/idna.h"
#include "daemon/verifier/peername.h"

bool
peername_is_label(const uint8_t *text, size_t len)
{
	return domain_label_trouble((const char *)text, len) == NULL;
}

static bool
is_domain(const uint8_t *text, size_t len)
{
	return domain_trouble((const char *)text, len) == NULL;
}

static bool
is_local_part(const uint8_t *text, size_t len)
{
	return domain_user_trouble((const char *)text, len) == NULL;
}

static void
put_domain(char *to, const uint8_t *text, size_t len)
{
	domain_lower((const char *)text, len, to);
}

static int
refused(struct peername *name)
{
	memset(name, 0, sizeof(*name));
	return -1;
}

int
peername_domain(struct peername *name, const uint8_t *text, size_t len)
{
	memset(name, 0, sizeof(*name));
	if (!is_domain(text, len))
		return -1;
	put_domain(name->text, text, len);
	if (idna_label_trouble(name->text) != NULL)
		return refused(name);
	name->kind = PEERNAME_DOMAIN;
	return 0;
}

static bool
is_device(const uint8_t *text, size_t len)
{
	static const char device[] = "_device";
	char label[sizeof(device)];

	if (len != sizeof(device) - 1)
		return false;
	domain_lower((const char *)text, len, label);
	return strcmp(label, device) == 0;
}

/*
 * Of two labels before the domain the second is _device: below others, such
 * as _tcp, stand records that are about servers.
 */
int
peername_client(struct peername *name, const uint8_t *text, size_t len)
{
	const uint8_t *first = text, *dot, *rest = text;
	struct peername domain;

	memset(name, 0, sizeof(*name));
	if (len == 0 || len > DOMAIN_MAX)
		return -1;
	if (text[0] != '_') {
		dot = memchr(text, '.', len);
		if (dot == NULL ||
		    !peername_is_label(text, (size_t)(dot - text)))
			return -1;
		first = dot + 1;
	}
	dot = memchr(first, '.', len - (size_t)(first - text));
	if (dot == NULL || first[0] != '_' ||
	    !peername_is_label(first + 1, (size_t)(dot - first) - 1) ||
	    (first != text && !is_device(first, (size_t)(dot - first))))
		return -1;
	rest = dot + 1;
	if (peername_domain(&domain, rest, len - (size_t)(rest - text)) != 0)
		return -1;
	put_domain(name->text, text, len);
	name->kind = PEERNAME_CLIENT;
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
	if (idna_label_trouble(name->text + before + 1) != NULL)
		return refused(name);
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
	const char *why;

	memset(name, 0, sizeof(*name));
	if (parse_address(name, text, len) == 0)
		return 0;
	memset(name, 0, sizeof(*name));
	if (idna_name(text, len, name->text, &why) != 0)
		return refused(name);
	name->kind =
	    strchr(name->text, '@') != NULL ? PEERNAME_USER : PEERNAME_DOMAIN;
	return 0;
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
