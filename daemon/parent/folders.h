/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * folders: where the pool keeps what outlives it.
 */
#ifndef TLSPOOL_PARENT_FOLDERS_H
#define TLSPOOL_PARENT_FOLDERS_H

#include <stddef.h>
#include <sys/types.h>

#include "daemon/sys/config.h"

/* Makes a folder with those above it; 0, or -1 and errno. */
int folder_make(const char *path, mode_t mode);

/*
 * Makes the state folder and those of keeper and verifier, theirs alone, and
 * locks it for as long as this process lives: two pools on one state would
 * ruin it.  0, or -1 and a sentence in error.
 */
int folders_prepare(const struct config *, char *error, size_t error_size);

#endif
