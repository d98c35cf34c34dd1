/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * reload: a new configuration, all of it or none.
 */
#ifndef TLSPOOL_PARENT_RELOAD_H
#define TLSPOOL_PARENT_RELOAD_H

#include <stddef.h>

enum {
	RELOAD_TEXT = 1000 /* bytes that hold every answer */
};

/*
 * Reads and checks everything anew, and hands it to every process.  0, or -1
 * where it is bad: the old one stays in force.  Logs the outcome, and says it
 * in text.
 */
int reload(char *text, size_t size);

#endif
