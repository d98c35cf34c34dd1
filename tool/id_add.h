/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * id_add: one addition, ready to be sent.
 */
#ifndef TLSPOOL_TOOL_ID_ADD_H
#define TLSPOOL_TOOL_ID_ADD_H

#include "daemon/ipc/admin.h"

struct id_addition {
	struct admin_id_add ask;
	char *cert, *key; /* what ask points to */
	int fds[2];
	unsigned nfds;
};

/*
 * Makes the paths absolute and opens the files.  key: file, file: or pkcs11:
 * URI, or NULL, the keeper has it.  0, or -1 and one sentence in error.
 * Released with id_addition_close() in both cases.
 */
int id_addition_open(struct id_addition *, const char *name, const char *cert,
    const char *key, bool copy, char *error, size_t error_size);
void id_addition_close(struct id_addition *);

/* Adds every line of a list: NAME CERT [KEY].  "-" is standard input. */
int id_add_list(const char *path, bool copy);

#endif
