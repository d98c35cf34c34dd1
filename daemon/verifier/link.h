/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * link: the connections to directories, each of which is kept for a while,
 * and what is asked over them.
 */
#ifndef TLSPOOL_VERIFIER_LINK_H
#define TLSPOOL_VERIFIER_LINK_H

#include "daemon/sys/directory.h"
#include "daemon/verifier/verdict.h"

enum link_found {
	LINK_ENTRY,    /* there is one, with these certificates, or none */
	LINK_NO_ENTRY, /* the directory has none of this name */
	LINK_FAILED,   /* it did not say so: why */
	LINK_STALE,    /* a connection that was kept is gone; ask again */
};

struct link;

/* Something that is asked; embedded in what it belongs to, zeroed but for dn
 * and answered before the first use. */
struct link_query {
	const char *dn;
	/* Called once, and never from within link_ask(). */
	void (*answered)(struct link_query *);
	enum link_found found;
	char why[VERDICT_TEXT];
	char how[VERDICT_TEXT]; /* the directory is known */
	struct blob certs;	/* a list for wire_list_next(), owned */

	struct link *link; /* NULL: nothing is under way */
	struct link_query *next, **prev;
	int id;	   /* of the stream; 0: it is not asked yet */
	bool kept; /* the connection was there already */
};

/* Takes the configuration, at the start or anew: what was connected by an
 * older one is not used any more. */
void link_init(struct loop *, const struct config *, const struct trust *);

/*
 * Asks a directory; kept: over a connection that is there, if one is.  0, or
 * -1 and why.
 */
int link_ask(const struct directory *, struct link_query *, bool kept);

/* It waits no more: no answer came in time, and its connection is ended. */
void link_give_up(struct link_query *);

/* How many connections there are. */
size_t link_count(void);

#endif
