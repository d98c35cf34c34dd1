/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * peers: sorted by pattern, searched by halves, from the name itself outward.
 */
#include <config.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/sys/name.h"
#include "daemon/sys/peers.h"

/* One spelling of an address: 0, or -1 where it is none. */
static int
spell_address(const char *in, char out[NAME_SIZE])
{
	uint8_t address[sizeof(struct in6_addr)];
	int family = strchr(in, ':') == NULL ? AF_INET : AF_INET6;

	return inet_pton(family, in, address) == 1 &&
		       inet_ntop(family, address, out, NAME_SIZE) != NULL
		   ? 0
		   : -1;
}

/* Where a pattern is, or where it would go. */
static size_t
place(const struct config *c, const char *pattern)
{
	size_t low = 0, high = c->npeers;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(c->peers[middle].pattern, pattern) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct trust_peers *
exact(const struct config *c, const char *pattern)
{
	size_t at = place(c, pattern);

	return at < c->npeers && strcmp(c->peers[at].pattern, pattern) == 0
		   ? &c->peers[at]
		   : NULL;
}

struct trust_peers *
peers_add(struct config *c, const char *pattern, const char **why)
{
	struct trust_peers *more;
	char name[NAME_SIZE];
	size_t at;

	if (strcmp(pattern, "*") == 0) {
		*why = "is everybody, for whom [trust] is";
		return NULL;
	}
	if (spell_address(pattern, name) != 0 &&
	    name_pattern(pattern, name, why) != 0)
		return NULL;
	if ((more = exact(c, name)) != NULL)
		return more;
	*why = "is one section too many";
	if (c->npeers == PEERS_MAX)
		return NULL;
	*why = "found no memory";
	more = reallocarray(c->peers, c->npeers + 1, sizeof(*more));
	if (more == NULL)
		return NULL;
	c->peers = more;
	at = place(c, name);
	more += at;
	memmove(more + 1, more, (c->npeers - at) * sizeof(*more));
	memset(more, 0, sizeof(*more));
	c->npeers++;
	more->pattern = strdup(name);
	return more->pattern == NULL ? NULL : more;
}

const struct trust_peers *
peers_find(const struct config *c, const char *name)
{
	const struct trust_peers *found;
	char lower[NAME_SIZE], scratch[NAME_SIZE];
	const char *at = NULL, *wider;

	if (c->npeers == 0 || name[0] == '\0')
		return NULL;
	name_lower(name, lower, sizeof(lower));
	if ((found = exact(c, lower)) != NULL ||
	    spell_address(lower, scratch) == 0)
		return found;
	while ((wider = name_wider(lower, &at, scratch)) != NULL)
		if ((found = exact(c, wider)) != NULL)
			return found;
	return NULL;
}

const enum trust_method *
peers_policy(const struct config *c, const char *name, bool server)
{
	const struct trust_peers *peers = peers_find(c, name);

	if (server)
		return peers != NULL ? peers->client_policy : c->client_policy;
	return peers != NULL ? peers->server_policy : c->server_policy;
}

static bool
has(const enum trust_method *methods, enum trust_method wanted)
{
	for (size_t i = 0; i < CONFIG_MAX_METHODS && methods[i] != TRUST_END;
	     i++)
		if (methods[i] == wanted)
			return true;
	return false;
}

bool
peers_ask(const struct config *c, const char *name, bool server,
    enum trust_method method)
{
	bool found =
	    has(peers_policy(c, name != NULL ? name : "", server), method);

	for (size_t i = 0; name == NULL && !found && i < c->npeers; i++)
		found = has(server ? c->peers[i].client_policy
				   : c->peers[i].server_policy,
		    method);
	return found;
}

void
peers_free(struct config *c)
{
	for (size_t i = 0; i < c->npeers; i++) {
		free(c->peers[i].pattern);
		free(c->peers[i].ldap);
	}
	free(c->peers);
	c->peers = NULL;
	c->npeers = 0;
}
