/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * listener: the two sockets that front accepts connections on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/front/client.h"
#include "daemon/front/listener.h"
#include "daemon/sys/log.h"
#include "daemon/sys/role.h"

enum {
	ACCEPTED_PER_TURN = 32,
	PAUSE = 100, /* ms, when descriptors or memory have run out */
};

struct listener {
	struct listener *next;
	struct loop_watch watch;
	struct loop_timer pause;
	bool admin;
};

static struct listener *listeners;

static void
resume(struct loop_timer *t)
{
	struct listener *l = container_of(t, struct listener, pause);

	(void)loop_watch(role.loop, &l->watch, EPOLLIN);
}

static void
ready(struct loop_watch *w, uint32_t events)
{
	struct listener *l = container_of(w, struct listener, watch);
	int fd;

	(void)events;
	for (int i = 0; i < ACCEPTED_PER_TURN; i++) {
		fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd != -1) {
			client_new(fd, l->admin);
			continue;
		}
		if (errno == EINTR || errno == ECONNABORTED)
			continue;
		if (errno != EAGAIN) {
			log_error(
			    "accept-failed", "reason=\"%s\"", strerror(errno));
			loop_unwatch(w);
			(void)loop_timer_set(
			    role.loop, &l->pause, loop_now(role.loop) + PAUSE);
		}
		return;
	}
}

void
listener_add(int fd, bool admin)
{
	struct listener *l = calloc(1, sizeof(*l));
	int flags = fcntl(fd, F_GETFL);

	if (l == NULL || flags == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		goto err;
	l->admin = admin;
	l->watch.fd = fd;
	l->watch.ready = ready;
	l->pause.expired = resume;
	if (loop_watch(role.loop, &l->watch, EPOLLIN) != 0)
		goto err;
	l->next = listeners;
	listeners = l;
	return;
err:
	log_error("listen-failed", "reason=\"%s\"", strerror(errno));
	(void)close(fd);
	free(l);
}

static void
end(struct listener *l)
{
	loop_unwatch(&l->watch);
	loop_timer_cancel(role.loop, &l->pause);
	(void)close(l->watch.fd);
	free(l);
}

void
listeners_forget(void)
{
	struct listener *l;

	while ((l = listeners) != NULL) {
		listeners = l->next;
		end(l);
	}
}
