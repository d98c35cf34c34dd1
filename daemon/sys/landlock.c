/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * landlock: the rules that the kernel is given, as far as it knows them.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/sys/landlock.h"
#include "daemon/sys/log.h"

/* Rights that kernels have had for longer than some headers. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif

#define ACCESS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ACCESS_WRITE                                                       \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |   \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | \
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER |       \
	    LANDLOCK_ACCESS_FS_TRUNCATE)
/* What a rule about something that is not a folder may grant. */
#define ACCESS_FILE                                                     \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	    LANDLOCK_ACCESS_FS_TRUNCATE)

/* Every right that this version of the interface can take away. */
static uint64_t
handled_rights(long abi)
{
	/* Version 1 ends with MAKE_SYM. */
	uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

	if (abi >= 2)
		rights |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
	if (abi >= 5)
		rights |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	return rights;
}

static int
allow(int ruleset, uint64_t handled, const struct sandbox_path *path)
{
	struct landlock_path_beneath_attr rule = { 0 };
	struct stat st;
	int rv = -1;

	rule.parent_fd = open(path->path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd == -1)
		return errno == ENOENT || errno == EACCES || errno == ENOTDIR
			   ? 0
			   : -1;
	if (fstat(rule.parent_fd, &st) != 0)
		goto err;
	rule.allowed_access = ACCESS_READ | (path->write ? ACCESS_WRITE : 0);
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= ACCESS_FILE;
	rule.allowed_access &= handled;
	rv = (int)syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &rule, 0);

err:
	(void)close(rule.parent_fd);
	return rv;
}

int
landlock_enter(const struct sandbox_path *paths)
{
#ifdef WITH_SANITIZER
	/* The leak detector reads about the threads of its process. */
	static const struct sandbox_path proc = { "/proc", false };
#endif
	struct landlock_ruleset_attr attr = { 0 };
	int ruleset, rv = -1;
	long abi;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 1) {
		log_notice("landlock-missing",
		    "reason=\"the kernel has no Landlock: files are guarded "
		    "by their modes alone\"");
		return 0;
	}
	attr.handled_access_fs = handled_rights(abi);
	ruleset =
	    (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset == -1)
		return -1;
#ifdef WITH_SANITIZER
	if (allow(ruleset, attr.handled_access_fs, &proc) != 0)
		goto err;
#endif
	for (; paths != NULL && paths->path != NULL; paths++)
		if (allow(ruleset, attr.handled_access_fs, paths) != 0)
			goto err;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		goto err;
	rv = (int)syscall(SYS_landlock_restrict_self, ruleset, 0);

err:
	(void)close(ruleset);
	return rv;
}
