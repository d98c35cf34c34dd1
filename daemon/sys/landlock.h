/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * landlock: which files a process can still reach.  A part of sandbox_enter().
 */
#ifndef TLSPOOL_SYS_LANDLOCK_H
#define TLSPOOL_SYS_LANDLOCK_H

#include "daemon/sys/sandbox.h"

/*
 * Leaves the calling thread, and those it will create, only the paths (ended
 * by a NULL path; NULL: none).  0, also where the kernel has no Landlock,
 * which is logged; or -1 and errno.
 */
int landlock_enter(const struct sandbox_path *paths);

#endif
