/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * request: the options that client and server have in common, which end up in
 * a request to the pool.
 */
#ifndef TLSPOOL_TOOL_REQUEST_H
#define TLSPOOL_TOOL_REQUEST_H

#include <getopt.h>
#include <stdbool.h>

struct tlspool_request;

enum {
	REQUEST_NAME = 100,
	REQUEST_ALPN,
	REQUEST_MIN,
	REQUEST_MAX,
	REQUEST_REFUSE_USERS,
	REQUEST_REFUSE_DOMAINS,
	REQUEST_NO_CACHE_READ,
	REQUEST_NO_CACHE_WRITE,
	REQUEST_SKIP_AUTHORIZATION,
	REQUEST_ALPN_COUNT = 32, /* protocols */
};

/* clang-format off */
#define REQUEST_OPTIONS                                                    \
	{ "name", required_argument, NULL, REQUEST_NAME },                 \
	{ "alpn", required_argument, NULL, REQUEST_ALPN },                 \
	{ "min-version", required_argument, NULL, REQUEST_MIN },           \
	{ "max-version", required_argument, NULL, REQUEST_MAX },           \
	{ "refuse-users", no_argument, NULL, REQUEST_REFUSE_USERS },       \
	{ "refuse-domains", no_argument, NULL, REQUEST_REFUSE_DOMAINS },   \
	{ "no-cache-read", no_argument, NULL, REQUEST_NO_CACHE_READ },     \
	{ "no-cache-write", no_argument, NULL, REQUEST_NO_CACHE_WRITE },   \
	{ "skip-authorization", no_argument, NULL,                         \
	    REQUEST_SKIP_AUTHORIZATION }

#define REQUEST_HELP                                                       \
	"  --name MYNAME      the identity to be\n"                        \
	"  --alpn LIST        protocols, the most wanted first: h2,http/1.1\n" \
	"  --min-version V, --max-version V\n"                             \
	"                     of TLS: 1.2 or 1.3\n"                        \
	"  --refuse-users, --refuse-domains\n"                             \
	"                     a peer that is a user, a domain\n"           \
	"  --no-cache-read, --no-cache-write\n"                            \
	"                     of verdicts on peers\n"                      \
	"  --skip-authorization\n"                                         \
	"                     ask who the peer is, not whether it may\n"
/* clang-format on */

struct request_options {
	const char *name;
	const char *alpn[REQUEST_ALPN_COUNT];
	size_t nalpn;
	int flags;
	int min_version, max_version;
};

/* Takes an option of REQUEST_OPTIONS; false: it is none of them. */
bool request_option(struct request_options *, int option);

/* Sets them; 0, or -1 and tlspool_error(). */
int request_prepare(struct tlspool_request *, const struct request_options *);

/* The exit status for an errno of the library. */
int request_status(int error);

#endif
