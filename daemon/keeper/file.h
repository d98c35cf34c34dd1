/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * file: reads and writes the small files of keys and certificates.
 */
#ifndef TLSPOOL_KEEPER_FILE_H
#define TLSPOOL_KEEPER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "daemon/keeper/trouble.h"

enum { FILE_LIMIT = 256 * 1024 }; /* bytes that are read of one */

/* Tells whether a file is still the one that was read. */
struct stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime, ctime;
};

/* The contents, in secret memory. */
struct file {
	uint8_t *data; /* size bytes, of which the last is NUL */
	size_t len;
	size_t size;
	struct stamp stamp;
};

/* Reads a regular file whole, by descriptor or path; 0, or -1 and trouble
 * with the errno of what failed.  what: "the certificate". */
int file_read(int fd, const char *what, struct file *, struct trouble *);
int file_load(
    const char *path, const char *what, struct file *, struct trouble *);
void file_free(struct file *);

/* 0, or -1 and errno. */
int stamp_take(const char *path, struct stamp *);
bool stamp_same(const struct stamp *, const struct stamp *);

/* Writes a file (mode 0600) whole or not at all, and to the disk. */
int file_save(const char *path, const void *data, size_t len, struct trouble *);

#endif
