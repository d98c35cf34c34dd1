/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * privilege: from root to a user who can do nothing but run.
 */
#include <config.h>

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/sys/log.h"
#include "daemon/sys/sandbox.h"

enum {
	CAPABILITIES = 64 /* more than any kernel has */
};

/*
 * Takes every capability out of the bounding and the ambient set.  Only who
 * has CAP_SETPCAP may do the former; for others PR_SET_NO_NEW_PRIVS has the
 * same effect.
 */
static void
drop_bounding(void)
{
	for (unsigned long cap = 0; cap < CAPABILITIES; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

static int
change_user(const char *user)
{
	const struct passwd *pw;

	errno = 0;
	if ((pw = getpwnam(user)) == NULL) {
		errno = errno == 0 ? ENOENT : errno;
		log_error("privilege-failed",
		    "user=%s reason=\"there is no "
		    "such user\"",
		    user);
		return -1;
	}
	if (geteuid() != 0) {
		if (pw->pw_uid == geteuid())
			return 0;
		errno = EPERM;
		return -1;
	}
	/* The groups that an administrator put this user in, and no other:
	 * "adduser tlspool-keeper ssl-cert" is how Debian shares keys. */
	if (initgroups(user, pw->pw_gid) != 0 ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) != 0 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) != 0)
		return -1;
	/* There must be no way back. */
	if (pw->pw_uid != 0 && (setuid(0) == 0 || setgid(0) == 0)) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

static int
drop_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

	memset(none, 0, sizeof(none));
	return (int)syscall(SYS_capset, &header, none);
}

/* No core file and no debugger of the same user sees our memory. */
static int
become_undumpable(void)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return -1;
#ifdef WITH_SANITIZER
	return 0; /* the leak detector traces the process that it is in */
#else
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

int
privilege_drop(const char *user)
{
	drop_bounding();
	if (user != NULL && change_user(user) != 0)
		return -1;
	if (drop_capabilities() != 0)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return become_undumpable();
}
