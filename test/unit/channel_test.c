/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * channel_test: messages and descriptors through a real socket, and a sender
 * that means ill.  No case leaves a descriptor behind.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ipc/app.h"
#include "daemon/ipc/channel.h"

enum { KERNEL_MAX_FDS = 253 };

static const uint8_t good[] = { MESSAGE_VERSION, APP_PING, 0, 0, 0, 7 };

/* For the length of one test. */
static int pair[2];
static struct packet *packet;
static int open_before;

static int
count_open(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n;
}

static int
setup(void **state)
{
	open_before = count_open();
	packet = malloc(sizeof(*packet));
	return packet == NULL ||
	       socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0;
}

static int
teardown(void **state)
{
	free(packet);
	(void)close(pair[0]);
	(void)close(pair[1]);
	return count_open() == open_before ? 0 : -1;
}

/* Sends what channel_send() never would. */
static void
send_raw(const void *data, size_t len, const int *fds, size_t nfds)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(KERNEL_MAX_FDS * sizeof(int))];
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
		memcpy(CMSG_DATA(c), fds, nfds * sizeof(int));
	}
	assert_int_equal(sendmsg(pair[0], &mh, MSG_NOSIGNAL), len);
}

static void
send_copies(int fd, size_t n)
{
	int fds[KERNEL_MAX_FDS];

	for (size_t i = 0; i < n; i++)
		fds[i] = fd;
	send_raw(good, sizeof(good), fds, n);
}

static void
assert_refused(int error)
{
	errno = 0;
	assert_int_equal(channel_recv(pair[1], packet, 0), -1);
	assert_int_equal(errno, error);
	assert_int_equal(packet->nfds, 0);
}

static void
messages_keep_their_bounds(void **state)
{
	struct failed in = { .error = 42, .reason = "because" }, out;

	assert_int_equal(
	    message_send(pair[0], &failed_schema, 9, &in, NULL, 0, 0), 0);
	assert_int_equal(
	    channel_send(pair[0], good, sizeof(good), NULL, 0, 0), 0);
	assert_int_equal(channel_recv(pair[1], packet, 0), 1);
	assert_int_equal(packet->header.type, APP_FAILED);
	assert_int_equal(packet->header.request, 9);
	assert_int_equal(packet_decode(&failed_schema, packet, &out), 0);
	assert_int_equal(out.error, 42);
	assert_string_equal(out.reason, "because");
	assert_int_equal(channel_recv(pair[1], packet, CHANNEL_WAIT), 1);
	assert_int_equal(packet->header.type, APP_PING);
	assert_int_equal(packet->len, sizeof(good));
	assert_refused(EAGAIN);
}

/* The copy refers to the same file and is closed on exec. */
static void
descriptors_come_along(void **state)
{
	int fds[MESSAGE_MAX_FDS], p[2], taken;
	char c = 0;

	assert_int_equal(pipe(p), 0);
	for (int i = 0; i < MESSAGE_MAX_FDS; i++)
		fds[i] = p[1];
	assert_int_equal(
	    channel_send(pair[0], good, sizeof(good), fds, MESSAGE_MAX_FDS, 0),
	    0);
	assert_int_equal(channel_recv(pair[1], packet, 0), 1);
	assert_int_equal(packet->nfds, MESSAGE_MAX_FDS);
	for (int i = 0; i < MESSAGE_MAX_FDS; i++)
		assert_true(fcntl(packet->fds[i], F_GETFD) & FD_CLOEXEC);
	taken = packet_take_fd(packet, 2);
	assert_true(taken >= 0);
	assert_int_equal(packet_take_fd(packet, 2), -1);
	assert_int_equal(packet_take_fd(packet, MESSAGE_MAX_FDS), -1);
	packet_close_fds(packet);
	packet_close_fds(packet);
	assert_int_equal(packet_take_fd(packet, 0), -1);
	assert_int_equal(write(taken, "x", 1), 1);
	assert_int_equal(read(p[0], &c, 1), 1);
	assert_int_equal(c, 'x');
	(void)close(taken);
	(void)close(p[0]);
	(void)close(p[1]);
}

