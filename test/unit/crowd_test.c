/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * crowd_test: ten thousand handshakes of one thread over one connection, and
 * what a request can be told.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <tlspool/tlspool.h>

#include "test/unit/caller.h"
#include "test/unit/fake_daemon.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

enum { CROWD = 10000 };

static struct fake fake;
static struct tlspool *pool;
static struct tlspool_request *crowd[CROWD];
static uint32_t waiting[CROWD];
static int nwaiting, established, failed, closed;

static int64_t
milliseconds(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The last come first, and each is closed when all are established. */
static bool
answer_all_at_last(struct fake *f, int conn, struct packet *p)
{
	const struct started msg = { .peer_name = "peer.example.com" };
	const struct closed end = { .reason = APP_CLOSE_CLEAN };
	int fds[1] = { 0 };

	if (p->header.type != APP_START)
		return true;
	waiting[nwaiting++] = p->header.request;
	if (nwaiting < CROWD)
		return true;
	for (int i = CROWD - 1; i >= 0; i--)
		(void)message_send(conn, &started_schema, waiting[i], &msg, fds,
		    1, CHANNEL_WAIT);
	for (int i = 0; i < CROWD; i++)
		(void)message_send(conn, &closed_schema, waiting[i], &end, NULL,
		    0, CHANNEL_WAIT);
	return true;
}

static void
count_done(struct tlspool_request *req, void *context)
{
	int fd = tlspool_take_fd(req);

	if (fd != -1) {
		established++;
		(void)close(fd);
	} else {
		failed++;
	}
}

static void
count_closed(struct tlspool_request *req, void *context)
{
	closed++;
}

static void
raise_limit(void)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < CROWD + 100)
		skip(); /* each waits with a descriptor */
}

static void
start_crowd(bool (*react)(struct fake *, int, struct packet *))
{
	fake_start(&fake, react);
	nwaiting = established = failed = closed = 0;
	assert_non_null(pool = tlspool_new(fake.path));
	for (int i = 0; i < CROWD; i++) {
		assert_non_null(crowd[i] = tlspool_client(pool));
		assert_int_equal(
		    tlspool_on_done(crowd[i], count_done, NULL), 0);
		assert_int_equal(
		    tlspool_on_closed(crowd[i], count_closed, NULL), 0);
		assert_int_equal(tlspool_start(crowd[i], some_fd()), 0);
	}
}

static void
end_crowd(void)
{
	for (int i = 0; i < CROWD; i++)
		tlspool_request_free(crowd[i]);
	tlspool_free(pool);
	fake_stop(&fake);
}

static void
ten_thousand_at_once(void **state)
{
	struct pollfd pfd = { .events = POLLIN };
	int64_t begin;
	int before;

	raise_limit();
	before = count_fds();
	begin = milliseconds();
	start_crowd(answer_all_at_last);
	pfd.fd = tlspool_fd(pool);
	while (closed < CROWD) {
		assert_int_equal(poll(&pfd, 1, 30000), 1);
		assert_true(tlspool_dispatch(pool) >= 0);
	}
	assert_int_equal(established, CROWD);
	assert_int_equal(failed, 0);
	assert_int_equal(fake.connections, 1);
	print_message("%d requests: %lld ms\n", CROWD,
	    (long long)(milliseconds() - begin));
	end_crowd();
	assert_int_equal(count_fds(), before);
}

/* Hears the first one, and no more. */
static bool
stop_reading(struct fake *f, int conn, struct packet *p)
{
	f->asleep = true;
	return true;
}

/* Most of them wait inside of the library, where the daemon reads nothing. */
static void
ten_thousand_and_a_deaf_daemon(void **state)
{
	int before;

	raise_limit();
	before = count_fds();
	start_crowd(stop_reading);
	for (int i = 0; i < CROWD; i += 2)
		assert_int_equal(tlspool_cancel(crowd[i]), 0);
	while (failed < CROWD / 2)
		assert_true(tlspool_wait(pool, 10000) > 0);
	fake_kill(&fake);
	while (failed < CROWD)
		assert_true(tlspool_wait(pool, 10000) > 0);
	assert_int_equal(established, 0);
	assert_int_equal(tlspool_request_error(crowd[CROWD - 2]), ECANCELED);
	fake_revive(&fake);
	end_crowd();
	assert_int_equal(count_fds(), before);
}

/* A daemon that has no time to accept is asked again, for as long as it may
 * take. */
