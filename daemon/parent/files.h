/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * files: the configuration, the ACL and the disclosure table: read, checked,
 * and put into memory files for the other processes, which open none of them.
 */
#ifndef TLSPOOL_PARENT_FILES_H
#define TLSPOOL_PARENT_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/sys/config.h"

enum {
	FILES_ERROR = 1024, /* bytes that hold every error message */
};

struct settings {
	struct config *config;
	bool has_acl, has_disclosure;
	int fds[3]; /* configuration, ACL, disclosure: sealed memory files */
};

/*
 * Reads and checks everything; path may be missing where `optional`.  What
 * only a restart can change stays as in `old` (NULL: at the start), and kept
 * then names what differed.  0, or -1 and "FILE:LINE: sentence" in error.
 */
int settings_load(struct settings *, const char *path, bool optional,
    const struct config *old, char *kept, size_t kept_size, char *error);
/* Harmless on one that is {0}. */
void settings_free(struct settings *);

#endif
