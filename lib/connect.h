/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * connect: where the daemon is, and descriptors that are known again.
 */
#ifndef TLSPOOL_LIB_CONNECT_H
#define TLSPOOL_LIB_CONNECT_H

#include <stdbool.h>
#include <sys/types.h>

enum {
	CONNECT_PATH_SIZE = 108, /* of sun_path */
};

/*
 * A descriptor that the library keeps between calls.  An application may
 * close it behind our back (closefrom(3)) and get the number for something
 * else: the inode tells.
 */
struct kept_fd {
	int fd; /* -1: none */
	dev_t dev;
	ino_t ino;
};

/* Takes fd: 0, or -1 and errno (fd is closed). */
int kept_fd_set(struct kept_fd *, int fd);
/* Is it still the same? */
bool kept_fd_valid(const struct kept_fd *);
/* Closes it if it is still the same; there is none afterwards. */
void kept_fd_close(struct kept_fd *);

/*
 * Connects to the daemon.  path NULL: where the environment says, or the
 * usual place.  Returns a non-blocking, close-on-exec
 * SOCK_SEQPACKET socket, or -1, errno and the sentence; EAGAIN: the daemon
 * has too many connections to accept now.
 */
int connect_daemon(const char *path);

/* The value of TLSPOOL_SOCKET, or NULL. */
const char *connect_environment(void);

#endif
