/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * poll: tlspool_fd() is an epoll(7) descriptor with the socket and a timer in
 * it, so that one number is all that an application has to watch, whatever
 * becomes of the connection.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/error.h"
#include "lib/export.h"
#include "lib/poll.h"
#include "lib/pool.h"

static bool
wants_to_send(const struct tlspool *pool)
{
	return !TAILQ_EMPTY(&pool->outgoing) && pool->retry_at == 0;
}

int64_t
poll_when(const struct tlspool *pool)
{
	const struct tlspool_request *first = deadline_first(&pool->deadlines);
	int64_t when = first != NULL ? first->expires : -1;

	if (pool->nready > 0)
		return 0;
	if (pool->retry_at != 0 && (when == -1 || pool->retry_at < when))
		when = pool->retry_at;
	return when;
}

void
poll_socket(struct tlspool *pool, int64_t until)
{
	struct pollfd pfd = { .fd = pool->sock.fd, .events = POLLIN };
	int64_t left = -1;

	if (wants_to_send(pool))
		pfd.events |= POLLOUT;
	if (until != -1) {
		left = until - clock_now();
		left = left < 0 ? 0 : left > INT_MAX ? INT_MAX : left;
	}
	(void)poll(&pfd, 1, (int)left);
}

void
poll_forget_socket(struct tlspool *pool)
{
	/* Closing it would not do where a child has a copy. */
	if (pool->interest != 0 && kept_fd_valid(&pool->epoll))
		(void)epoll_ctl(
		    pool->epoll.fd, EPOLL_CTL_DEL, pool->sock.fd, NULL);
	pool->interest = 0;
}

static void
watch_socket(struct tlspool *pool)
{
	struct epoll_event ev = { .events = EPOLLIN };

	if (pool->sock.fd == -1)
		return;
	if (wants_to_send(pool))
		ev.events |= EPOLLOUT;
	if (ev.events == pool->interest)
		return;
	if (epoll_ctl(pool->epoll.fd,
		pool->interest == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD,
		pool->sock.fd, &ev) == 0)
		pool->interest = ev.events;
}

/*
 * Setting the timer also makes it unreadable where it has run out before.  One
 * that will run out too soon is left alone: most requests are done long before
 * their deadlines, and to be called once in vain costs less than to set it for
 * each of them.
 */
static void
set_timer(struct tlspool *pool)
{
	int64_t when = poll_when(pool);
	struct itimerspec its = { .it_value = { 0 } };

	if (pool->alarm > 0 && (when == -1 || when >= pool->alarm) &&
	    pool->alarm > clock_now())
		return;
	if (when == -1 && pool->alarm == -1)
		return;
	if (when != -1) {
		its.it_value.tv_sec = when / 1000;
		its.it_value.tv_nsec = when % 1000 * 1000000;
		/* Zero would switch it off. */
		if (when == 0)
			its.it_value.tv_nsec = 1;
	}
	if (timerfd_settime(pool->timer.fd, TFD_TIMER_ABSTIME, &its, NULL) == 0)
		pool->alarm = when;
}

void
pool_arm(struct tlspool *pool)
{
	/* What callbacks do, tlspool_dispatch() sums up when it has ended. */
	if (pool->epoll.fd == -1 || pool->inside)
		return;
	watch_socket(pool);
	set_timer(pool);
}

static int
make_epoll(struct tlspool *pool)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fd;

	if ((fd = timerfd_create(
		 CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) == -1 ||
	    kept_fd_set(&pool->timer, fd) != 0)
		return -1;
	if ((fd = epoll_create1(EPOLL_CLOEXEC)) == -1 ||
	    kept_fd_set(&pool->epoll, fd) != 0 ||
	    epoll_ctl(fd, EPOLL_CTL_ADD, pool->timer.fd, &ev) != 0)
		return -1;
	pool->interest = 0;
	pool->alarm = -1;
	return 0;
}

EXPORT int
tlspool_fd(struct tlspool *pool)
{
	int saved;

	if (pool == NULL)
		return error_set(EINVAL, "there is no pool");
	pool_check(pool);
	if (pool->epoll.fd == -1 && make_epoll(pool) != 0) {
		saved = errno;
		kept_fd_close(&pool->epoll);
		kept_fd_close(&pool->timer);
		return error_set(saved, "cannot make a descriptor to poll: %s",
		    error_text(saved));
	}
	pool_arm(pool);
	return pool->epoll.fd;
}
