/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * client: the connections of applications and of administrators, and what
 * they may say.
 */
#ifndef TLSPOOL_FRONT_CLIENT_H
#define TLSPOOL_FRONT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/front/requester.h"
#include "daemon/sys/loop.h"
#include "daemon/sys/numbers.h"
#include "daemon/sys/outbox.h"

struct client {
	struct client *next, **prev;
	uint64_t number; /* never used again */
	struct loop_watch watch;
	struct outbox outbox;
	struct requester who;
	bool admin;
	bool gone;		/* to be closed when the turn is over */
	uint64_t known;		/* a bit for each worker that has it */
	struct numbers flights; /* by request */
};

/* Takes over an accepted connection. */
void client_new(int sock, bool admin);

/* Sends a message; where that fails, the client ends after this turn. */
void client_send(struct client *, const struct message_schema *,
    uint32_t request, const void *msg);
void client_fail(
    struct client *, uint32_t request, int error, const char *reason);

/* A worker is new: it knows no connection yet. */
void clients_unknown_to(uint32_t worker);

/* Listens to the clients, or does not for now: there is nobody to serve. */
void clients_listen(bool);

unsigned clients_count(void);
void clients_forget(void);

#endif
