/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * listen: from systemd, or made here; never in the place of a living daemon's.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/parent/folders.h"
#include "daemon/parent/listen.h"

static int
new_socket(void)
{
	return socket(
	    AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Takes one descriptor of systemd, by its name. */
static int
adopt(struct listeners *l, int fd, const char *name, char *error, size_t size)
{
	struct listener *which;

	if (strcmp(name, "tlspool") == 0)
		which = &l->app;
	else if (strcmp(name, "admin") == 0)
		which = &l->admin;
	else
		which = NULL;
	if (which == NULL || which->fd != -1) {
		(void)snprintf(error, size,
		    "systemd passed a socket named \"%s\": one \"tlspool\" "
		    "and one \"admin\" are expected",
		    name);
		return -1;
	}
	if (sd_is_socket(fd, AF_UNIX, SOCK_SEQPACKET, 1) <= 0) {
		(void)snprintf(error, size,
		    "the socket \"%s\" of systemd is not a ListenSequential"
		    "Packet= one",
		    name);
		return -1;
	}
	which->fd = fd;
	return 0;
}

static int
adopt_all(struct listeners *l, char *error, size_t size)
{
	char **names = NULL;
	int n, rv = 0;

	n = sd_listen_fds_with_names(1, &names);
	for (int i = 0; i < n; i++) {
		if (rv == 0)
			rv = adopt(
			    l, SD_LISTEN_FDS_START + i, names[i], error, size);
		free(names[i]);
	}
	free(names);
	return rv;
}

/*
 * Makes room for a socket of our own: one that answers belongs to a living
 * daemon and stays, one that does not is left over.
 */
static int
clear_place(const struct sockaddr_un *sun, char *error, size_t size)
{
	struct stat st;
	int fd, answers;

	if (lstat(sun->sun_path, &st) != 0)
		return 0; /* bind() will say what is wrong, if anything is */
	if (!S_ISSOCK(st.st_mode)) {
		(void)snprintf(error, size,
		    "%s is in the way: it is not a socket", sun->sun_path);
		return -1;
	}
	if ((fd = new_socket()) == -1)
		return 0;
	answers =
	    connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 ||
	    errno == EAGAIN;
	(void)close(fd);
	if (answers) {
		(void)snprintf(error, size,
		    "%s: a TLS Pool is already running there", sun->sun_path);
		return -1;
	}
	(void)unlink(sun->sun_path);
	return 0;
}

static int
make_folder_of(const char *path)
{
	char *copy, *slash;
	int rv = 0;

	if ((copy = strdup(path)) == NULL)
		return -1;
	slash = strrchr(copy, '/');
	if (slash != NULL && slash != copy) {
		*slash = '\0';
		rv = folder_make(copy, 0755);
	}
	free(copy);
	return rv;
}

/* Binds and listens; mode is the file's from its first moment on. */
static int
make(
    struct listener *l, const char *path, mode_t mode, char *error, size_t size)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	mode_t mask;
	int rv;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		(void)snprintf(error, size, "%s: longer than %zu bytes", path,
		    sizeof(sun.sun_path) - 1);
		return -1;
	}
	(void)strcpy(sun.sun_path, path);
	if (make_folder_of(path) != 0)
		goto err;
	if (clear_place(&sun, error, size) != 0)
		return -1;
	if ((l->fd = new_socket()) == -1)
		goto err;
	mask = umask(0777 & ~mode);
	rv = bind(l->fd, (const struct sockaddr *)&sun, sizeof(sun));
	(void)umask(mask);
	if (rv != 0)
		goto err;
	if ((l->path = strdup(path)) == NULL || listen(l->fd, SOMAXCONN) != 0)
		goto err;
	return 0;

err:
	(void)snprintf(error, size, "%s: %s", path, strerror(errno));
	return -1;
}

int
listeners_open(
    struct listeners *l, const struct config *c, char *error, size_t size)
{
	*l = (struct listeners){ .app.fd = -1, .admin.fd = -1 };
	if (adopt_all(l, error, size) != 0)
		return -1;
	if (l->app.fd == -1 && make(&l->app, c->socket, 0666, error, size) != 0)
		return -1;
	if (l->admin.fd == -1 &&
	    make(&l->admin, c->admin_socket, 0600, error, size) != 0)
		return -1;
	return 0;
}

static void
close_one(struct listener *l)
{
	if (l->path != NULL)
		(void)unlink(l->path);
	free(l->path);
	if (l->fd != -1)
		(void)close(l->fd);
	*l = (struct listener){ .fd = -1 };
}

void
listeners_close(struct listeners *l)
{
	close_one(&l->app);
	close_one(&l->admin);
}
