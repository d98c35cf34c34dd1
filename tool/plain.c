/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * plain: bounded input and output before TLS.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tool/clock.h"
#include "tool/plain.h"

int
plain_fail(struct plain *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->error, sizeof(p->error), fmt, ap);
	va_end(ap);
	return -1;
}

static int
wait_for(struct plain *p, short events)
{
	struct pollfd pfd = { .fd = p->fd, .events = events };
	int64_t left;
	int r;

	do {
		if ((left = p->deadline - clock_ms()) <= 0)
			return plain_fail(p, "the server takes too long");
		r = poll(&pfd, 1, (int)left);
	} while (r == 0 || (r == -1 && errno == EINTR));
	return r == 1 ? 0 : plain_fail(p, "poll: %s", strerror(errno));
}

int
plain_send(struct plain *p, const void *data, size_t len)
{
	const uint8_t *at = data;
	ssize_t n;

	while (len > 0) {
		n = send(p->fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == -1 && errno == EAGAIN) {
			if (wait_for(p, POLLOUT) != 0)
				return -1;
		} else if (n == -1 && errno != EINTR) {
			return plain_fail(p,
			    "the connection broke before TLS: %s",
			    strerror(errno));
		} else if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int
plain_printf(struct plain *p, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		return plain_fail(p, "a name is too long");
	return plain_send(p, text, (size_t)n);
}

/* Gets more into buf, which has room. */
static int
fill(struct plain *p)
{
	size_t end = p->start + p->len;
	ssize_t n;

	if (p->len == sizeof(p->buf))
		return plain_fail(p, "the server sends too long a line");
	if (end == sizeof(p->buf)) {
		memmove(p->buf, p->buf + p->start, p->len);
		p->start = 0;
		end = p->len;
	}
	for (;;) {
		n = recv(
		    p->fd, p->buf + end, sizeof(p->buf) - end, MSG_DONTWAIT);
		if (n > 0)
			break;
		if (n == 0)
			return plain_fail(
			    p, "the server closed the connection before TLS");
		if (errno != EAGAIN && errno != EINTR)
			return plain_fail(p,
			    "the connection broke before TLS: %s",
			    strerror(errno));
		if (wait_for(p, POLLIN) != 0)
			return -1;
	}
	p->len += (size_t)n;
	p->total += (size_t)n;
	if (p->total > PLAIN_TOTAL_MAX)
		return plain_fail(p, "the server talks without end");
	return 0;
}

int
plain_line(struct plain *p, char line[PLAIN_LINE_MAX])
{
	size_t seen = 0, len;
	uint8_t *nl;

	while ((nl = memchr(p->buf + p->start + seen, '\n', p->len - seen)) ==
	       NULL) {
		seen = p->len;
		if (fill(p) != 0)
			return -1;
	}
	len = (size_t)(nl - (p->buf + p->start));
	memcpy(line, p->buf + p->start, len);
	p->start += len + 1;
	p->len -= len + 1;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	if (strlen(line) != len)
		return plain_fail(p, "the server sent a NUL in a line");
	return 0;
}

int
plain_bytes(struct plain *p, void *out, size_t len)
{
	uint8_t *at = out;
	size_t n;

	while (len > 0) {
		if (p->len == 0 && fill(p) != 0)
			return -1;
		n = p->len < len ? p->len : len;
		memcpy(at, p->buf + p->start, n);
		p->start += n;
		p->len -= n;
		at += n;
		len -= n;
	}
	return 0;
}

int
plain_end(struct plain *p)
{
	uint8_t byte;

	if (p->len > 0 || recv(p->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1)
		return plain_fail(p, "the server sent more behind its consent "
				     "to TLS: somebody may be injecting "
				     "plaintext, so TLS is not started");
	return 0;
}
