/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * outbox: messages that wait for room in a socket.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ipc/channel.h"
#include "daemon/sys/outbox.h"

struct outbox_message {
	struct outbox_message *next;
	int fd;
	size_t len;
	uint8_t data[];
};

static void
close_fd(int fd)
{
	if (fd != -1)
		(void)close(fd);
}

static int
keep(struct outbox *box, const uint8_t *data, size_t len, int fd)
{
	struct outbox_message *m = malloc(sizeof(*m) + len);

	if (m == NULL)
		return -1;
	m->next = NULL;
	m->fd = fd;
	m->len = len;
	memcpy(m->data, data, len);
	if (box->first == NULL)
		box->last = &box->first;
	*box->last = m;
	box->last = &m->next;
	box->bytes += len;
	return 0;
}

static int
send_or_keep(
    struct outbox *box, int sock, const uint8_t *data, size_t len, int fd)
{
	if (box->first == NULL) {
		if (channel_send(sock, data, len, &fd, fd != -1, 0) == 0) {
			close_fd(fd);
			return 0;
		}
		if (errno != EAGAIN)
			return -1;
	}
	if (len > OUTBOX_SHORT && box->bytes > OUTBOX_MUCH) {
		errno = ENOBUFS;
		return -1;
	}
	return keep(box, data, len, fd);
}

int
outbox_send(struct outbox *box, int sock, const struct message_schema *schema,
    uint32_t request, const void *msg, int fd)
{
	uint8_t small[OUTBOX_SHORT]; /* most messages */
	uint8_t *large = NULL, *data = small;
	int len, rv = -1;

	len = message_encode(schema, request, msg, small, sizeof(small));
	if (len == -1 && errno == EMSGSIZE &&
	    (large = malloc(MESSAGE_MAX)) != NULL) {
		data = large;
		len = message_encode(schema, request, msg, large, MESSAGE_MAX);
	}
	if (len != -1)
		rv = send_or_keep(box, sock, data, (size_t)len, fd);
	if (rv != 0)
		close_fd(fd);
	free(large);
	return rv;
}

void
outbox_join(struct outbox *box, struct outbox *other)
{
	if (other->first == NULL)
		return;
	if (box->first == NULL)
		box->last = &box->first;
	*box->last = other->first;
	box->last = other->last;
	box->bytes += other->bytes;
	*other = (struct outbox){ .first = NULL };
}

static void
drop_first(struct outbox *box)
{
	struct outbox_message *m = box->first;

	box->first = m->next;
	box->bytes -= m->len;
	close_fd(m->fd);
	free(m);
}

int
outbox_flush(struct outbox *box, int sock)
{
	const struct outbox_message *m;

	while ((m = box->first) != NULL) {
		if (channel_send(
			sock, m->data, m->len, &m->fd, m->fd != -1, 0) != 0)
			return errno == EAGAIN ? 0 : -1;
		drop_first(box);
	}
	return 0;
}

bool
outbox_waiting(const struct outbox *box)
{
	return box->first != NULL;
}

void
outbox_clear(struct outbox *box)
{
	while (box->first != NULL)
		drop_first(box);
}
