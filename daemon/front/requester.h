/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * requester: who is at the other end of a connection, as the kernel says.
 */
#ifndef TLSPOOL_FRONT_REQUESTER_H
#define TLSPOOL_FRONT_REQUESTER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/ipc/grant.h"

struct requester {
	uid_t uid;
	uint8_t gids[GRANT_MAX_GIDS * 4]; /* network order, primary first */
	size_t ngids;
	char *unit; /* systemd's, or NULL */
};

/*
 * Asks the kernel: as it was when the connection was made.  0, or -1 and
 * errno; E2BIG, more than GRANT_MAX_GIDS groups.
 */
int requester_ask(int sock, struct requester *);
void requester_free(struct requester *);

#endif
