/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * relay: interest from state, poll, act.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool/relay.h"

static bool
is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

static int
flow_init(struct flow *f, int from, int to)
{
	*f = (struct flow){ .from = from,
		.to = to,
		.from_socket = is_socket(from),
		.to_socket = is_socket(to) };
	return (f->buf = malloc(RELAY_BUFFER)) != NULL ? 0 : -1;
}

int
relay_init(
    struct relay *r, int left_in, int left_out, int right_in, int right_out)
{
	if (flow_init(&r->out, left_in, right_out) != 0)
		return -1;
	if (flow_init(&r->back, right_in, left_out) == 0)
		return 0;
	free(r->out.buf);
	return -1;
}

int
relay_init_echo(struct relay *r, int fd)
{
	r->back =
	    (struct flow){ .from = -1, .to = -1, .eof = true, .over = true };
	return flow_init(&r->out, fd, fd);
}

void
relay_free(struct relay *r)
{
	free(r->out.buf);
	free(r->back.buf);
	r->out.buf = r->back.buf = NULL;
}

static bool
wants_read(const struct flow *f)
{
	return !f->over && !f->eof && f->end < RELAY_BUFFER;
}

static bool
wants_write(const struct flow *f)
{
	return !f->over && f->start < f->end;
}

/* poll(2) reports POLLHUP whether asked for or not: what is not waited for is
 * not in the set, or it would not wait at all. */
static void
flow_interest(const struct flow *f, struct pollfd p[2])
{
	p[0] = (struct pollfd){ .fd = wants_read(f) ? f->from : -1,
		.events = POLLIN };
	p[1] = (struct pollfd){ .fd = wants_write(f) ? f->to : -1,
		.events = POLLOUT };
}

void
relay_interest(const struct relay *r, struct pollfd *p)
{
	flow_interest(&r->out, p);
	flow_interest(&r->back, p + 2);
}

static bool
is_passing(int error)
{
	return error == EAGAIN || error == EINTR;
}

static void
flow_read(struct flow *f)
{
	ssize_t n;

	if (f->from_socket)
		n = recv(f->from, f->buf + f->end, RELAY_BUFFER - f->end,
		    MSG_DONTWAIT);
	else
		n = read(f->from, f->buf + f->end, RELAY_BUFFER - f->end);
	if (n > 0) {
		f->end += (size_t)n;
	} else if (n == 0) {
		f->eof = true;
	} else if (!is_passing(errno)) {
		f->eof = true;
		f->error = errno;
	}
}

/*
 * To a pipe or terminal that poll(2) calls writable, PIPE_BUF bytes can be
 * written without waiting, also where it is in blocking mode.
 */
static void
flow_write(struct flow *f)
{
	size_t len = f->end - f->start;
	ssize_t n;

	if (f->to_socket) {
		n = send(
		    f->to, f->buf + f->start, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	} else {
		if (len > PIPE_BUF)
			len = PIPE_BUF;
		n = write(f->to, f->buf + f->start, len);
	}
	if (n >= 0) {
		f->start += (size_t)n;
		f->bytes += (uint64_t)n;
	} else if (!is_passing(errno)) {
		f->over = true;
		f->error = errno;
		f->write_failed = true;
	}
	if (f->start == f->end)
		f->start = f->end = 0;
}

static void
flow_act(struct flow *f, bool readable, bool writable)
{
	if (writable && wants_write(f))
		flow_write(f);
	if (readable && wants_read(f)) {
		if (f->start > 0) {
			memmove(f->buf, f->buf + f->start, f->end - f->start);
			f->end -= f->start;
			f->start = 0;
		}
		flow_read(f);
	}
	if (f->eof && f->start == f->end && !f->over) {
		f->over = true;
		if (f->to_socket)
			(void)shutdown(f->to, SHUT_WR);
	}
}

void
relay_act(struct relay *r, const struct pollfd *p)
{
	flow_act(&r->out, p[0].revents != 0, p[1].revents != 0);
	flow_act(&r->back, p[2].revents != 0, p[3].revents != 0);
}

void
relay_end_left(struct relay *r)
{
	r->out.eof = true;
	flow_act(&r->out, false, false);
}

bool
relay_over(const struct relay *r)
{
	return r->out.over && r->back.over;
}
