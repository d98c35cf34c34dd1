/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * answers: what the keeper said that servers may be, for as long as it said
 * that it stands.  With it a session that is resumed asks nobody, and another
 * one asks together with its signature.
 */
#ifndef TLSPOOL_WORKER_ANSWERS_H
#define TLSPOOL_WORKER_ANSWERS_H

#include <stdint.h>

#include "daemon/ipc/credential.h"
#include "daemon/worker/credentials.h"

struct answer_kept {
	struct credentials *credentials;
	const char *name;
	struct blob ticket_keys[2]; /* the second is of the time before */
};

/*
 * The answer to that question, where one is kept for the caller that its grant
 * names; or NULL.  Valid until the next call here.  now: milliseconds.
 */
const struct answer_kept *answers_find(
    const struct credential_req *, uint64_t now);

/* Keeps one, of which all is copied; the credentials are counted. */
void answers_keep(const struct credential_req *, struct credentials *,
    const char *name, const struct blob ticket_keys[2], uint64_t until);

void answers_forget(void);

/* How often all was forgotten: an answer to what was asked before the last time
 * is not to be kept. */
unsigned answers_forgotten(void);

#endif
