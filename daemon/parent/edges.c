/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * edges: the one table of who is joined with whom.  Besides these, every
 * process has its control socket to the parent, and nothing else.
 */
#include <config.h>

#include "daemon/parent/edges.h"

const struct edge_row edges[] = {
	{ ROLE_FRONT, ROLE_WORKER },	    /* requests, connections, grants */
	{ ROLE_FRONT, ROLE_KEEPER },	    /* administration of identities */
	{ ROLE_FRONT, ROLE_VERIFIER },	    /* administration of trust */
	{ ROLE_WORKER, ROLE_KEEPER },	    /* credentials, signatures */
	{ ROLE_WORKER, ROLE_VERIFIER },	    /* who is the peer? */
	{ ROLE_VERIFIER, ROLE_AUTHORIZER }, /* may it speak with us? */
	{ ROLE_FRONT, ROLE_AUTHORIZER },    /* its status */
};

const size_t nedges = sizeof(edges) / sizeof(edges[0]);

bool
edges_joined(enum role a, enum role b)
{
	for (size_t i = 0; i < nedges; i++)
		if ((edges[i].a == a && edges[i].b == b) ||
		    (edges[i].a == b && edges[i].b == a))
			return true;
	return false;
}
