/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * transport_test: what goes into a transport comes out at the other end,
 * whatever kind of descriptor it is and however slowly it is read.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/worker/transport.h"

enum { LARGE = 1024 * 1024 };

static void
make_pair(int pair[2])
{
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
}

static uint8_t
pattern(size_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

static void
test_prefix_comes_first(void **state)
{
	struct transport t;
	uint8_t buf[16];
	int pair[2];

	(void)state;
	make_pair(pair);
	assert_int_equal(
	    transport_open(&t, pair[0], (const uint8_t *)"abc", 3), 0);
	assert_int_equal(write(pair[1], "def", 3), 3);
	transport_begin(&t);
	assert_int_equal(transport_pull(&t, buf, 2), 2);
	assert_memory_equal(buf, "ab", 2);
	assert_int_equal(transport_pull(&t, buf, 9), 1);
	assert_memory_equal(buf, "c", 1);
	assert_int_equal(transport_pull(&t, buf, 9), 3);
	assert_memory_equal(buf, "def", 3);
	assert_int_equal(transport_pull(&t, buf, 9), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(transport_end(&t), 0);
	transport_close(&t);
	(void)close(pair[1]);
}

/* A turn reads once; what is not asked for is there in the next. */
static void
test_read_ahead_is_kept(void **state)
{
	struct transport t, other;
	uint8_t buf[16];
	int pair[2], pair2[2];

	(void)state;
	make_pair(pair);
	make_pair(pair2);
	assert_int_equal(transport_open(&t, pair[0], NULL, 0), 0);
	assert_int_equal(transport_open(&other, pair2[0], NULL, 0), 0);
	assert_int_equal(write(pair[1], "abcdef", 6), 6);
	assert_int_equal(write(pair2[1], "XXXXXX", 6), 6);
	transport_begin(&t);
	assert_int_equal(transport_pull(&t, buf, 2), 2);
	assert_int_equal(transport_end(&t), 0);
	assert_int_equal(transport_ahead(&t), 4);
	/* The buffer was the thread's: another turn must not spoil it. */
	transport_begin(&other);
	assert_int_equal(transport_pull(&other, buf, 6), 6);
	assert_int_equal(transport_end(&other), 0);
	transport_begin(&t);
	assert_int_equal(transport_pull(&t, buf, 16), 4);
	assert_memory_equal(buf, "cdef", 4);
	assert_int_equal(transport_end(&t), 0);
	transport_close(&t);
	transport_close(&other);
	(void)close(pair[1]);
	(void)close(pair2[1]);
}

/* A turn that the descriptor did not bring about has what was read ahead, and
 * leaves the rest to the next. */
static void
test_ahead_only(void **state)
{
	struct transport t;
	uint8_t buf[16];
	int pair[2];

	(void)state;
	make_pair(pair);
	assert_int_equal(
	    transport_open(&t, pair[0], (const uint8_t *)"abc", 3), 0);
	assert_int_equal(write(pair[1], "def", 3), 3);
	transport_begin_ahead(&t);
	assert_false(transport_dry(&t));
	assert_int_equal(transport_pull(&t, buf, 16), 3);
	assert_memory_equal(buf, "abc", 3);
	assert_true(transport_dry(&t));
	assert_int_equal(transport_pull(&t, buf, 16), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(transport_push(&t, "out", 3), 3);
	assert_int_equal(transport_end(&t), 0);
	assert_int_equal(read(pair[1], buf, 16), 3);
	transport_begin(&t);
	assert_int_equal(transport_pull(&t, buf, 16), 3);
	assert_memory_equal(buf, "def", 3);
	assert_int_equal(transport_end(&t), 0);
	transport_close(&t);
	(void)close(pair[1]);
}

/* What is held goes in one message with what follows. */
static void
test_held(void **state)
{
	struct transport t, other;
	uint8_t buf[16];
	int pair[2], pair2[2];

	(void)state;
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	make_pair(pair2);
	assert_int_equal(transport_open(&t, pair[0], NULL, 0), 0);
	assert_int_equal(transport_open(&other, pair2[0], NULL, 0), 0);
	transport_begin(&t);
	assert_int_equal(transport_push(&t, "abc", 3), 3);
	transport_hold(&t);
	assert_int_equal(recv(pair[1], buf, 16, MSG_DONTWAIT), -1);
	assert_int_equal(transport_waiting(&t), 3);
	/* The buffer was the thread's: another turn must not spoil it. */
	transport_begin(&other);
	assert_int_equal(transport_push(&other, "XXXXXX", 6), 6);
	assert_int_equal(transport_end(&other), 0);
	transport_begin_ahead(&t);
	assert_int_equal(transport_push(&t, "def", 3), 3);
	transport_hold(&t);
	transport_begin_ahead(&t);
	assert_int_equal(transport_push(&t, "ghi", 3), 3);
	assert_int_equal(transport_end(&t), 0);
	assert_int_equal(recv(pair[1], buf, 16, MSG_DONTWAIT), 9);
	assert_memory_equal(buf, "abcdefghi", 9);
	/* Where nothing follows, it goes alone. */
	transport_begin(&t);
	assert_int_equal(transport_push(&t, "jkl", 3), 3);
	transport_hold(&t);
	transport_begin_ahead(&t);
	assert_int_equal(transport_end(&t), 0);
	assert_int_equal(recv(pair[1], buf, 16, MSG_DONTWAIT), 3);
	assert_int_equal(transport_waiting(&t), 0);
	transport_close(&t);
	transport_close(&other);
	(void)close(pair[1]);
	(void)close(pair2[1]);
}

/* Dry: nothing more in this turn; neither before it has read, nor while there
 * is something left, nor at the end of the file, which is to be seen. */
static void
test_dry(void **state)
{
	struct transport t;
	uint8_t buf[16];
	int pair[2];

	(void)state;
	make_pair(pair);
	assert_int_equal(
	    transport_open(&t, pair[0], (const uint8_t *)"abc", 3), 0);
	assert_int_equal(write(pair[1], "def", 3), 3);
	transport_begin(&t);
	assert_int_equal(transport_pull(&t, buf, 3), 3);
	assert_false(transport_dry(&t));
	assert_int_equal(transport_pull(&t, buf, 2), 2);
	assert_false(transport_dry(&t));
	assert_int_equal(transport_pull(&t, buf, 1), 1);
	assert_true(transport_dry(&t));
	assert_int_equal(transport_end(&t), 0);
	(void)close(pair[1]);
	transport_begin(&t);
	assert_false(transport_dry(&t));
	assert_int_equal(transport_pull(&t, buf, 1), 0);
	assert_false(transport_dry(&t));
	assert_int_equal(transport_end(&t), 0);
	transport_close(&t);
}

static void
test_end_of_file(void **state)
{
	struct transport t;
	uint8_t buf[4];
	int pair[2];

	(void)state;
	make_pair(pair);
	assert_int_equal(transport_open(&t, pair[0], NULL, 0), 0);
	assert_int_equal(write(pair[1], "z", 1), 1);
	(void)close(pair[1]);
	transport_begin(&t);
	assert_int_equal(transport_pull(&t, buf, 4), 1);
	assert_int_equal(transport_pull(&t, buf, 4), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(transport_end(&t), 0);
	assert_false(t.eof);
	transport_begin(&t);
	assert_int_equal(transport_pull(&t, buf, 4), 0);
	assert_true(t.eof);
	assert_int_equal(transport_push(&t, "late", 4), 4);
	assert_int_equal(transport_end(&t), -1);
	assert_int_equal(t.error, EPIPE);
	assert_int_equal(transport_waiting(&t), 0);
	transport_close(&t);
}

/* Writes LARGE bytes against somebody who reads slowly. */
static void
push_all(int fd, int reader)
{
	struct transport t;
	uint8_t chunk[5000], buf[3000];
	size_t pushed = 0, seen = 0, n;
	ssize_t r;

	assert_int_equal(transport_open(&t, fd, NULL, 0), 0);
	assert_int_equal(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
	while (seen < LARGE) {
		transport_begin(&t);
		n = LARGE - pushed;
		n = n < sizeof(chunk) ? n : sizeof(chunk);
		for (size_t i = 0; i < n; i++)
			chunk[i] = pattern(pushed + i);
		/* It takes all or nothing, and bounds are the caller's. */
		if (n > 0 && transport_waiting(&t) < TRANSPORT_MAX_WAITING) {
			assert_int_equal(transport_push(&t, chunk, n), n);
			pushed += n;
		}
		assert_int_equal(transport_end(&t), 0);
		r = read(reader, buf, sizeof(buf));
		for (ssize_t i = 0; i < r; i++)
			assert_int_equal(buf[i], pattern(seen++));
	}
	assert_int_equal(transport_waiting(&t), 0);
	transport_close(&t);
	(void)close(reader);
}

static void
test_slow_reader_of_socket(void **state)
{
	int pair[2];

	(void)state;
	make_pair(pair);
	push_all(pair[0], pair[1]);
}

/* A pipe blocks: the transport must not. */
static void
test_slow_reader_of_pipe(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	push_all(ends[1], ends[0]);
}

static void
test_terminal(void **state)
{
	struct transport t;
	uint8_t buf[8];
	int master, slave;

	(void)state;
	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(slave >= 0);
	assert_int_equal(transport_open(&t, master, NULL, 0), 0);
	transport_begin(&t);
	assert_int_equal(transport_pull(&t, buf, 8), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(transport_end(&t), 0);
	assert_int_equal(write(slave, "hi", 2), 2);
	transport_begin(&t);
	assert_int_equal(transport_pull(&t, buf, 8), 2);
	assert_memory_equal(buf, "hi", 2);
	assert_int_equal(transport_end(&t), 0);
	(void)close(slave);
	transport_begin(&t);
	assert_int_equal(transport_pull(&t, buf, 8), 0);
	assert_true(t.eof);
	assert_int_equal(transport_end(&t), 0);
	transport_close(&t);
}

/* TCP holds nothing back, and is read as a socket. */
static void
test_tcp(void **state)
{
	struct transport t;
	socklen_t len;
	int fd, one = 0;

	(void)state;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(transport_open(&t, fd, NULL, 0), 0);
	assert_true(t.socket);
	assert_false(t.tty);
	len = sizeof(one);
	assert_int_equal(
	    getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, &len), 0);
	assert_int_equal(one, 1);
	transport_close(&t);
}

static void
test_refused(void **state)
{
	struct transport t;
	char name[] = "transport-XXXXXX";
	int fd;

	(void)state;
	fd = mkstemp(name);
	assert_true(fd >= 0);
	(void)unlink(name);
	assert_int_equal(transport_open(&t, fd, NULL, 0), -1);
	assert_int_equal(errno, EINVAL);
	transport_close(&t);
	assert_int_equal(transport_open(&t, -1, NULL, 0), -1);
	assert_int_equal(errno, EBADF);
	transport_close(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefix_comes_first),
		cmocka_unit_test(test_read_ahead_is_kept),
		cmocka_unit_test(test_ahead_only),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_dry),
		cmocka_unit_test(test_end_of_file),
		cmocka_unit_test(test_slow_reader_of_socket),
		cmocka_unit_test(test_slow_reader_of_pipe),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
