/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * directory: no more of RFC 4516 than what says where to connect to; what to
 * ask for there is not for the configuration to say.
 */
#include <config.h>

#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "daemon/sys/directory.h"

static const struct scheme {
	const char *prefix;
	enum directory_kind kind;
	uint16_t port;
} schemes[] = {
	{ "ldap://", DIRECTORY_LDAP, DIRECTORY_PORT },
	{ "ldaps://", DIRECTORY_LDAPS, DIRECTORY_PORT_TLS },
	{ "ldapi://", DIRECTORY_LDAPI, 0 },
};

static int
hex(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	return isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
					  : -1;
}

static int
take_path(struct directory *d, const char *in, size_t len, const char **why)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int c = (unsigned char)in[i];

		if (c == '%') {
			int high = i + 2 < len ? hex(in[i + 1]) : -1;
			int low = i + 2 < len ? hex(in[i + 2]) : -1;

			if (high < 0 || low < 0) {
				*why = "has a % without two digits behind it";
				return -1;
			}
			c = high * 16 + low;
			i += 2;
		}
		if (c == '\0' || n + 1 == sizeof(d->path)) {
			*why = "has no path of a socket";
			return -1;
		}
		d->path[n++] = (char)c;
	}
	d->path[n] = '\0';
	if (d->path[0] == '/')
		return 0;
	*why = "has no absolute path of a socket, in which / is %2f";
	return -1;
}

static int
take_port(struct directory *d, const char *in, size_t len)
{
	uint32_t port = 0;

	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)in[i]) || i == 5)
			return -1;
		port = port * 10 + (uint32_t)(in[i] - '0');
	}
	if (port == 0 || port > UINT16_MAX)
		return -1;
	d->port = (uint16_t)port;
	return 0;
}

static int
take_host(struct directory *d, const char *in, size_t len, const char **why)
{
	const char *end = in + len, *colon;
	char host[DOMAIN_SIZE];
	uint8_t address[16];
	bool brackets = len > 0 && in[0] == '[';
	int family = brackets ? AF_INET6 : AF_INET;

	*why = "has no host";
	colon = brackets ? memchr(in, ']', len) : memchr(in, ':', len);
	if (brackets && colon++ == NULL)
		return -1;
	if (colon == NULL)
		colon = end;
	len = (size_t)(colon - in) - (brackets ? 2 : 0);
	if (len == 0 || len >= sizeof(host))
		return -1;
	memcpy(host, in + (brackets ? 1 : 0), len);
	host[len] = '\0';
	if (inet_pton(family, host, address) == 1)
		(void)inet_ntop(family, address, d->host, sizeof(d->host));
	else if (brackets || domain_normal(host, d->host) != 0)
		return -1;
	*why = "has no port";
	if (colon == end)
		return 0;
	return *colon == ':'
		   ? take_port(d, colon + 1, (size_t)(end - colon - 1))
		   : -1;
}

int
directory_parse(struct directory *d, const char *url, const char **why)
{
	memset(d, 0, sizeof(*d));
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t prefix = strlen(schemes[i].prefix);
		size_t len;

		if (strncmp(url, schemes[i].prefix, prefix) != 0)
			continue;
		d->kind = schemes[i].kind;
		d->port = schemes[i].port;
		url += prefix;
		len = strlen(url);
		if (len > 0 && url[len - 1] == '/')
			len--;
		return d->kind == DIRECTORY_LDAPI ? take_path(d, url, len, why)
						  : take_host(d, url, len, why);
	}
	*why = "is not the URL of a directory: ldap://, ldaps:// or ldapi://";
	return -1;
}

const char *
directory_text(const struct directory *d, char text[DIRECTORY_TEXT])
{
	const char *prefix = schemes[d->kind].prefix;
	bool brackets = strchr(d->host, ':') != NULL;

	if (d->kind == DIRECTORY_LDAPI)
		snprintf(text, DIRECTORY_TEXT, "%s%s", prefix, d->path);
	else
		snprintf(text, DIRECTORY_TEXT, "%s%s%s%s:%u", prefix,
		    brackets ? "[" : "", d->host, brackets ? "]" : "", d->port);
	return text;
}
