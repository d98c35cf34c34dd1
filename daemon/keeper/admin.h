/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * admin: what the administrator asks of the keeper.
 */
#ifndef TLSPOOL_KEEPER_ADMIN_H
#define TLSPOOL_KEEPER_ADMIN_H

#include "daemon/ipc/admin.h"
#include "daemon/keeper/keeper.h"

/* One request.  Who answers it takes the connection, and leaves -1. */
struct asked {
	int connection;
	uint32_t request;
	uint32_t uid;
	struct packet *packet; /* its descriptors from 1 on */
};

/*
 * Each handles one request: 0, or -1 and trouble, which is then the answer.
 */
int admin_add(struct asked *, void *admin_id_add, struct trouble *);
int admin_list(struct asked *, void *admin_id_list, struct trouble *);
int admin_show(struct asked *, void *admin_id_show, struct trouble *);
int admin_remove(struct asked *, void *admin_id_remove, struct trouble *);
int admin_generate(struct asked *, void *admin_id_generate, struct trouble *);
int admin_request(struct asked *, void *admin_id_request, struct trouble *);

/* Answers on a connection, which is closed. */
void admin_result(int connection, uint32_t request, int error, const char *text,
    const uint8_t *id);

/* name_identity() with a whole sentence: 0, or -1 and trouble (EINVAL). */
int admin_name(const char *in, char *out, struct trouble *);

/* Puts a credential into the database, and says by pending_add() that it was
 * done.  certificate: where it does not cover the name, the answer warns of
 * that; else the answer's text is pem, or nothing where that is NULL. */
int admin_store(struct asked *, const char *name, const struct reference *,
    const struct chain *certificate, const char *pem, struct trouble *);

#endif
