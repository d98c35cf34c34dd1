/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * connect: finds the daemon's socket and connects to it.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/connect.h"
#include "lib/error.h"

#define USUAL_PATH TLSPOOL_RUNDIR "/tlspool.sock"

int
kept_fd_set(struct kept_fd *k, int fd)
{
	struct stat st;
	int saved;

	if (fstat(fd, &st) != 0) {
		saved = errno;
		(void)close(fd);
		errno = saved;
		return -1;
	}
	*k = (struct kept_fd){ .fd = fd, .dev = st.st_dev, .ino = st.st_ino };
	return 0;
}

bool
kept_fd_valid(const struct kept_fd *k)
{
	struct stat st;

	return k->fd != -1 && fstat(k->fd, &st) == 0 && st.st_dev == k->dev &&
	       st.st_ino == k->ino;
}

void
kept_fd_close(struct kept_fd *k)
{
	if (kept_fd_valid(k))
		(void)close(k->fd);
	k->fd = -1;
}

const char *
connect_environment(void)
{
	const char *path = secure_getenv("TLSPOOL_SOCKET");

	return path != NULL && path[0] != '\0' ? path : NULL;
}

/* One sentence for each way in which there is no daemon. */
static int
refuse(int error, const char *path)
{
	switch (error) {
	case ENOENT:
		return error_set(error,
		    "no TLS Pool daemon is running: %s does not exist", path);
	case ECONNREFUSED:
		return error_set(error,
		    "no TLS Pool daemon is running: nobody listens on %s",
		    path);
	case EAGAIN:
		return error_set(error,
		    "the TLS Pool daemon on %s is too busy to accept a "
		    "connection",
		    path);
	default:
		return error_set(
		    error, "cannot connect to %s: %s", path, error_text(error));
	}
}

static int
connect_path(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int sock, saved;

	if (len >= sizeof(sun.sun_path))
		return error_set(EINVAL,
		    "the path of a socket has less than "
		    "%zu bytes, %s has more",
		    sizeof(sun.sun_path), path);
	memcpy(sun.sun_path, path, len + 1);
	sock =
	    socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock == -1)
		return error_set(
		    errno, "cannot make a socket: %s", error_text(errno));
	if (connect(sock, (const struct sockaddr *)&sun, sizeof(sun)) != 0) {
		saved = errno;
		(void)close(sock);
		return refuse(saved, path);
	}
	return sock;
}

int
connect_daemon(const char *path)
{
	char own[PATH_MAX];
	const char *dir;
	int sock, n;

	if (path == NULL)
		path = connect_environment();
	if (path != NULL)
		return connect_path(path);
	sock = connect_path(USUAL_PATH);
	if (sock != -1 || errno != ENOENT)
		return sock;
	dir = secure_getenv("XDG_RUNTIME_DIR");
	if (dir == NULL || dir[0] != '/')
		return refuse(ENOENT, USUAL_PATH);
	n = snprintf(own, sizeof(own), "%s/tlspool/tlspool.sock", dir);
	if (n < 0 || (size_t)n >= sizeof(own))
		return refuse(ENOENT, USUAL_PATH);
	sock = connect_path(own);
	if (sock == -1 && errno == ENOENT)
		return error_set(ENOENT,
		    "no TLS Pool daemon is running: neither %s nor %s exists",
		    USUAL_PATH, own);
	return sock;
}
