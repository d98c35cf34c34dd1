/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * transport: large reads and writes below the records.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "daemon/worker/transport.h"

/* Lent to one transport at a time: a turn never waits. */
static _Thread_local uint8_t read_buffer[TRANSPORT_READ];
static _Thread_local uint8_t write_buffer[TRANSPORT_WRITE];

static void
bytes_free(struct bytes *b)
{
	if (!b->lent)
		free(b->data);
	*b = (struct bytes){ .data = NULL };
}

/* Makes the bytes own their memory, with room for `more`; 0 or -1. */
static int
bytes_keep(struct bytes *b, size_t more)
{
	size_t size = b->len + more;
	uint8_t *data;

	if (!b->lent && b->size - b->off - b->len >= more)
		return 0;
	if ((data = malloc(size)) == NULL)
		return -1;
	memcpy(data, b->data + b->off, b->len);
	if (!b->lent)
		free(b->data);
	b->data = data;
	b->off = 0;
	b->size = size;
	b->lent = false;
	return 0;
}

static void
bytes_lend(struct bytes *b, uint8_t *buffer, size_t size)
{
	*b = (struct bytes){ .data = buffer, .size = size, .lent = true };
}

/*
 * What is written in one turn is written at once; to hold back the rest of an
 * answer until the peer has acknowledged its beginning, as TCP would (RFC 896),
 * is 40 ms lost.  The application has no use for the option any more: the
 * descriptor is ours.  Only TCP has it: so it tells what the descriptor is,
 * too.
 */
static bool
do_not_delay(int fd)
{
	int one = 1;

	return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0;
}

/* Of a descriptor that is not TCP's; 0, or -1 and errno. */
static int
find_kind(struct transport *t)
{
	struct stat st;

	if (fstat(t->fd, &st) != 0)
		return -1;
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	t->socket = S_ISSOCK(st.st_mode);
	t->tty = S_ISCHR(st.st_mode) && isatty(t->fd) == 1;
	return 0;
}

int
transport_open(struct transport *t, int fd, const uint8_t *prefix, size_t len)
{
	*t = (struct transport){ .fd = fd };
	t->socket = do_not_delay(fd);
	if (!t->socket && find_kind(t) != 0)
		return -1;
	if (len == 0)
		return 0;
	if ((t->in.data = malloc(len)) == NULL)
		return -1;
	memcpy(t->in.data, prefix, len);
	t->in.len = t->in.size = len;
	return 0;
}

void
transport_close(struct transport *t)
{
	bytes_free(&t->in);
	bytes_free(&t->out);
	if (t->fd != -1)
		(void)close(t->fd);
	t->fd = -1;
}

/* What was held goes to the front of the turn's buffer. */
static void
take_back(struct transport *t)
{
	size_t len = t->out.len;

	memcpy(write_buffer, t->out.data + t->out.off, len);
	bytes_free(&t->out);
	bytes_lend(&t->out, write_buffer, sizeof(write_buffer));
	t->out.len = len;
}

static void
begin(struct transport *t, bool ready)
{
	t->turn = true;
	t->filled = !ready;
	if (t->out.len == 0) {
		bytes_free(&t->out);
		bytes_lend(&t->out, write_buffer, sizeof(write_buffer));
	} else if (t->held && t->out.len <= sizeof(write_buffer)) {
		take_back(t);
	}
	t->held = false;
}

void
transport_begin(struct transport *t)
{
	begin(t, true);
}

void
transport_begin_ahead(struct transport *t)
{
	begin(t, false);
}

/*
 * Neither a pipe nor a terminal has MSG_DONTWAIT, and O_NONBLOCK belongs to
 * the application too: so poll first, and write no more than is sure not to
 * block.
 */
static bool
may(int fd, short what)
{
	struct pollfd p = { .fd = fd, .events = what };

	return poll(&p, 1, 0) == 1;
}

static ssize_t
read_some(struct transport *t, uint8_t *data, size_t len)
{
	if (t->socket)
		return recv(t->fd, data, len, MSG_DONTWAIT);
	if (!may(t->fd, POLLIN)) {
		errno = EAGAIN;
		return -1;
	}
	return read(t->fd, data, len);
}

