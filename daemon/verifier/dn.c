/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dn: what is no letter and no digit is written in hexadecimal, so that
 * nothing in a name can end it.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/ipc/domain.h"
#include "daemon/verifier/dn.h"

static size_t
put_escaped(char *dn, size_t at, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9');

		at += (size_t)snprintf(
		    dn + at, DN_SIZE - at, plain ? "%c" : "\\%02x", c);
	}
	return at;
}

int
dn_write(const struct peername *name, char dn[DN_SIZE])
{
	const char *domain = name->text;
	size_t at = 0, len;

	if (name->kind == PEERNAME_USER) {
		domain = strrchr(name->text, '@') + 1;
		at = (size_t)snprintf(dn, DN_SIZE, "uid=");
		at = put_escaped(
		    dn, at, name->text, (size_t)(domain - 1 - name->text));
	} else if (name->kind != PEERNAME_DOMAIN) {
		return -1;
	}
	while (domain[0] != '\0') {
		len = strcspn(domain, ".");
		at += (size_t)snprintf(
		    dn + at, DN_SIZE - at, "%sdc=", at == 0 ? "" : ",");
		at = put_escaped(dn, at, domain, len);
		domain += len + (domain[len] == '.' ? 1 : 0);
	}
	return 0;
}
