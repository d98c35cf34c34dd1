/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * source: a file that trust is read from, and whether it has changed since.
 */
#ifndef TLSPOOL_VERIFIER_SOURCE_H
#define TLSPOOL_VERIFIER_SOURCE_H

#include <stdbool.h>
#include <sys/stat.h>

#include <gnutls/gnutls.h>

/* What a file looked like.  Two that are equal are the same file, unchanged. */
struct stamp {
	int error; /* of stat(2), or 0 */
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified, changed;
};

/* The stamp of the file at path, below the directory dir (or AT_FDCWD). */
struct stamp stamp_of(int dir, const char *path);
bool stamp_equal(const struct stamp *, const struct stamp *);

/*
 * Reads a regular file of at most max bytes, of which there is one behind the
 * end, a NUL.  Returns 0, and *data for gnutls_free(); or -1 and errno: EFBIG
 * too large, EINVAL not a regular file, and those of open(2) and read(2).
 */
int source_read(int dir, const char *path, size_t max, gnutls_datum_t *data);

#endif