static ssize_t
write_some(struct transport *t, const uint8_t *data, size_t len)
{
	size_t most = t->tty ? 256 : 4096;

	if (t->socket)
		return send(t->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (!may(t->fd, POLLOUT)) {
		errno = EAGAIN;
		return -1;
	}
	return write(t->fd, data, len < most ? len : most);
}

/* The one read of a turn. */
static void
fill(struct transport *t)
{
	ssize_t n;

	if (t->filled || t->eof || t->error != 0)
		return;
	t->filled = true;
	do {
		n = read_some(t, read_buffer, sizeof(read_buffer));
	} while (n == -1 && errno == EINTR);
	if (n > 0) {
		bytes_free(&t->in);
		bytes_lend(&t->in, read_buffer, sizeof(read_buffer));
		t->in.len = (size_t)n;
	} else if (n == 0 || (t->tty && errno == EIO)) {
		t->eof = true; /* EIO: the other end of a terminal closed */
	} else if (errno != EAGAIN) {
		t->error = errno;
	}
}

ssize_t
transport_pull(void *transport, void *data, size_t len)
{
	struct transport *t = transport;

	if (t->in.len == 0 && t->turn)
		fill(t);
	if (t->in.len == 0) {
		if (t->eof)
			return 0;
		errno = t->error != 0 ? t->error : EAGAIN;
		return -1;
	}
	if (len > t->in.len)
		len = t->in.len;
	memcpy(data, t->in.data + t->in.off, len);
	t->in.off += len;
	t->in.len -= len;
	return (ssize_t)len;
}

static void
flush(struct transport *t)
{
	ssize_t n;

	while (t->out.len > 0 && t->error == 0) {
		n = write_some(t, t->out.data + t->out.off, t->out.len);
		if (n == -1) {
			if (errno == EINTR)
				continue;
			if (errno == EAGAIN)
				break;
			t->error = errno;
			break;
		}
		t->out.off += (size_t)n;
		t->out.len -= (size_t)n;
	}
	if (t->out.len == 0)
		t->out.off = 0;
}

/* Takes all or nothing: a record that is half written cannot be taken back,
 * so GnuTLS is never told that there is no room. */
ssize_t
transport_push(void *transport, const void *data, size_t len)
{
	struct transport *t = transport;
	struct bytes *out = &t->out;

	if (t->error == 0 && out->lent && out->size - out->off - out->len < len)
		flush(t);
	if (t->error != 0) {
		errno = t->error;
		return -1;
	}
	if (out->size - out->off - out->len < len &&
	    bytes_keep(out, len) != 0) {
		errno = ENOMEM;
		return -1;
	}
	memcpy(out->data + out->off + out->len, data, len);
	out->len += len;
	return (ssize_t)len;
}

/* The buffers go back to the thread. */
static void
put_away(struct transport *t)
{
	t->turn = false;
	if (t->in.len == 0)
		bytes_free(&t->in);
	else if (t->in.lent && bytes_keep(&t->in, 0) != 0)
		t->error = ENOMEM;
	if (t->out.len == 0 || t->error != 0)
		bytes_free(&t->out);
	else if (t->out.lent && bytes_keep(&t->out, 0) != 0)
		t->error = ENOMEM;
}

int
transport_end(struct transport *t)
{
	flush(t);
	put_away(t);
	if (t->error == 0)
		return 0;
	errno = t->error;
	return -1;
}

void
transport_hold(struct transport *t)
{
	put_away(t);
	t->held = t->out.len > 0;
}

void
transport_shut(struct transport *t)
{
	if (!t->shut && t->socket)
		(void)shutdown(t->fd, SHUT_WR);
	t->shut = true;
}

size_t
transport_waiting(const struct transport *t)
{
	return t->out.len;
}

size_t
transport_ahead(const struct transport *t)
{
	return t->in.len;
}

bool
transport_dry(const struct transport *t)
{
	return t->filled && t->in.len == 0 && !t->eof && t->error == 0;
}
