/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * channel_fuzz: a packet as a hostile application sends it: the first byte
 * says how many descriptors come along, the rest is the message.  However it
 * ends, no descriptor stays open.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/ipc/channel.h"
#include "test/fuzz/fuzz.h"
#include "test/unit/schemas.h"

enum { MOST_FDS = 8 };

static int
lowest_free(void)
{
	int fd = dup(STDERR_FILENO);

	always(fd >= 0);
	(void)close(fd);
	return fd;
}

static int
send_packet(int sock, const uint8_t *data, size_t len, size_t nfds)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(MOST_FDS * sizeof(int))];
	} control = { .space = { 0 } };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (nfds > 0) {
		mh.msg_control = &control;
		mh.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		for (size_t i = 0; i < nfds; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &sock,
			    sizeof(sock));
	}
	return sendmsg(sock, &mh, MSG_NOSIGNAL | MSG_DONTWAIT) == -1 ? -1 : 0;
}

static void
receive(int sock, struct packet *p)
{
	union {
		max_align_t align;
		uint8_t space[1024];
	} msg;

	if (channel_recv(sock, p, 0) != 1)
		return;
	for (size_t i = 0; all_schemas[i] != NULL; i++) {
		const struct message_schema *s = all_schemas[i];

		if (s->type == p->header.type &&
		    packet_decode(s, p, &msg) == 0) {
			always(p->nfds >= s->min_fds && p->nfds <= s->max_fds);
			break; /* a buffer is decoded once */
		}
	}
	if (p->nfds > 1)
		(void)close(packet_take_fd(p, 1));
	packet_close_fds(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct packet packet;
	int pair[2], free_before;

	if (len < 1)
		return 0;
	free_before = lowest_free();
	always(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	if (send_packet(pair[0], data + 1, len - 1, data[0] % (MOST_FDS + 1)) ==
	    0)
		receive(pair[1], &packet);
	(void)close(pair[0]);
	(void)close(pair[1]);
	always(lowest_free() == free_before);
	return 0;
}
