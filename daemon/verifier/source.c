/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * source: stamps are of paths and not of descriptors, so that a file that is
 * replaced by renaming another over it is seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "daemon/verifier/source.h"

struct stamp
stamp_of(int dir, const char *path)
{
	struct stamp s;
	struct stat st;

	memset(&s, 0, sizeof(s));
	if (fstatat(dir, path, &st, 0) != 0) {
		s.error = errno;
		return s;
	}
	s.device = st.st_dev;
	s.inode = st.st_ino;
	s.size = st.st_size;
	s.modified = st.st_mtim;
	s.changed = st.st_ctim;
	return s;
}

static bool
time_equal(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool
stamp_equal(const struct stamp *a, const struct stamp *b)
{
	return a->error == b->error && a->device == b->device &&
	       a->inode == b->inode && a->size == b->size &&
	       time_equal(&a->modified, &b->modified) &&
	       time_equal(&a->changed, &b->changed);
}

static int
read_whole(int fd, uint8_t *to, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, to + done, len - done);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0) {
			errno = EIO; /* shorter than it was a moment ago */
			return -1;
		}
		done += (size_t)n;
	}
	return 0;
}

int
source_read(int dir, const char *path, size_t max, gnutls_datum_t *data)
{
	uint8_t *bytes = NULL;
	struct stat st;
	int fd, saved;

	/* O_NONBLOCK: a FIFO in the place of the file must not hold us up. */
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) != 0)
		goto err;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		goto err;
	}
	if ((uintmax_t)st.st_size > max || max > UINT32_MAX - 1) {
		errno = EFBIG;
		goto err;
	}
	bytes = gnutls_malloc((size_t)st.st_size + 1);
	if (bytes == NULL) {
		errno = ENOMEM;
		goto err;
	}
	if (read_whole(fd, bytes, (size_t)st.st_size) != 0)
		goto err;
	bytes[st.st_size] = '\0';
	data->data = bytes;
	data->size = (unsigned)st.st_size;
	close(fd);
	return 0;
err:
	saved = errno;
	gnutls_free(bytes);
	close(fd);
	errno = saved;
	return -1;
}
