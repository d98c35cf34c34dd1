/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * file: whole files into secret memory, and back without half states.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/keeper/file.h"
#include "daemon/sys/secret.h"

static struct stamp
stamp_of(const struct stat *st)
{
	return (struct stamp){ st->st_dev, st->st_ino, st->st_size, st->st_mtim,
		st->st_ctim };
}

int
stamp_take(const char *path, struct stamp *s)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return -1;
	*s = stamp_of(&st);
	return 0;
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool
stamp_same(const struct stamp *a, const struct stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       same_time(&a->mtime, &b->mtime) &&
	       same_time(&a->ctime, &b->ctime);
}

static int
read_all(int fd, struct file *f)
{
	ssize_t n;

	while (f->len < f->size - 1) {
		n = pread(
		    fd, f->data + f->len, f->size - 1 - f->len, (off_t)f->len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		f->len += (size_t)n;
	}
	return 0;
}

/*
 * Only regular files: another kind could keep the keeper waiting.
 */
int
file_read(int fd, const char *what, struct file *f, struct trouble *t)
{
	struct stat st;

	memset(f, 0, sizeof(*f));
	if (fstat(fd, &st) != 0)
		return trouble(
		    t, errno, "%s cannot be read: %s", what, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return trouble(t, EINVAL, "%s is not in a regular file", what);
	if (st.st_size > FILE_LIMIT)
		return trouble(t, EFBIG, "%s is larger than %d KiB", what,
		    FILE_LIMIT / 1024);
	f->stamp = stamp_of(&st);
	f->size = (size_t)st.st_size + 1;
	if ((f->data = secret_alloc(f->size)) == NULL)
		return trouble(t, ENOMEM, "out of memory");
	if (read_all(fd, f) != 0) {
		trouble(
		    t, errno, "%s cannot be read: %s", what, strerror(errno));
		file_free(f);
		return -1;
	}
	return 0;
}

int
file_load(const char *path, const char *what, struct file *f, struct trouble *t)
{
	int fd, rv;

	memset(f, 0, sizeof(*f));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return trouble(t, errno, "%s in %s cannot be read: %s", what,
		    path, strerror(errno));
	rv = file_read(fd, what, f, t);
	(void)close(fd);
	return rv;
}

void
file_free(struct file *f)
{
	secret_free(f->data, f->size);
	memset(f, 0, sizeof(*f));
}

static int
write_all(int fd, const uint8_t *data, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, data, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return fsync(fd);
}

int
file_save(const char *path, const void *data, size_t len, struct trouble *t)
{
	char temporary[PATH_MAX];
	int fd = -1, saved;

	if (snprintf(temporary, sizeof(temporary), "%s.new", path) >=
	    (int)sizeof(temporary))
		return trouble(t, ENAMETOOLONG, "%s: too long", path);
	(void)unlink(temporary);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1 || write_all(fd, data, len) != 0 ||
	    rename(temporary, path) != 0)
		goto err;
	(void)close(fd);
	return 0;
err:
	saved = errno;
	if (fd != -1) {
		(void)close(fd);
		(void)unlink(temporary);
	}
	return trouble(
	    t, saved, "%s cannot be written: %s", path, strerror(saved));
}
