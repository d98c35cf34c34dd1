/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * trouble: why something cannot be done: an errno and one sentence.
 */
#ifndef TLSPOOL_KEEPER_TROUBLE_H
#define TLSPOOL_KEEPER_TROUBLE_H

#include "daemon/ipc/app.h"

struct trouble {
	int error;
	char text[APP_REASON_MAX];
};

/* Fills it in and returns -1. */
int trouble(struct trouble *, int error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
