/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * landlock: built on a system whose headers do not have it.
 */
#include <config.h>

#include "daemon/sys/landlock.h"
#include "daemon/sys/log.h"

int
landlock_enter(const struct sandbox_path *paths)
{
	log_notice("landlock-missing", "reason=\"built without Landlock: files "
				       "are guarded by their modes alone\"");
	return 0;
}
