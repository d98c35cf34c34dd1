/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * listen: the two sockets that the world knows.
 */
#ifndef TLSPOOL_PARENT_LISTEN_H
#define TLSPOOL_PARENT_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/sys/config.h"

struct listeners {
	struct listener {
		int fd;
		char *path; /* to be removed at the end; NULL: systemd's */
	} app, admin;
};

/*
 * Takes the sockets that systemd passed ("tlspool", "admin"), and makes those
 * that it did not.  0, or -1 and a sentence in error.
 */
int listeners_open(
    struct listeners *, const struct config *, char *error, size_t error_size);

/* Closes them and removes those that were made here. */
void listeners_close(struct listeners *);

#endif
