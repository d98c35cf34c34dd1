/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * folders: made by the parent, which may, for those who may not.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/parent/folders.h"

int
folder_make(const char *path, mode_t mode)
{
	char *copy, *slash;
	int rv = -1;

	if (mkdir(path, mode) == 0 || errno == EEXIST)
		return 0;
	if (errno != ENOENT || (copy = strdup(path)) == NULL)
		return -1;
	slash = strrchr(copy, '/');
	if (slash != NULL && slash != copy) {
		*slash = '\0';
		if (folder_make(copy, mode) == 0)
			rv = mkdir(path, mode);
	}
	free(copy);
	return rv;
}

/* The owner of what belongs to `user`: -1 for no change. */
static int
find_owner(const char *user, uid_t *uid, gid_t *gid, char *error, size_t size)
{
	const struct passwd *pw;

	*uid = geteuid();
	*gid = getegid();
	if (user == NULL)
		return 0;
	if ((pw = getpwnam(user)) == NULL) {
		(void)snprintf(error, size,
		    "there is no user %s (create it, or set user and "
		    "keeper-user in [daemon])",
		    user);
		return -1;
	}
	if (geteuid() != 0 && pw->pw_uid != geteuid()) {
		(void)snprintf(error, size,
		    "only root can run a process as user %s", user);
		return -1;
	}
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	return 0;
}

/* Makes state/name, of mode 0700, and gives it to user. */
static int
own_folder(
    int state, const char *name, const char *user, char *error, size_t size)
{
	struct stat st;
	uid_t uid;
	gid_t gid;
	int fd = -1, rv = -1;

	if (find_owner(user, &uid, &gid, error, size) != 0)
		return -1;
	if (mkdirat(state, name, 0700) != 0 && errno != EEXIST)
		goto err;
	/* O_PATH: root without CAP_DAC_OVERRIDE may not read what is theirs. */
	fd = openat(state, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) != 0)
		goto err;
	if ((st.st_mode & 07777) != 0700 && fchmodat(state, name, 0700, 0) != 0)
		goto err;
	if (st.st_uid != uid && fchownat(fd, "", uid, gid, AT_EMPTY_PATH) != 0)
		goto err;
	rv = 0;

err:
	if (rv != 0)
		(void)snprintf(error, size, "the folder %s of the state: %s",
		    name, strerror(errno));
	if (fd != -1)
		(void)close(fd);
	return rv;
}

int
folders_prepare(const struct config *c, char *error, size_t size)
{
	/* Kept open: it carries the lock. */
	static int state = -1;

	if (folder_make(c->state, geteuid() == 0 ? 0755 : 0700) == 0)
		state = open(c->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (state == -1) {
		(void)snprintf(
		    error, size, "%s: %s", c->state, strerror(errno));
		return -1;
	}
	if (flock(state, LOCK_EX | LOCK_NB) != 0) {
		(void)snprintf(error, size, "%s: %s", c->state,
		    errno == EWOULDBLOCK
			? "a TLS Pool is already running on this state"
			: strerror(errno));
		return -1;
	}
	if (own_folder(state, "keeper", c->keeper_user, error, size) != 0 ||
	    own_folder(state, "verifier", c->user, error, size) != 0)
		return -1;
	return 0;
}
