/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * cachedir: the cache never waits for the disk.  The kernel still writes what
 * a process left behind, but when the machine goes down, pages may be on the
 * disk without those that belong to them.  So a file says in which boot the
 * cache is in use: in another one it is believed only if it was closed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/verifier/cachedir.h"

enum {
	MARK_MAX = 64,
	NFILES = 1024, /* in the folder, that are looked at */
};

static const char mark_name[] = "boot", next_name[] = "boot.next",
		  closed[] = "closed";

static int
open_folder(const char *dir)
{
	return open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Calls for each regular file; what cannot be done to one is the errno. */
static int
each_file(const char *dir, int (*call)(int folder, const char *name))
{
	int fd = open_folder(dir), e = 0;
	struct dirent *entry;
	DIR *list;

	if (fd == -1)
		return -1;
	if ((list = fdopendir(fd)) == NULL) {
		close(fd);
		return -1;
	}
	for (unsigned n = 0; n < NFILES && (entry = readdir(list)) != NULL;
	     n++) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		if (call(dirfd(list), entry->d_name) != 0)
			e = errno;
	}
	closedir(list);
	errno = e;
	return e == 0 ? 0 : -1;
}

static int
sync_file(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), r;

	if (fd == -1)
		return -1;
	r = fsync(fd);
	close(fd);
	return r;
}

static int
remove_file(int folder, const char *name)
{
	return unlinkat(folder, name, 0);
}

/* Never half of it: then a process that is killed here would have spoilt it. */
static int
write_mark(int folder, const char *text)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(folder, next_name, flags, 0600), rv = -1;
	size_t len = strlen(text);

	if (fd == -1)
		return -1;
	if (write(fd, text, len) == (ssize_t)len && fsync(fd) == 0)
		rv = 0;
	close(fd);
	return rv == 0 ? renameat(folder, next_name, folder, mark_name) : -1;
}

/* No mark at all: "". */
static void
read_mark(int folder, char text[MARK_MAX])
{
	int fd = openat(folder, mark_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = 0;

	if (fd != -1) {
		n = read(fd, text, MARK_MAX - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
}

static int
refuse_file(int folder, const char *name)
{
	(void)folder;
	if (strcmp(name, next_name) == 0)
		return 0;
	errno = ENOTEMPTY;
	return -1;
}

int
cachedir_enter(const char *dir, const char *boot, bool *whole)
{
	char mark[MARK_MAX];
	int fd, rv;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return -1;
	if ((fd = open_folder(dir)) == -1)
		return -1;
	read_mark(fd, mark);
	*whole = strcmp(mark, closed) == 0 ||
		 (boot[0] != '\0' && strcmp(mark, boot) == 0) ||
		 each_file(dir, refuse_file) == 0;
	rv = strcmp(mark, boot) == 0 ? 0 : write_mark(fd, boot);
	close(fd);
	return rv;
}

int
cachedir_leave(const char *dir)
{
	int fd, rv;

	if (each_file(dir, sync_file) != 0 || (fd = open_folder(dir)) == -1)
		return -1;
	rv = fsync(fd);
	if (rv == 0)
		rv = write_mark(fd, closed);
	close(fd);
	return rv;
}

static int
name_aside(const char *dir, char path[PATH_MAX])
{
	int n = snprintf(path, PATH_MAX, "%s.bad", dir);

	if (n > 0 && n < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

int
cachedir_forget_aside(const char *dir)
{
	char aside[PATH_MAX];

	if (name_aside(dir, aside) != 0)
		return -1;
	if (each_file(aside, remove_file) != 0)
		return errno == ENOENT ? 0 : -1;
	return rmdir(aside);
}

int
cachedir_set_aside(const char *dir)
{
	char aside[PATH_MAX];

	if (name_aside(dir, aside) != 0 || cachedir_forget_aside(dir) != 0)
		return -1;
	return rename(dir, aside);
}

int
cachedir_empty(const char *dir)
{
	return each_file(dir, remove_file);
}
