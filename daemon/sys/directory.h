/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * directory: where a directory of LDAP is, as its URL says it.
 */
#ifndef TLSPOOL_SYS_DIRECTORY_H
#define TLSPOOL_SYS_DIRECTORY_H

#include <stdint.h>

#include "daemon/ipc/domain.h"

enum directory_kind {
	DIRECTORY_LDAP,	 /* TLS by the operation StartTLS */
	DIRECTORY_LDAPS, /* TLS from the first byte on */
	DIRECTORY_LDAPI, /* a socket of this machine, without TLS */
};

enum {
	DIRECTORY_PORT = 389,
	DIRECTORY_PORT_TLS = 636,
	DIRECTORY_PATH = 108, /* of a socket, with the NUL */
	DIRECTORY_TEXT = DOMAIN_SIZE + 24,
};

struct directory {
	enum directory_kind kind;
	char host[DOMAIN_SIZE]; /* a domain or an address; "" of a socket */
	uint16_t port;
	char path[DIRECTORY_PATH]; /* of a socket */
};

/*
 * Reads ldap://HOST[:PORT], ldaps://HOST[:PORT], or ldapi://PATH, in which
 * each slash is %2f; an IPv6 address stands in brackets, and one slash may
 * stand at the end.  0, or -1 and half a sentence that follows the URL.
 */
int directory_parse(struct directory *, const char *url, const char **why);

/* The URL of one, for people. */
const char *directory_text(const struct directory *, char text[DIRECTORY_TEXT]);

#endif
