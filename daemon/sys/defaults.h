/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * defaults: what holds where the configuration does not say.
 */
#ifndef TLSPOOL_SYS_DEFAULTS_H
#define TLSPOOL_SYS_DEFAULTS_H

#include "daemon/sys/config.h"

/* The text that stands for a key, or NULL: it has none. */
const char *defaults_text(const char *section, const char *name);

/* One worker for each core; never 0. */
unsigned defaults_workers(void);

/*
 * Sets sockets and state where they are NULL.  0, or -1: out of memory, or one
 * sentence in error, which was "".
 */
int defaults_folders(struct config *, char *error, size_t error_size);

#endif
