/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * target: a server to be reached: where it is, who it must prove to be, and
 * what is to be said in front of TLS.
 */
#ifndef TLSPOOL_TOOL_TARGET_H
#define TLSPOOL_TOOL_TARGET_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include "tool/address.h"
#include "tool/dialect.h"

struct tlspool_request;

enum {
	TARGET_PORT = 200,
	TARGET_STARTTLS,
	TARGET_TIMEOUT,
	TARGET_IPV4,
	TARGET_IPV6,
	TARGET_AT,
	TARGET_SERVICE,
};

/* clang-format off */
#define TARGET_OPTIONS                                                     \
	{ "port", required_argument, NULL, TARGET_PORT },                  \
	{ "starttls", required_argument, NULL, TARGET_STARTTLS },          \
	{ "timeout", required_argument, NULL, TARGET_TIMEOUT },            \
	{ "ipv4", no_argument, NULL, TARGET_IPV4 },                        \
	{ "ipv6", no_argument, NULL, TARGET_IPV6 }

#define TARGET_HELP                                                        \
	"  --port PORT        number or name [443, or the dialect's]\n"    \
	"  --starttls DIALECT first ask for TLS in plaintext: smtp, imap, "\
	"pop3, xmpp,\n"                                                    \
	"                     ldap, postgres\n"                            \
	"  --ipv4, --ipv6     only addresses of that kind\n"               \
	"  --timeout SECONDS  to the end of the handshake [30]\n"

/* For those who look at a server, under the name and port that others use. */
#define TARGET_AT_OPTIONS                                                  \
	{ "at", required_argument, NULL, TARGET_AT },                      \
	{ "service", required_argument, NULL, TARGET_SERVICE }

#define TARGET_AT_HELP                                                     \
	"  --at HOST[:PORT]   connect there, whatever addresses NAME has\n"\
	"  --service SERVICE  what is spoken, as in an SRV record [the "   \
	"dialect's]\n"
/* clang-format on */

/* Zeroed at first. */
struct target {
	struct address named; /* what was asked for */
	struct address at;    /* where to connect to; host "": the same */
	const char *port;     /* of --port, or NULL */
	const char *name;     /* that the server must prove; NULL: the host */
	const char *service;  /* or NULL */
	const struct dialect *dialect; /* or NULL */
	int family;		       /* AF_UNSPEC: any */
	uint32_t timeout;	       /* seconds */
	bool quiet;
	int64_t deadline; /* of the handshake, in clock_ms() */
};

/* Takes one of the options above; false: it is none of them. */
bool target_option(struct target *, int option);

/*
 * Takes HOST[:PORT], fills in what the options left open, and begins the time
 * of the deadline.  What cannot be ends the program with TOOL_USAGE.
 */
void target_take(struct target *, const char *text);

/*
 * Connects and talks the dialect, as `me` (an identity, or NULL).  The
 * descriptor, or -1 after a complaint.
 */
int target_reach(const struct target *, const char *me);

/* Says in a request who and what it is; -1 after a complaint. */
int target_prepare(const struct target *, struct tlspool_request *, int fd);

/* The address that a descriptor of target_reach() is connected to. */
void target_address(char text[ADDRESS_TEXT_MAX], int fd);

#endif
