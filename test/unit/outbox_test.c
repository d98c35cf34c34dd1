/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * outbox_test: an application that does not read loses nothing that is short,
 * and cannot have much kept for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ipc/app.h"
#include "daemon/ipc/channel.h"
#include "daemon/sys/outbox.h"

enum { LONG = 60 * 1024, FEW = 4 };

static int ours, theirs;
static struct outbox box;

static int
set_up(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	ours = pair[0];
	theirs = pair[1];
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	outbox_clear(&box);
	assert_int_equal(box.bytes, 0);
	(void)close(ours);
	(void)close(theirs);
	return 0;
}

static int
send_short(uint32_t request)
{
	struct failed msg = { .error = EPROTO, .reason = "short" };

	return outbox_send(&box, ours, &failed_schema, request, &msg, -1);
}

static int
send_long(uint32_t request)
{
	static uint8_t list[LONG] = { 0, 0, (LONG - 4) >> 8,
		0xff & (LONG - 4) };
	struct trace msg = { .error = 0, .chain = { list, sizeof(list) } };

	return outbox_send(&box, ours, &trace_schema, request, &msg, -1);
}

/* Everything that arrives is in order; how many. */
static uint32_t
read_all(uint32_t expected)
{
	static struct packet packet;

	for (;;) {
		while (channel_recv(theirs, &packet, 0) == 1)
			assert_int_equal(packet.header.request, expected++);
		if (!outbox_waiting(&box))
			return expected;
		assert_int_equal(outbox_flush(&box, ours), 0);
	}
}

static void
keeps_order(void **state)
{
	uint32_t n = 0;

	(void)state;
	for (; !outbox_waiting(&box); n++)
		assert_int_equal(n % 2 == 0 ? send_long(n) : send_short(n), 0);
	for (int i = 0; i < FEW; i++, n++)
		assert_int_equal(n % 2 == 0 ? send_long(n) : send_short(n), 0);
	assert_int_equal(read_all(0), n);
	assert_int_equal(box.bytes, 0);
}

/* What one outbox could not get rid of goes behind what waits in another. */
static void
joins(void **state)
{
	struct outbox first = { .first = NULL };
	uint32_t n = 0;

	(void)state;
	while (!outbox_waiting(&box))
		assert_int_equal(send_short(n++), 0);
	for (int i = 0; i < FEW; i++) {
		assert_int_equal(send_short(n++), 0);
		if (i % 2 == 0)
			continue;
		outbox_join(&first, &box);
		assert_false(outbox_waiting(&box));
		assert_int_equal(box.bytes, 0);
		outbox_join(&first, &box); /* nothing more */
	}
	box = first;
	assert_int_equal(read_all(0), n);
	assert_int_equal(box.bytes, 0);
}

static void
refuses_long_ones(void **state)
{
	uint32_t n = 0;

	(void)state;
	while (send_long(n) == 0)
		assert_true(++n < 1000);
	assert_int_equal(errno, ENOBUFS);
	assert_in_range(box.bytes, OUTBOX_MUCH, OUTBOX_MUCH + 2 * LONG);
	/* What is short, the end of a handshake say, is told all the same. */
	assert_int_equal(send_short(n++), 0);
	assert_int_equal(send_long(n), -1);
	assert_int_equal(read_all(0), n);
	assert_int_equal(send_long(n), 0);
	assert_int_equal(read_all(n), n + 1);
}

/* A descriptor is the outbox's in every case. */
static void
closes(void **state)
{
	struct failed msg = { .error = EPROTO };
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	(void)close(theirs);
	assert_int_equal(
	    outbox_send(&box, ours, &failed_schema, 1, &msg, fd), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	theirs = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keeps_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(joins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    refuses_long_ones, set_up, tear_down),
		cmocka_unit_test_setup_teardown(closes, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
