/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * link_bytes: never waits, and takes no more than was asked for.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/verifier/link_bytes.h"

int
link_bytes_send(struct link_bytes *b)
{
	for (;;) {
		struct blob out = stream_output(b->stream);
		ssize_t n;

		if (out.len == 0)
			return 0;
		n = b->tls != NULL ? link_tls_send(b->tls, out.data, out.len)
				   : send(b->fd, out.data, out.len,
					 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -1;
		stream_sent(b->stream, (size_t)n);
	}
}

int
link_bytes_receive(struct link_bytes *b, const char **why)
{
	uint8_t data[LINK_BYTES_READ];
	ssize_t n;

	n = b->tls != NULL ? link_tls_recv(b->tls, data, sizeof(data))
			   : recv(b->fd, data, sizeof(data), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	*why = n == 0 ? "it closed the connection" : strerror(errno);
	if (n <= 0)
		return -1;
	*why = "it sends more than an entry has";
	if ((size_t)n > b->budget)
		return -1;
	b->budget -= (size_t)n;
	return stream_input(b->stream, data, (size_t)n) == 0 ? 1 : -1;
}
