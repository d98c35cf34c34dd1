/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * start: what an application may ask for.
 */
#ifndef TLSPOOL_FRONT_START_H
#define TLSPOOL_FRONT_START_H

#include "daemon/ipc/app.h"

/*
 * Is everything that the START asks for served?  0; or an errno, and one
 * sentence in *reason.  Nothing that is not served is ever ignored.
 */
int start_check(const struct start *, const char **reason);

#endif