static void
too_many_descriptors_are_all_closed(void **state)
{
	static const size_t counts[] = { MESSAGE_MAX_FDS + 1, 100,
		KERNEL_MAX_FDS };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		int before = count_open();

		send_copies(pair[0], counts[i]);
		assert_refused(EBADMSG);
		assert_int_equal(count_open(), before);
	}
	/* The channel itself goes on. */
	send_copies(pair[0], 1);
	assert_int_equal(channel_recv(pair[1], packet, 0), 1);
	packet_close_fds(packet);
}

/* That a process has no room for descriptors is no fault of the sender. */
static void
no_room_for_descriptors_is_not_a_bad_message(void **state)
{
	struct rlimit old, less;
	int before;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	for (size_t room = 0; room < 2; room++) {
		int top;

		send_copies(pair[0], 2);
		before = count_open();
		top = dup(0); /* the lowest that is free */
		(void)close(top);
		less = (struct rlimit){ (rlim_t)top + room, old.rlim_max };
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &less), 0);
		assert_refused(EMFILE);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
		assert_int_equal(count_open(), before);
	}
}

static void
bad_messages_are_refused_with_their_descriptors(void **state)
{
	static uint8_t large[MESSAGE_MAX + 1];
	static const struct {
		const char *name;
		size_t len;
		uint8_t version;
	} cases[] = {
		{ "no bytes but a descriptor", 0, MESSAGE_VERSION },
		{ "one byte", 1, MESSAGE_VERSION },
		{ "short header", MESSAGE_HEADER - 1, MESSAGE_VERSION },
		{ "older version", MESSAGE_HEADER, MESSAGE_VERSION - 1 },
		{ "newer version", MESSAGE_HEADER, MESSAGE_VERSION + 1 },
		{ "one byte too long", MESSAGE_MAX + 1, MESSAGE_VERSION },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int before = count_open();

		large[0] = cases[i].version;
		send_raw(large, cases[i].len, &pair[0], 1);
		assert_refused(EBADMSG);
		assert_int_equal(count_open(), before);
	}
}

static void
the_longest_message_passes(void **state)
{
	static uint8_t large[MESSAGE_MAX];

	large[0] = MESSAGE_VERSION;
	large[MESSAGE_MAX - 1] = 0x5a;
	assert_int_equal(
	    channel_send(pair[0], large, sizeof(large), NULL, 0, 0), 0);
	assert_int_equal(channel_recv(pair[1], packet, 0), 1);
	assert_int_equal(packet->len, MESSAGE_MAX);
	assert_int_equal(packet->data[MESSAGE_MAX - 1], 0x5a);
}

static void
a_long_message_takes_the_slow_way(void **state)
{
	static uint8_t prefix[APP_PREFIX_MAX + 1];
	struct start in = { .prefix = { prefix, APP_PREFIX_MAX } }, out;

	prefix[APP_PREFIX_MAX - 1] = 0x5a;
	assert_int_equal(
	    message_send(pair[0], &start_schema, 1, &in, &pair[0], 1, 0), 0);
	assert_int_equal(channel_recv(pair[1], packet, 0), 1);
	assert_int_equal(packet_decode(&start_schema, packet, &out), 0);
	assert_int_equal(out.prefix.len, APP_PREFIX_MAX);
	assert_int_equal(out.prefix.data[APP_PREFIX_MAX - 1], 0x5a);
	packet_close_fds(packet);
	in.prefix.len++;
	assert_int_equal(
	    message_send(pair[0], &start_schema, 1, &in, &pair[0], 1, 0), -1);
	assert_int_equal(errno, EMSGSIZE);
}

static void
the_number_of_descriptors_is_checked(void **state)
{
	static const struct {
		unsigned nfds;
		int rv;
	} cases[] = { { 0, -1 }, { 1, 0 }, { 2, 0 }, { 3, -1 } };
	struct start in = { .role = APP_ROLE_SERVER }, out;
	int fds[3] = { pair[0], pair[0], pair[0] };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(message_send(pair[0], &start_schema, 1, &in,
				     fds, cases[i].nfds, 0),
		    0);
		assert_int_equal(channel_recv(pair[1], packet, 0), 1);
		errno = 0;
		assert_int_equal(
		    packet_decode(&start_schema, packet, &out), cases[i].rv);
		assert_int_equal(errno, cases[i].rv == 0 ? 0 : EBADMSG);
		packet_close_fds(packet);
	}
}

