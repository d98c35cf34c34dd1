/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * pending: answers to the administrator that wait until the database has written
 * what they say.  Many changes are written at once.
 */
#ifndef TLSPOOL_KEEPER_PENDING_H
#define TLSPOOL_KEEPER_PENDING_H

#include "daemon/keeper/admin.h"

/*
 * Takes the connection of *asked and answers "done" on it, with text (or
 * NULL), when the changes of the database are lasting.
 */
void pending_add(struct asked *, const char *text, const uint8_t *id);

/* Removes a copy of the keeper's then; nothing, where it is no such one. */
void pending_unlink(const char *reference);

/* Writes the changes, and answers: to be called in each round. */
void pending_commit(void);
/* The same, whether there is more to come or not. */
void pending_finish(void);

#endif
