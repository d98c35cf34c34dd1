/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * stream_plain: bytes in the clear, for an application behind a terminator.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "test/bench/stream.h"

static void
begin(const struct stream_options *o)
{
	(void)o;
}

static void
accepted(int fd)
{
	server_add((struct stream){ .fd = fd });
}

ssize_t
plain_read(struct stream *s, void *data, size_t len)
{
	return recv(s->fd, data, len, MSG_DONTWAIT);
}

ssize_t
plain_write(struct stream *s, const void *data, size_t len)
{
	return send(s->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool
plain_pending(const struct stream *s)
{
	(void)s;
	return false;
}

void
plain_close(struct stream *s)
{
	(void)close(s->fd);
}

const struct stream_kind stream_plain = {
	.name = "plain",
	.begin = begin,
	.accepted = accepted,
	.read = plain_read,
	.write = plain_write,
	.pending = plain_pending,
	.close = plain_close,
};