static void
the_end_is_the_end(void **state)
{
	assert_int_equal(shutdown(pair[0], SHUT_WR), 0);
	assert_int_equal(channel_recv(pair[1], packet, 0), 0);
	assert_int_equal(channel_recv(pair[1], packet, CHANNEL_WAIT), 0);
}

/* In one call, each with its own descriptors and its own fault; what was sent
 * behind the end is closed. */
static void
some_messages_come_at_once(void **state)
{
	enum { N = CHANNEL_SOME };
	static const struct {
		const char *name;
		size_t nfds, len; /* len 0: an end */
		uint8_t version;
		int error;
	} cases[] = {
		{ "no descriptor", 0, sizeof(good), MESSAGE_VERSION, 0 },
		{ "two", 2, sizeof(good), MESSAGE_VERSION, 0 },
		{ "too many", 5, sizeof(good), MESSAGE_VERSION, EBADMSG },
		{ "bad version", 1, sizeof(good), 0, EBADMSG },
		{ "good again", 1, sizeof(good), MESSAGE_VERSION, 0 },
		{ "end", 0, 0, 0, EPIPE },
		{ "behind it", 3, sizeof(good), MESSAGE_VERSION, 0 },
	};
	const int fds[] = { 0, 0, 0, 0, 0 };
	struct packet *p = calloc(N, sizeof(*p));
	uint8_t data[sizeof(good)];
	int n;

	assert_non_null(p);
	assert_int_equal(channel_recv_some(pair[1], p), -1);
	assert_int_equal(errno, EAGAIN);
	memcpy(data, good, sizeof(good));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		data[0] = cases[i].version;
		send_raw(data, cases[i].len, fds, cases[i].nfds);
	}
	n = channel_recv_some(pair[1], p);
	assert_int_equal(n, 6);
	for (int i = 0; i < n; i++) {
		assert_int_equal(p[i].error, cases[i].error);
		assert_int_equal(
		    p[i].nfds, cases[i].error == 0 ? cases[i].nfds : 0);
		packet_close_fds(&p[i]);
	}
	for (int i = 0; i < N + 1; i++)
		send_raw(good, sizeof(good), fds, 1);
	for (int left = N + 1; left > 0; left -= n) {
		n = channel_recv_some(pair[1], p);
		assert_int_equal(n, left < N ? left : N);
		for (int i = 0; i < n; i++)
			packet_close_fds(&p[i]);
	}
	assert_int_equal(shutdown(pair[0], SHUT_WR), 0);
	assert_int_equal(channel_recv_some(pair[1], p), 1);
	assert_int_equal(p[0].error, EPIPE);
	free(p);
}

static void
sending_to_nobody_is_an_error_and_no_signal(void **state)
{
	(void)close(pair[1]);
	pair[1] = -1;
	assert_int_equal(
	    channel_send(pair[0], good, sizeof(good), NULL, 0, 0), -1);
	assert_int_equal(errno, EPIPE);
	pair[1] = dup(pair[0]);
}

static void
a_full_socket_says_so(void **state)
{
	int n = 0;

	while (channel_send(pair[0], good, sizeof(good), NULL, 0, 0) == 0)
		n++;
	assert_int_equal(errno, EAGAIN);
	assert_true(n > 0);
	for (; n > 0; n--)
		assert_int_equal(channel_recv(pair[1], packet, 0), 1);
	assert_refused(EAGAIN);
}

static void
more_descriptors_than_a_message_has_are_not_sent(void **state)
{
	int fds[MESSAGE_MAX_FDS + 1] = { 0 };

	assert_int_equal(channel_send(pair[0], good, sizeof(good), fds,
			     MESSAGE_MAX_FDS + 1, 0),
	    -1);
	assert_int_equal(errno, EINVAL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(messages_keep_their_bounds),
		TEST(descriptors_come_along),
		TEST(too_many_descriptors_are_all_closed),
		TEST(no_room_for_descriptors_is_not_a_bad_message),
		TEST(bad_messages_are_refused_with_their_descriptors),
		TEST(the_longest_message_passes),
		TEST(a_long_message_takes_the_slow_way),
		TEST(the_number_of_descriptors_is_checked),
		TEST(the_end_is_the_end),
		TEST(some_messages_come_at_once),
		TEST(sending_to_nobody_is_an_error_and_no_signal),
		TEST(a_full_socket_says_so),
		TEST(more_descriptors_than_a_message_has_are_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
