/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * peername: the names that a peer can have, as text: user@domain, domain, or
 * (for a server that is reached by its address) an IP address.  Names are
 * ASCII: internationalised domains are A-labels here and everywhere.
 */
#ifndef TLSPOOL_VERIFIER_PEERNAME_H
#define TLSPOOL_VERIFIER_PEERNAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/ipc/app.h"

enum peername_kind {
	PEERNAME_NONE,
	PEERNAME_USER,
	PEERNAME_DOMAIN,
	PEERNAME_ADDRESS,
	PEERNAME_CLIENT, /* see peername_client() */
};

/* In its canonical form: domains in lower case, without a trailing dot. */
struct peername {
	enum peername_kind kind;
	char text[APP_NAME_MAX + 1];
	uint8_t address[16]; /* in network order, of an address */
	size_t address_len;  /* 4 or 16 */
};

/*
 * Parses what an application, or an administrator, calls a peer.  One
 * trailing dot of a domain is dropped, U-labels become A-labels; an IPv6
 * address may stand in brackets.
 * Returns 0, or -1 where it is no name (then *name is of kind NONE).
 */
int peername_parse(struct peername *name, const char *text);

/*
 * The same for a domain, and for a user, as they stand in a certificate: any
 * bytes at all, no trailing dot, and never an address.
 */
int peername_domain(struct peername *name, const uint8_t *text, size_t len);
int peername_user(struct peername *name, const uint8_t *text, size_t len);

/*
 * The same for a name that only a client has, and only the DNS can vouch for
 * (draft-ietf-dance-client-auth): _service.domain, or label._device.domain.
 * Nobody but a certificate calls a peer that.
 */
int peername_client(struct peername *name, const uint8_t *text, size_t len);

/* Is this one label of letters, digits and hyphens (RFC 1123, 2.1)? */
bool peername_is_label(const uint8_t *text, size_t len);

bool peername_equal(const struct peername *, const struct peername *);

/*
 * Does a dNSName of a certificate, any bytes at all, present this domain?
 * RFC 9525, section 6.3: a wildcard is a whole leftmost label and stands for
 * exactly one label.  One that covers a top-level domain is not believed.
 */
bool peername_matches(const struct peername *, const uint8_t *dns, size_t len);

#endif
