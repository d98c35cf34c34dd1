/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * keeper: what the one keeper process has, and what it is asked.
 */
#ifndef TLSPOOL_KEEPER_KEEPER_H
#define TLSPOOL_KEEPER_KEEPER_H

#include "daemon/keeper/acl.h"
#include "daemon/keeper/disclosure.h"
#include "daemon/keeper/grants.h"
#include "daemon/keeper/jobs.h"
#include "daemon/keeper/loaded.h"
#include "daemon/keeper/store.h"
#include "daemon/keeper/tickets.h"
#include "daemon/sys/role.h"

enum { KEEPER_PATH = 1024 }; /* bytes of the path of the keeper's folder */

extern struct keeper {
	uint32_t starter;      /* the uid that the pool was started by */
	char dir[KEEPER_PATH]; /* the database; keys/ and certs/ below it */
	/* What the sandbox lets it read beside that: a later configuration
	 * cannot change it. NULL-terminated. */
	char **key_paths;
	struct acl *acl;
	struct disclosure *disclosure;
	struct store *store;
	struct loaded *loaded;
	struct grants *grants;
	struct tickets *tickets;
	struct jobs *jobs;	/* signatures, which need a core each */
	struct jobs *slow_jobs; /* what may take its time */
	uint64_t credentials, signatures, denials; /* counted */
} keeper;

/* Counts the sockets that have led to a worker: a number that stands for this
 * one, so that an answer never goes to its successor. */
uint64_t keeper_edge_number(uint32_t worker);
void keeper_edge_changed(uint32_t worker);

/* Copies the paths; 0, or -1 (no memory). */
int keeper_take_paths(char *const *paths);

/* Opens all of the above in keeper.dir; 0, or -1 (it has been logged).  Close
 * it also then. */
int keeper_open(struct loop *);
void keeper_close(void);

/* Takes the tables over from role.acl and role.disclosure; where one cannot be
 * used, both stay as they are: -1 (it has been logged). */
int keeper_take_tables(void);

/* Has the workers forget the answers that they were to keep. */
void credential_forget(void);

/* Handlers: see role.h. */
int answer_credential(struct edge *, struct packet *, void *credential_req);
int answer_sign(struct edge *, struct packet *, void *sign_req);
int answer_admin(struct edge *, struct packet *, void *admin_routed);

#endif
