/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dns_context: the options of libunbound, and the files that it starts from.
 */
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <unbound.h>

#include "daemon/verifier/dns_context.h"
#include "daemon/verifier/source.h"

enum { ANCHOR_MAX = 1024 * 1024 }; /* bytes of the file of the anchor */

/* Debian's, of unbound and of dns-root-data. */
static const char *const system_anchors[] = {
	"/var/lib/unbound/root.key",
	"/usr/share/dns/root.key",
};

/* The names that libunbound would answer itself (RFC 6303, 6761, 7686). */
static const char *const local_zones[] = { "test.", "invalid.", "onion.",
	"localhost.", "home.arpa.", "resolver.arpa.", "service.arpa." };

static bool
may_be_kept(const char *path)
{
	char *copy = strdup(path);
	bool kept = copy != NULL && access(path, W_OK) == 0 &&
		    access(dirname(copy), W_OK) == 0;

	free(copy);
	return kept;
}

const char *
dns_context_anchor(const struct config *config, bool *kept)
{
	const char *path = config->dns_anchor;

	*kept = false;
	if (path == NULL || strcmp(path, "none") == 0)
		return NULL;
	if (strcmp(path, "system") != 0) {
		*kept = may_be_kept(path);
		return path;
	}
	for (size_t i = 0;
	     i < sizeof(system_anchors) / sizeof(system_anchors[0]); i++) {
		if (access(system_anchors[i], R_OK) == 0) {
			*kept = may_be_kept(system_anchors[i]);
			return system_anchors[i];
		}
	}
	return NULL;
}

/*
 * A library of few sockets is what libunbound takes itself for: a zone that
 * is silent would soon have them all, and who asks for others would wait.
 */
static int
set_limits(struct ub_ctx *ctx)
{
	static const struct {
		const char *option, *value;
	} limits[] = {
		{ "outgoing-range:", "2048" }, /* sockets, for UDP */
		{ "num-queries-per-thread:", "2048" },
		{ "outgoing-num-tcp:", "64" },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(limits) / sizeof(limits[0]);
	     i++)
		r = ub_ctx_set_option(ctx, limits[i].option, limits[i].value);
	return r;
}

static int
set_sources(struct ub_ctx *ctx, const struct config *config)
{
	const char *forward = config->dns_forward;
	int r = 0;

	if (forward == NULL)
		return 0;
	if (strcmp(forward, "system") == 0)
		return ub_ctx_resolvconf(ctx, NULL);
	/* A resolver of this very machine is as good as another. */
	r = ub_ctx_set_option(ctx, "do-not-query-localhost:", "no");
	return r != 0 ? r : ub_ctx_set_fwd(ctx, forward);
}

/* The name that a line of the file of trust anchors begins with. */
static int
take_owner(const char *line, char owner[DOMAIN_SIZE])
{
	size_t len = strcspn(line, " \t\r\n");
	char text[DOMAIN_SIZE + 1];

	owner[0] = '\0';
	if (len == 1 && line[0] == '.')
		return 0;
	if (len == 0 || len >= sizeof(text) || strchr(";#$", line[0]) != NULL)
		return -1;
	memcpy(text, line, len);
	text[len] = '\0';
	return domain_normal(text, owner);
}

static int
find_owner(const char *path, char owner[DOMAIN_SIZE])
{
	gnutls_datum_t text = { NULL, 0 };
	const char *line;
	int r = -1;

	if (source_read(AT_FDCWD, path, ANCHOR_MAX, &text) != 0)
		return -1;
	for (line = (const char *)text.data; r != 0 && line != NULL;
	     line = strchr(line, '\n'), line = line == NULL ? NULL : line + 1)
		r = take_owner(line, owner);
	gnutls_free(text.data);
	return r;
}

static int
set_anchor(
    struct ub_ctx *ctx, const struct config *config, char owner[DOMAIN_SIZE])
{
	bool kept;
	const char *path = dns_context_anchor(config, &kept);

	/* To libunbound then all is insecure. */
	if (path == NULL)
		return 0;
	/* libunbound takes a file without any key, and then nothing is
	 * signed. */
	if (find_owner(path, owner) != 0)
		return UB_READFILE;
	return kept ? ub_ctx_add_ta_autr(ctx, path)
		    : ub_ctx_add_ta_file(ctx, path);
}

/* The last thing of all: no option can be set behind it. */
static int
remove_local_zones(struct ub_ctx *ctx, const struct config *config)
{
	int r = 0;

	if (config->dns_local_zones)
		return 0;
	for (size_t i = 0;
	     r == 0 && i < sizeof(local_zones) / sizeof(local_zones[0]); i++)
		r = ub_ctx_zone_remove(ctx, local_zones[i]);
	return r;
}

struct ub_ctx *
dns_context_open(const struct config *config, bool forgets,
    char owner[DOMAIN_SIZE], int *error)
{
	struct ub_ctx *ctx = ub_ctx_create();
	int r = UB_NOMEM;

	owner[0] = '\0';
	if (ctx != NULL && (r = ub_ctx_debugout(ctx, NULL)) == 0 &&
	    (r = ub_ctx_async(ctx, 1)) == 0 && (r = set_limits(ctx)) == 0 &&
	    (!forgets ||
		(r = ub_ctx_set_option(ctx, "cache-max-ttl:", "0")) == 0) &&
	    (r = set_sources(ctx, config)) == 0 &&
	    (r = set_anchor(ctx, config, owner)) == 0 &&
	    (r = remove_local_zones(ctx, config)) == 0)
		return ctx;
	*error = r;
	if (ctx != NULL)
		ub_ctx_delete(ctx);
	return NULL;
}
