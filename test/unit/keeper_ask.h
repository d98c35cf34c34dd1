/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * keeper_ask: what the tests of the keeper ask it again and again, of the one
 * that is being played.
 */
#ifndef TLSPOOL_TEST_KEEPER_ASK_H
#define TLSPOOL_TEST_KEEPER_ASK_H

#include "test/unit/keeper_play.h"
#include "test/unit/paper.h"

enum {
	ASK_UID = 1000, /* of the usual grant; its groups are 5 and 20 */
};

extern struct play play;

/* ID_ADD of two files; the answer is valid until the next one. */
struct admin_result add_files(
    const char *name, const char *cert, const char *key, bool copy);

/* The number of rows of an identity, and the first of them. */
size_t show_identity(const char *name, struct admin_id_row *first);

/* Gives the keeper an identity, and returns what it is made of. */
struct paper add_identity(const char *name, const struct paper_wish *);
void add_simple_identity(const char *name, const char *certified);

/* A server's, for worker 0, with one signature, of a session of its own. */
struct grant usual_grant(void);

struct credential_ans ask_credential(struct credential_req);
/* The first row of an answer without an error. */
struct credential_row first_row(struct credential_ans);
struct sign_ans ask_signature(unsigned worker, struct sign_req);

#endif
