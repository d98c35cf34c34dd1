/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * channel: whole messages with descriptors over SOCK_SEQPACKET.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/ipc/channel.h"

/* SCM_MAX_FD of the kernel: no message ever carries more. */
enum { KERNEL_MAX_FDS = 253 };

/* Where the kernel puts one message. */
struct space {
	struct iovec iov;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(KERNEL_MAX_FDS * sizeof(int))];
	} control;
};

int
channel_send(int sock, const uint8_t *data, size_t len, const int *fds,
    unsigned nfds, int flags)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(MESSAGE_MAX_FDS * sizeof(int))];
	} control;
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	ssize_t n;

	if (nfds > MESSAGE_MAX_FDS) {
		errno = EINVAL;
		return -1;
	}
	if (nfds > 0) {
		memset(&control, 0, sizeof(control));
		mh.msg_control = &control;
		mh.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, nfds * sizeof(int));
	}
	flags = MSG_NOSIGNAL | ((flags & CHANNEL_WAIT) ? 0 : MSG_DONTWAIT);
	do {
		n = sendmsg(sock, &mh, flags);
	} while (n == -1 && errno == EINTR);
	return n == -1 ? -1 : 0;
}

/*
 * Takes over every descriptor of the control data; one too many is closed
 * here, and so are all of them where the caller finds the message bad.  As
 * there is space for all that the kernel sends, control data cut short means
 * that this process may not open more: no fault of the sender's, who must
 * not be blamed and replaced for it.  Returns 0 or an errno.
 */
static int
collect_fds(struct msghdr *mh, struct packet *p)
{
	struct cmsghdr *c;
	size_t n, i;
	int fd, error = 0;

	for (c = CMSG_FIRSTHDR(mh); c != NULL; c = CMSG_NXTHDR(mh, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (p->nfds < MESSAGE_MAX_FDS) {
				p->fds[p->nfds++] = fd;
			} else {
				(void)close(fd);
				error = EBADMSG;
			}
		}
	}
	if (mh->msg_flags & MSG_TRUNC)
		error = EBADMSG;
	if (error == 0 && (mh->msg_flags & MSG_CTRUNC))
		error = EMFILE;
	return error;
}

static void
prepare(struct msghdr *mh, struct space *space, struct packet *p)
{
	p->nfds = 0;
	p->len = 0;
	space->iov = (struct iovec){ p->data, MESSAGE_MAX };
	*mh = (struct msghdr){ .msg_iov = &space->iov,
		.msg_iovlen = 1,
		.msg_control = &space->control,
		.msg_controllen = sizeof(space->control) };
}

/* What has come: 0, or an errno; EPIPE is the end. */
static int
examine(struct msghdr *mh, size_t len, struct packet *p)
{
	int error;

	p->len = len;
	if (len == 0 && mh->msg_controllen == 0)
		return EPIPE;
	error = collect_fds(mh, p);
	if (error != EBADMSG && message_peek(p->data, p->len, &p->header) != 0)
		error = EBADMSG;
	if (error != 0)
		packet_close_fds(p);
	return error;
}

int
channel_recv(int sock, struct packet *p, int flags)
{
	struct space space;
	struct msghdr mh;
	ssize_t n;

	prepare(&mh, &space, p);
	flags = MSG_CMSG_CLOEXEC | ((flags & CHANNEL_WAIT) ? 0 : MSG_DONTWAIT);
	do {
		n = recvmsg(sock, &mh, flags);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return -1;
	p->error = examine(&mh, (size_t)n, p);
	if (p->error == EPIPE)
		return 0;
	if (p->error != 0) {
		errno = p->error;
		return -1;
	}
	return 1;
}

int
channel_recv_some(int sock, struct packet p[CHANNEL_SOME])
{
	/* Static, because a build that clears what is on the stack would do so
	 * each time, and there is much of it. */
	static struct space spaces[CHANNEL_SOME];
	struct mmsghdr mm[CHANNEL_SOME];
	int n, some = 0;

	for (int i = 0; i < CHANNEL_SOME; i++)
		prepare(&mm[i].msg_hdr, &spaces[i], &p[i]);
	do {
		n = recvmmsg(sock, mm, CHANNEL_SOME,
		    MSG_CMSG_CLOEXEC | MSG_DONTWAIT, NULL);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return -1;
	for (int i = 0; i < n; i++)
		p[i].error = examine(&mm[i].msg_hdr, mm[i].msg_len, &p[i]);
	while (some < n && p[some++].error != EPIPE)
		;
	/* The kernel goes on behind an empty message, which is an end too. */
	for (int i = some; i < n; i++)
		packet_close_fds(&p[i]);
	return some;
}

void
packet_close_fds(struct packet *p)
{
	for (unsigned i = 0; i < p->nfds; i++)
		if (p->fds[i] != -1)
			(void)close(p->fds[i]);
	p->nfds = 0;
}

int
packet_take_fd(struct packet *p, unsigned i)
{
	int fd;

	if (i >= p->nfds)
		return -1;
	fd = p->fds[i];
	p->fds[i] = -1;
	return fd;
}

int
packet_decode(const struct message_schema *schema, struct packet *p, void *msg)
{
	if (message_decode(schema, p->data, p->len, msg) != 0)
		return -1;
	if (p->nfds < schema->min_fds || p->nfds > schema->max_fds) {
		errno = EBADMSG;
		return -1;
	}
	return 0;
}

int
message_send(int sock, const struct message_schema *schema, uint32_t request,
    const void *msg, const int *fds, unsigned nfds, int flags)
{
	uint8_t small[2048]; /* most messages; threads may have small stacks */
	uint8_t *large = NULL, *data = small;
	int len, rv = -1;

	len = message_encode(schema, request, msg, small, sizeof(small));
	if (len == -1 && errno == EMSGSIZE) {
		if ((large = malloc(MESSAGE_MAX)) == NULL)
			return -1;
		data = large;
		len = message_encode(schema, request, msg, large, MESSAGE_MAX);
	}
	if (len != -1)
		rv = channel_send(sock, data, (size_t)len, fds, nfds, flags);
	if (len != -1 && large == NULL)
		explicit_bzero(small, (size_t)len); /* keys pass here */
	free(large);
	return rv;
}