static void
a_full_backlog(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct tlspool_request *req;
	static struct packet packet;
	int listener, sock[8], n = 0, fd = -1;

	fake_start(&fake, stop_reading);
	fake_kill(&fake);
	(void)unlink(fake.path);
	memcpy(sun.sun_path, fake.path, strlen(fake.path) + 1);
	listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
	assert_int_equal(
	    bind(listener, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(listener, 0), 0);
	do {
		assert_true(n < 8);
		sock[n] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
	} while (connect(sock[n++], (struct sockaddr *)&sun, sizeof(sun)) == 0);
	assert_int_equal(errno, EAGAIN);

	assert_non_null(pool = tlspool_new(fake.path));
	assert_non_null(req = tlspool_client(pool));
	assert_int_equal(tlspool_start(req, some_fd()), 0);
	assert_int_equal(tlspool_wait(pool, 100), 0);
	assert_int_equal(tlspool_request_state(req), TLSPOOL_PENDING);
	for (int i = 0; i < n; i++) {
		(void)close(sock[i]);
		(void)close(accept(listener, NULL, NULL));
	}
	assert_int_equal(tlspool_wait(pool, 200), 0);
	assert_int_not_equal(fd = accept(listener, NULL, NULL), -1);
	assert_int_equal(channel_recv(fd, &packet, 0), 1);
	assert_int_equal(packet.header.type, APP_START);
	packet_close_fds(&packet);
	(void)close(fd);
	(void)close(listener);
	assert_int_equal(tlspool_wait(pool, 10000), 1);
	assert_int_equal(tlspool_request_error(req), ECONNRESET);
	tlspool_request_free(req);
	tlspool_free(pool);
	fake_revive(&fake);
	fake_stop(&fake);
}

static int
yes(const char *name, void *context)
{
	return 1;
}

static void
setters_refuse_what_makes_no_sense(void **state)
{
	static char name[TLSPOOL_NAME_MAX + 2], protocol[257];
	const char *const none[] = { "h2", "" }, *const wide[] = { protocol };
	const char *const many[] = { protocol + 1, protocol + 1, protocol + 1,
		protocol + 1 };
	struct tlspool_request *client, *server;

	memset(name, 'n', sizeof(name) - 1);
	memset(protocol, 'p', sizeof(protocol) - 1);
	assert_non_null(pool = tlspool_new("/nowhere"));
	assert_non_null(client = tlspool_client(pool));
	assert_non_null(server = tlspool_server(pool));
	const struct {
		int result, error;
	} cases[] = {
#define REFUSED(call, number) { (errno = 0, call), errno == number }
		REFUSED(tlspool_set_local_name(client, ""), EINVAL),
		REFUSED(tlspool_set_local_name(client, name), EINVAL),
		REFUSED(tlspool_set_remote_name(client, name), EINVAL),
		REFUSED(tlspool_set_remote_name(server, "a.b"), EINVAL),
		REFUSED(tlspool_set_flags(client, 1 << 20), EINVAL),
		REFUSED(tlspool_set_flags(client, 1), EINVAL),
		REFUSED(tlspool_set_flags(server, 4), EINVAL),
		REFUSED(tlspool_set_transport(client, 77), EPROTONOSUPPORT),
		REFUSED(tlspool_set_deadline(client, 3600001), EINVAL),
		REFUSED(tlspool_set_alpn(client, none, 2), EINVAL),
		REFUSED(tlspool_set_alpn(client, wide, 1), EINVAL),
		REFUSED(tlspool_set_alpn(client, many, 4), EINVAL),
		REFUSED(tlspool_set_alpn(client, NULL, 1), EINVAL),
		REFUSED(tlspool_set_versions(client, 0x0302, 0), EINVAL),
		REFUSED(tlspool_set_versions(client, 0x0304, 0x0303), EINVAL),
		REFUSED(tlspool_set_service(client, "", 0), EINVAL),
		REFUSED(tlspool_set_service(client, name, 0), EINVAL),
		REFUSED(tlspool_set_prefix(client, NULL, 1), EINVAL),
		REFUSED(tlspool_set_prefix(client, name, 65537), EINVAL),
		REFUSED(tlspool_set_verify(client, 3), EINVAL),
		REFUSED(tlspool_set_verify(client, -1), EINVAL),
		REFUSED(tlspool_on_name(client, yes, NULL), EINVAL),
		REFUSED(tlspool_on_question(server, 1, NULL, NULL), EOPNOTSUPP),
		REFUSED(tlspool_set_local_name(NULL, "a"), EINVAL),
		REFUSED(tlspool_set_service(NULL, "a", 1), EINVAL),
		REFUSED(tlspool_on_done(NULL, NULL, NULL), EINVAL),
		REFUSED(tlspool_answer(server, 1), ENOENT),
		REFUSED(tlspool_take_fd(server), ENOENT),
		REFUSED(tlspool_start(NULL, -1), EINVAL),
		REFUSED(tlspool_cancel(NULL), EINVAL),
		REFUSED(tlspool_dispatch(NULL), EINVAL),
		REFUSED(tlspool_wait(NULL, 0), EINVAL),
		REFUSED(tlspool_fd(NULL), EINVAL),
	};
	for (size_t i = 0; i < LENGTH(cases); i++)
		if (cases[i].result != -1 || !cases[i].error)
			fail_msg("case %zu: %d", i, cases[i].result);
	assert_int_equal(tlspool_set_alpn(client, many, 3), 0);
	assert_int_equal(tlspool_set_local_name(client, name + 1), 0);
	assert_int_equal(tlspool_set_local_name(client, NULL), 0);
	assert_null(tlspool_new(memset(name, '/', sizeof(name) - 1)));
	assert_int_equal(errno, ENAMETOOLONG);
	assert_null(tlspool_client(NULL));
	assert_string_equal(tlspool_session_peer_name(NULL), "");
	tlspool_request_free(NULL);
	tlspool_request_free(client);
	tlspool_request_free(server);
	tlspool_free(NULL);
	tlspool_free(pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_thousand_at_once),
		cmocka_unit_test(ten_thousand_and_a_deaf_daemon),
		cmocka_unit_test(a_full_backlog),
		cmocka_unit_test(setters_refuse_what_makes_no_sense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
