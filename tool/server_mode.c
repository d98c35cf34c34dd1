/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * server_mode: what a connection's plaintext is joined to: itself, standard
 * input and output, another connection, or a command.
 */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <tlspool/tlspool.h>

#include "tool/server.h"

static int
connect_unix(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, e;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	e = errno;
	(void)close(fd);
	errno = e;
	return -1;
}

/* The first address that can be tried; it need not be connected yet. */
static int
connect_inet(const struct address *a)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list, *ai;
	int fd = -1, e = EADDRNOTAVAIL;

	if (getaddrinfo(a->host, a->port, &hints, &list) != 0) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	for (ai = list; ai != NULL && fd == -1; ai = ai->ai_next) {
		fd = socket(ai->ai_family,
		    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd == -1 || connect(fd, ai->ai_addr, ai->ai_addrlen) == 0 ||
		    errno == EINPROGRESS)
			continue;
		e = errno;
		(void)close(fd);
		fd = -1;
	}
	freeaddrinfo(list);
	errno = e;
	return fd;
}

static int
begin_connect(struct connection *c, char *error, size_t error_size)
{
	const struct server *s = c->server;

	c->other = s->unix_path != NULL ? connect_unix(s->unix_path)
					: connect_inet(&s->forward);
	if (c->other == -1) {
		snprintf(error, error_size, "cannot connect on: %s",
		    strerror(errno));
		return -1;
	}
	c->connecting = true;
	return relay_init(&c->relay, c->other, c->other, c->plain, c->plain);
}

/* In the child: never returns. */
static _Noreturn void
become(const struct connection *c)
{
	const struct tlspool_session *s = tlspool_session(c->req);
	sigset_t none;

	if (setenv("TLSPOOL_PEER", tlspool_session_peer_name(s), 1) != 0 ||
	    setenv("TLSPOOL_SNI", tlspool_session_server_name(s), 1) != 0 ||
	    dup2(c->plain, STDIN_FILENO) == -1 ||
	    dup2(c->plain, STDOUT_FILENO) == -1)
		_exit(127);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)execl("/bin/sh", "sh", "-c", c->server->exec, (char *)NULL);
	_exit(127);
}

/* The command has the plaintext itself: nothing is carried for it. */
static int
begin_exec(struct connection *c, char *error, size_t error_size)
{
	c->child = fork();
	if (c->child == 0)
		become(c);
	if (c->child == -1) {
		c->child = 0;
		snprintf(error, error_size, "no process for the command: %s",
		    strerror(errno));
		return -1;
	}
	(void)close(c->plain);
	c->plain = -1;
	return 0;
}

int
mode_begin(struct connection *c, char *error, size_t error_size)
{
	int r = -1;

	snprintf(error, error_size, "there is no memory");
	switch (c->server->mode) {
	case SERVER_EXEC:
		return begin_exec(c, error, error_size);
	case SERVER_CONNECT:
		r = begin_connect(c, error, error_size);
		break;
	case SERVER_ECHO:
		r = relay_init_echo(&c->relay, c->plain);
		break;
	case SERVER_STDIO:
		r = relay_init(
		    &c->relay, STDIN_FILENO, STDOUT_FILENO, c->plain, c->plain);
		break;
	}
	c->relaying = r == 0;
	return r;
}
