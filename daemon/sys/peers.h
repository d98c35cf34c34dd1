/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * peers: the sections [trust "PATTERN"] of the configuration, and which of
 * them is for a peer.
 */
#ifndef TLSPOOL_SYS_PEERS_H
#define TLSPOOL_SYS_PEERS_H

#include "daemon/sys/config.h"

enum { PEERS_MAX = 4096 };

/*
 * The section for a pattern, which is made where there is none: a domain,
 * user@domain, *.domain, *@domain, or an IP address.  Where it is made, others
 * may move.  NULL, and half a sentence in *why.
 */
struct trust_peers *peers_add(
    struct config *, const char *pattern, const char **why);

/*
 * The most specific section for a name, or NULL: that of the name itself;
 * for anna@example.com then *@example.com; for a.b.example then *.b.example
 * and *.example.
 */
const struct trust_peers *peers_find(const struct config *, const char *name);

/*
 * The methods that are asked about a peer of this name, which may be "", that
 * is a server or a client; up to TRUST_END, or CONFIG_MAX_METHODS of them.
 */
const enum trust_method *peers_policy(
    const struct config *, const char *name, bool server);

/* Is this method one of them?  With NULL for the name: of anybody's. */
bool peers_ask(
    const struct config *, const char *name, bool server, enum trust_method);

void peers_free(struct config *);

#endif
