/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * request: options into requests.
 */
#include <errno.h>
#include <string.h>

#include <tlspool/tlspool.h>

#include "tool/command.h"
#include "tool/request.h"

static int
version(const char *option)
{
	if (strcmp(optarg, "1.2") == 0)
		return TLSPOOL_TLS_1_2;
	if (strcmp(optarg, "1.3") == 0)
		return TLSPOOL_TLS_1_3;
	usage_error("%s \"%s\" is no version: 1.2 and 1.3 are", option, optarg);
}

/* Cuts the list in place. */
static void
alpn(struct request_options *o, char *list)
{
	char *one;

	o->nalpn = 0;
	while ((one = strsep(&list, ",")) != NULL) {
		if (*one == '\0' || strlen(one) > 255)
			usage_error("a protocol of --alpn has 1 to 255 bytes");
		if (o->nalpn == REQUEST_ALPN_COUNT)
			usage_error("--alpn takes at most %d protocols",
			    REQUEST_ALPN_COUNT);
		o->alpn[o->nalpn++] = one;
	}
}

bool
request_option(struct request_options *o, int option)
{
	switch (option) {
	case REQUEST_NAME:
		o->name = optarg;
		return true;
	case REQUEST_ALPN:
		alpn(o, optarg);
		return true;
	case REQUEST_MIN:
		o->min_version = version("--min-version");
		return true;
	case REQUEST_MAX:
		o->max_version = version("--max-version");
		return true;
	case REQUEST_REFUSE_USERS:
		o->flags |= STARTTLS_REFUSE_USERS;
		return true;
	case REQUEST_REFUSE_DOMAINS:
		o->flags |= STARTTLS_REFUSE_DOMAINS;
		return true;
	case REQUEST_NO_CACHE_READ:
		o->flags |= STARTTLS_NO_CACHE_READ;
		return true;
	case REQUEST_NO_CACHE_WRITE:
		o->flags |= STARTTLS_NO_CACHE_WRITE;
		return true;
	case REQUEST_SKIP_AUTHORIZATION:
		o->flags |= STARTTLS_SKIP_AUTHORIZATION;
		return true;
	default:
		return false;
	}
}

int
request_prepare(struct tlspool_request *req, const struct request_options *o)
{
	if (tlspool_set_local_name(req, o->name) != 0 ||
	    tlspool_set_flags(req, o->flags) != 0 ||
	    tlspool_set_alpn(req, o->alpn, o->nalpn) != 0 ||
	    tlspool_set_versions(req, o->min_version, o->max_version) != 0)
		return -1;
	return 0;
}

int
request_status(int error)
{
	return error == ENOENT || error == ECONNREFUSED ? TOOL_NO_DAEMON
							: TOOL_NO;
}
