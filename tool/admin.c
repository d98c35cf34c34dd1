/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * admin: requests and answers over the administration socket.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tool/admin.h"
#include "tool/clock.h"
#include "tool/command.h"

int
admin_open(struct admin *a)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len = strlen(tool.admin);
	int e;

	*a = (struct admin){ .sock = -1 };
	if (len >= sizeof(sun.sun_path))
		usage_error(
		    "the path of the socket is too long: %s", tool.admin);
	memcpy(sun.sun_path, tool.admin, len);
	if ((a->packet = malloc(sizeof(*a->packet))) == NULL)
		out_of_memory();
	a->packet->nfds = 0;
	a->sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (a->sock != -1 &&
	    connect(a->sock, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return TOOL_OK;
	e = errno;
	admin_close(a);
	if (e == ENOENT || e == ECONNREFUSED) {
		complain(
		    "no daemon listens at %s: %s", tool.admin, strerror(e));
		return TOOL_NO_DAEMON;
	}
	complain("cannot connect to %s: %s", tool.admin, strerror(e));
	return TOOL_NO;
}

void
admin_close(struct admin *a)
{
	if (a->packet != NULL)
		packet_close_fds(a->packet);
	free(a->packet);
	if (a->sock != -1)
		(void)close(a->sock);
	*a = (struct admin){ .sock = -1 };
}

int
admin_send(struct admin *a, const struct message_schema *schema,
    const void *msg, const int *fds, unsigned nfds)
{
	if (message_send(
		a->sock, schema, ++a->last, msg, fds, nfds, CHANNEL_WAIT) == 0)
		return TOOL_OK;
	if (errno == EMSGSIZE || errno == EINVAL) {
		complain("%s cannot be sent", message_error());
		return TOOL_NO;
	}
	complain("the request could not be sent: %s", strerror(errno));
	return TOOL_NO;
}

int
admin_receive(struct admin *a, int timeout, int *status)
{
	int64_t end = clock_ms() + timeout, left;
	struct pollfd p = { .fd = a->sock, .events = POLLIN };
	int r;

	packet_close_fds(a->packet);
	for (;;) {
		r = channel_recv(a->sock, a->packet, 0);
		if (r == 1)
			return 1;
		if (r == 0) {
			complain("the daemon closed the connection without "
				 "an answer; its log says why");
			*status = TOOL_NO;
			return -1;
		}
		if (errno != EAGAIN) {
			complain("the answer could not be read: %s",
			    errno == EBADMSG ? message_error()
					     : strerror(errno));
			*status = TOOL_NO;
			return -1;
		}
		if ((left = end - clock_ms()) <= 0)
			return 0;
		(void)poll(&p, 1, (int)left);
	}
}

int
admin_decode(struct admin *a, const struct message_schema *schema, void *answer,
    const char **why)
{
	struct admin_result result;

	if (a->packet->header.type == schema->type) {
		if (packet_decode(schema, a->packet, answer) == 0)
			return TOOL_OK;
		*why = message_error();
		return TOOL_NO;
	}
	if (packet_decode(&admin_result_schema, a->packet, &result) != 0) {
		*why = "the answer is none that belongs to the question";
		return TOOL_NO;
	}
	*why = result.text != NULL ? result.text : strerror((int)result.error);
	return TOOL_NO;
}

int
admin_ask(struct admin *a, const struct message_schema *schema, const void *msg,
    const int *fds, unsigned nfds, const struct message_schema *answer_schema,
    void *answer, int timeout)
{
	const char *why;
	int status, r;

	if ((status = admin_send(a, schema, msg, fds, nfds)) != TOOL_OK)
		return status;
	do {
		r = admin_receive(a, timeout, &status);
		if (r == -1)
			return status;
		if (r == 0) {
			complain(
			    "no answer came in %d seconds", timeout / 1000);
			return TOOL_NO;
		}
		/* A late answer to a question given up is passed over. */
	} while (a->packet->header.request != a->last);
	status = admin_decode(a, answer_schema, answer, &why);
	if (status != TOOL_OK)
		complain("%s", why);
	return status;
}

int
admin_workers(struct admin *a, uint32_t *workers)
{
	struct admin_status ask = { .role = ROLE_PARENT };
	struct admin_status_ans ans;
	int status;

	status = admin_ask(a, &admin_status_schema, &ask, NULL, 0,
	    &admin_status_ans_schema, &ans, ADMIN_TIMEOUT);
	if (status == TOOL_OK)
		*workers = ans.workers;
	return status;
}

int
admin_row(struct admin_rows *page, const struct message_schema *schema,
    struct row_buffer *buf, void *row)
{
	struct blob item;
	int r;

	if ((r = wire_list_next(&page->rows, &item)) != 1)
		return r;
	/* Decoding writes a NUL behind each text: not into the next row. */
	if (item.len + 1 > buf->size) {
		free(buf->data);
		buf->size = item.len + 1;
		if ((buf->data = malloc(buf->size)) == NULL)
			out_of_memory();
	}
	memcpy(buf->data, item.data, item.len);
	return message_decode(schema, buf->data, item.len, row) == 0 ? 1 : -1;
}
