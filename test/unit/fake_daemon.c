/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * fake_daemon: one loop over a listener and a few connections.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "test/unit/fake_daemon.h"

static void
accept_one(struct fake *f)
{
	int sock = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
	struct pollfd pfd = { .fd = sock, .events = POLLIN };

	if (sock == -1)
		return;
	f->connections++;
	if (f->unread > 0) {
		f->unread--;
		(void)poll(&pfd, 1, 5000);
		(void)close(sock);
		return;
	}
	for (int i = 0; i < FAKE_CONNECTIONS; i++) {
		if (f->conn[i] == -1) {
			f->conn[i] = sock;
			return;
		}
	}
	(void)close(sock);
}

static void
count(struct fake *f, uint8_t type)
{
	if (type == APP_START)
		f->starts++;
	else if (type == APP_ANSWER)
		f->answers++;
	else if (type == APP_CANCEL)
		f->cancels++;
	else if (type == APP_PING)
		f->pings++;
}

static void
serve(struct fake *f, int *conn, struct packet *p)
{
	bool go_on = false;
	int handled = 0;

	if (channel_recv(*conn, p, 0) == 1) {
		f->received++;
		count(f, p->header.type);
		go_on = atomic_load(&f->react)(f, *conn, p);
		packet_close_fds(p);
		handled = 1;
	}
	if (!go_on) {
		(void)close(*conn);
		*conn = -1;
	}
	f->handled += handled;
}

static void *
run(void *arg)
{
	struct fake *f = arg;
	struct packet *p = malloc(sizeof(*p));
	struct pollfd pfd[FAKE_CONNECTIONS + 2];

	for (;;) {
		pfd[0] = (struct pollfd){ f->wake[0], POLLIN, 0 };
		pfd[1] = (struct pollfd){ f->listener, POLLIN, 0 };
		for (int i = 0; i < FAKE_CONNECTIONS; i++)
			pfd[i + 2] =
			    (struct pollfd){ f->asleep ? -1 : f->conn[i],
				    POLLIN, 0 };
		(void)poll(pfd, FAKE_CONNECTIONS + 2, f->asleep ? 10 : 100);
		(void)pthread_mutex_lock(&f->lock);
		if (pfd[0].revents != 0)
			break;
		if (pfd[1].revents != 0)
			accept_one(f);
		for (int i = 0; i < FAKE_CONNECTIONS; i++)
			if (!f->asleep && pfd[i + 2].fd != -1 &&
			    pfd[i + 2].revents != 0)
				serve(f, &f->conn[i], p);
		(void)pthread_mutex_unlock(&f->lock);
	}
	for (int i = 0; i < FAKE_CONNECTIONS; i++)
		if (f->conn[i] != -1)
			(void)close(f->conn[i]);
	(void)pthread_mutex_unlock(&f->lock);
	free(p);
	return NULL;
}

void
fake_revive(struct fake *f)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	for (int i = 0; i < FAKE_CONNECTIONS; i++)
		f->conn[i] = -1;
	f->nheld = 0;
	(void)unlink(f->path);
	assert_true(strlen(f->path) < sizeof(sun.sun_path));
	memcpy(sun.sun_path, f->path, strlen(f->path) + 1);
	f->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_not_equal(f->listener, -1);
	assert_int_equal(
	    bind(f->listener, (const struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(f->listener, 64), 0);
	assert_int_equal(pipe2(f->wake, O_CLOEXEC), 0);
	assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
}

void
fake_start(struct fake *f, bool (*react)(struct fake *, int, struct packet *))
{
	memset(f, 0, sizeof(*f));
	assert_int_equal(pthread_mutex_init(&f->lock, NULL), 0);
	f->react = react;
	(void)snprintf(
	    f->directory, sizeof(f->directory), "/tmp/tlspool-unit.XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	(void)snprintf(f->path, sizeof(f->path), "%s/socket", f->directory);
	assert_int_equal(setenv("TLSPOOL_SOCKET", f->path, 1), 0);
	fake_revive(f);
}

void
fake_kill(struct fake *f)
{
	(void)pthread_mutex_lock(&f->lock);
	assert_int_equal(write(f->wake[1], "", 1), 1);
	(void)pthread_mutex_unlock(&f->lock);
	assert_int_equal(pthread_join(f->thread, NULL), 0);
	(void)close(f->listener);
	(void)close(f->wake[0]);
	(void)close(f->wake[1]);
	for (int i = 0; i < f->nheld; i++)
		if (f->held[i] != -1)
			(void)close(f->held[i]);
	f->nheld = 0;
}

void
fake_stop(struct fake *f)
{
	fake_kill(f);
	(void)unlink(f->path);
	(void)rmdir(f->directory);
}

void
fake_settle(struct fake *f)
{
	for (int i = 0; f->handled != f->received && i < 10000; i++)
		(void)usleep(1000);
	(void)pthread_mutex_lock(&f->lock);
	(void)pthread_mutex_unlock(&f->lock);
}

int
fake_conn(struct fake *f, int i)
{
	fake_settle(f);
	return f->conn[i];
}

int
fake_held(struct fake *f, int i)
{
	fake_settle(f);
	return i < f->nheld ? f->held[i] : -1;
}

void
fake_drop(struct fake *f, int i)
{
	(void)close(fake_held(f, i));
	f->held[i] = -1;
}

int
fake_find(const struct fake *f)
{
	struct sockaddr_un sun;
	socklen_t len;

	for (int fd = 0; fd < 1024; fd++) {
		memset(&sun, 0, sizeof(sun));
		len = sizeof(sun);
		if (getpeername(fd, (struct sockaddr *)&sun, &len) == 0 &&
		    sun.sun_family == AF_UNIX &&
		    strcmp(sun.sun_path, f->path) == 0)
			return fd;
	}
	return -1;
}

void
fake_hold(struct fake *f, int fd)
{
	if (f->nheld < FAKE_HELD)
		f->held[f->nheld++] = fd;
	else
		(void)close(fd);
}

int
fake_send_started(struct fake *f, int conn, uint32_t request, const char *peer)
{
	struct started msg = { .peer_name = peer, .version = 0x0304 };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return -1;
	(void)send(pair[1], "hello", 5, MSG_NOSIGNAL);
	(void)message_send(
	    conn, &started_schema, request, &msg, &pair[0], 1, CHANNEL_WAIT);
	(void)close(pair[0]);
	/* Behind the last use: where there are many it is closed, and the
	 * number may be that of a connection of the library. */
	fake_hold(f, pair[1]);
	return pair[1];
}

void
fake_send_failed(int conn, uint32_t request, int error, const char *reason)
{
	struct failed msg = { .error = (uint32_t)error, .reason = reason };

	(void)message_send(
	    conn, &failed_schema, request, &msg, NULL, 0, CHANNEL_WAIT);
}

void
fake_send_question(int conn, uint32_t request, uint32_t number, uint32_t kind,
    const char *name)
{
	struct question msg = {
		.question = number, .kind = kind, .name = name
	};

	(void)message_send(
	    conn, &question_schema, request, &msg, NULL, 0, CHANNEL_WAIT);
}

bool
fake_accept(struct fake *f, int conn, struct packet *p)
{
	if (p->header.type == APP_START)
		(void)fake_send_started(
		    f, conn, p->header.request, "peer.example.com");
	return true;
}

int
count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	(void)closedir(dir);
	return n;
}
