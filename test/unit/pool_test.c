/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * pool_test: the interface that never waits.  Time is what the test says: the
 * library asks clock_gettime() of this program.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <tlspool/tlspool.h>

#include "test/unit/caller.h"
#include "test/unit/fake_daemon.h"

static struct fake fake;
static struct tlspool *pool;
static atomic_int later; /* seconds by which our clock is ahead */

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	int r = (int)syscall(SYS_clock_gettime, id, ts);

	ts->tv_sec += later;
	return r;
}

/* What the callbacks have seen. */
struct log {
	int done, closed, questions;
	int error;
	char name[64];
	struct tlspool_request *asks;
};

static void
on_done(struct tlspool_request *req, void *context)
{
	struct log *log = context;

	log->done++;
	log->error = tlspool_request_error(req);
}

static void
on_closed(struct tlspool_request *req, void *context)
{
	struct log *log = context;

	assert_int_equal(log->done, 1);
	log->closed++;
}

static void
on_question(
    struct tlspool_request *req, int kind, const char *name, void *context)
{
	struct log *log = context;

	assert_int_equal(kind, TLSPOOL_ASK_NAME);
	log->questions++;
	log->asks = req;
	(void)snprintf(log->name, sizeof(log->name), "%s", name);
}

static struct tlspool_request *
new_request(struct log *log)
{
	struct tlspool_request *req = tlspool_client(pool);

	assert_non_null(req);
	memset(log, 0, sizeof(*log));
	assert_int_equal(tlspool_on_done(req, on_done, log), 0);
	assert_int_equal(tlspool_on_closed(req, on_closed, log), 0);
	return req;
}

static void
wait_until_done(const struct log *log)
{
	struct pollfd pfd = { .fd = tlspool_fd(pool), .events = POLLIN };

	while (log->done == 0) {
		assert_int_equal(poll(&pfd, 1, 10000), 1);
		assert_true(tlspool_dispatch(pool) >= 0);
		/* It never changes. */
		assert_int_equal(tlspool_fd(pool), pfd.fd);
	}
}

static void
wait_for(atomic_int *counter, int n)
{
	for (int i = 0; *counter < n && i < 10000; i++)
		(void)usleep(1000);
	assert_int_equal(*counter, n);
}

static void
set_up(bool (*react)(struct fake *, int, struct packet *))
{
	fake_start(&fake, react);
	pool = tlspool_new(fake.path);
	assert_non_null(pool);
}

static void
tear_down(void)
{
	tlspool_free(pool);
	fake_stop(&fake);
	later = 0;
}

static bool
tell_all(struct fake *f, int conn, struct packet *p)
{
	const struct started msg = {
		.peer_name = "anna@example.com",
		.method = "pkix",
		.evidence = "signed by somebody",
		.until = 4102444800,
		.local_name = "me.example.com",
		.server_name = "www.example.com",
		.version = TLSPOOL_TLS_1_3,
		.cipher = "TLS_AES_128_GCM_SHA256",
		.alpn = { (const uint8_t *)"imap", 4 },
		.resumed = true,
		.session = UINT64_C(1) << 40,
	};
	const struct closed end = { .reason = APP_CLOSE_TRUNCATED,
		.text = "cut",
		.received = 7,
		.sent = UINT64_C(1) << 33 };
	struct start start;
	struct blob list, item;
	int fds[1] = { 0 };

	if (p->header.type != APP_START)
		return true;
	assert_int_equal(packet_decode(&start_schema, p, &start), 0);
	list = start.alpn;
	assert_int_equal(wire_list_count(list), 2);
	assert_int_equal(wire_list_next(&list, &item), 1);
	assert_memory_equal(item.data, "imap", 4);
	assert_int_equal(start.prefix.len, TLSPOOL_PREFIX_MAX);
	assert_int_equal(start.prefix.data[77], 'p');
	assert_int_equal(start.min_version, 0x0303);
	assert_int_equal(start.max_version, 0x0304);
	assert_string_equal(start.service, "imap");
	assert_int_equal(start.port, 143);
	assert_int_equal(start.timeout, 1234);
	assert_int_equal(start.verify, APP_VERIFY_REPORT);
	assert_int_equal(start.events, APP_EVENT_CLOSED);
	(void)message_send(conn, &started_schema, p->header.request, &msg, fds,
	    1, CHANNEL_WAIT);
	(void)message_send(conn, &closed_schema, p->header.request, &end, NULL,
	    0, CHANNEL_WAIT);
	return true;
}

static void
all_that_is_said_arrives(void **state)
{
	static const char *const alpn[] = { "imap", "pop3" };
	static char prefix[TLSPOOL_PREFIX_MAX];
	const struct tlspool_session *s;
	struct tlspool_request *req;
	struct log log;
	size_t len;

	set_up(tell_all);
	memset(prefix, 'p', sizeof(prefix));
	req = new_request(&log);
	assert_int_equal(tlspool_set_alpn(req, alpn, 2), 0);
	assert_int_equal(tlspool_set_prefix(req, prefix, sizeof(prefix)), 0);
	assert_int_equal(
	    tlspool_set_versions(req, TLSPOOL_TLS_1_2, TLSPOOL_TLS_1_3), 0);
	assert_int_equal(tlspool_set_service(req, "imap", 143), 0);
	assert_int_equal(tlspool_set_deadline(req, 1234), 0);
	assert_int_equal(tlspool_set_verify(req, TLSPOOL_VERIFY_REPORT), 0);
	assert_int_equal(tlspool_request_state(req), TLSPOOL_NEW);
	assert_null(tlspool_session(req));
	assert_int_equal(tlspool_start(req, some_fd()), 0);
	assert_int_equal(tlspool_request_state(req), TLSPOOL_PENDING);
	wait_until_done(&log);
	assert_int_equal(tlspool_request_state(req), TLSPOOL_ESTABLISHED);
	assert_non_null(s = tlspool_session(req));
	assert_string_equal(tlspool_session_peer_name(s), "anna@example.com");
	assert_string_equal(tlspool_session_method(s), "pkix");
	assert_string_equal(tlspool_session_evidence(s), "signed by somebody");
	assert_int_equal(tlspool_session_until(s), 4102444800);
	assert_string_equal(tlspool_session_local_name(s), "me.example.com");
	assert_string_equal(tlspool_session_server_name(s), "www.example.com");
	assert_int_equal(tlspool_session_version(s), TLSPOOL_TLS_1_3);
	assert_string_equal(
	    tlspool_session_cipher(s), "TLS_AES_128_GCM_SHA256");
	assert_string_equal(tlspool_session_alpn(s, &len), "imap");
	assert_int_equal(len, 4);
	assert_int_equal(tlspool_session_resumed(s), 1);
	assert_true(tlspool_session_number(s) == UINT64_C(1) << 40);
	while (log.closed == 0)
		assert_true(tlspool_wait(pool, 10000) > 0);
	assert_int_equal(tlspool_session_closed(s), TLSPOOL_CLOSED_TRUNCATED);
	assert_string_equal(tlspool_session_closed_text(s), "cut");
	assert_int_equal(tlspool_session_received(s), 7);
	assert_true(tlspool_session_sent(s) == UINT64_C(1) << 33);
	tlspool_request_free(req);
	tear_down();
}

static bool
check_early(struct fake *f, int conn, struct packet *p)
{
	struct started msg = { .peer_name = "peer.example.com" };
	struct start start;

	if (p->header.type != APP_START)
		return true;
	assert_int_equal(packet_decode(&start_schema, p, &start), 0);
	assert_true(start.early);
	assert_int_equal(p->nfds, 2);
	fake_hold(f, packet_take_fd(p, 1));
	(void)message_send(conn, &started_schema, p->header.request, &msg, NULL,
	    0, CHANNEL_WAIT);
	return true;
}

static void
early_plaintext(void **state)
{
	struct tlspool_request *req;
	struct log log;
	char buf[8];
	int fd;

	set_up(check_early);
	req = new_request(&log);
	assert_int_equal(tlspool_set_early(req, 1), 0);
	assert_int_equal(tlspool_start(req, some_fd()), 0);
	assert_true((fd = tlspool_take_fd(req)) >= 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(write(fd, "early", 5), 5);
	assert_int_equal(log.done, 0);
	wait_until_done(&log);
	assert_int_equal(tlspool_request_state(req), TLSPOOL_ESTABLISHED);
	assert_int_equal(tlspool_take_fd(req), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(read(fake_held(&fake, 0), buf, sizeof(buf)), 5);
	/* No copy of the daemon's half is left with us. */
	fake_drop(&fake, 0);
	assert_int_equal(read(fd, buf, sizeof(buf)), 0);
	(void)close(fd);
	tlspool_request_free(req);
	tear_down();
}

static bool
stay_silent(struct fake *f, int conn, struct packet *p)
{
	struct pong pong = { .version = "1" };

	if (p->header.type == APP_PING && f->context != NULL)
		(void)message_send(conn, &pong_schema, p->header.request, &pong,
		    NULL, 0, CHANNEL_WAIT);
	return true;
}

static void
cancelling(void **state)
{
	struct tlspool_request *req;
	struct log log;
	int before, fd;

	set_up(stay_silent);
	before = count_fds();
	req = new_request(&log);
	assert_int_equal(tlspool_cancel(req), -1);
	assert_int_equal(errno, EALREADY);
	fd = some_fd();
	assert_int_equal(tlspool_start(req, fd), 0);
	assert_int_equal(tlspool_cancel(req), 0);
	assert_int_equal(tlspool_request_state(req), TLSPOOL_FAILED);
	assert_int_equal(log.done, 0);
	wait_until_done(&log);
	assert_int_equal(log.error, ECANCELED);
	wait_for(&fake.cancels, 1);
	/* Too late for the daemon to say anything else. */
	(void)fake_send_started(
	    &fake, fake_conn(&fake, 0), 1, "late.example.com");
	assert_int_equal(tlspool_wait(pool, 100), 0);
	assert_int_equal(log.done, 1);
	tlspool_request_free(req);
	/* Freeing cancels too, and nobody is called. */
	req = new_request(&log);
	assert_int_equal(tlspool_start(req, some_fd()), 0);
	tlspool_request_free(req);
	wait_for(&fake.cancels, 2);
	assert_int_equal(tlspool_wait(pool, 50), 0);
	assert_int_equal(log.done, 0);
	/* The socket's two ends, and the half that is held. */
	(void)tlspool_fd(pool);
	fake_settle(&fake);
	assert_int_equal(count_fds(), before + 2 + 2 + 1);
	tear_down();
}

static void
deadlines(void **state)
{
	struct tlspool_request *soon, *whenever;
	struct log soon_log, whenever_log;

	set_up(stay_silent);
	soon = new_request(&soon_log);
	assert_int_equal(tlspool_set_deadline(soon, 2000), 0);
	assert_int_equal(tlspool_start(soon, some_fd()), 0);
	whenever = new_request(&whenever_log);
	assert_int_equal(tlspool_start(whenever, some_fd()), 0);
	assert_int_equal(tlspool_wait(pool, 0), 0);
	later = 4;
	assert_int_equal(tlspool_wait(pool, 0), 0);
	later = 8;
	assert_int_equal(tlspool_wait(pool, 0), 1);
	assert_int_equal(soon_log.error, ETIMEDOUT);
	wait_for(&fake.cancels, 1);

	/* A daemon that is alive knows best how long it may take. */
	fake.context = &fake;
	for (int i = 1; i < 4; i++) {
		later += 40;
		assert_int_equal(tlspool_wait(pool, 0), 0);
		wait_for(&fake.pings, i);
		fake_settle(&fake);
		assert_int_equal(tlspool_wait(pool, 0), 0);
		later += 10;
		assert_int_equal(tlspool_wait(pool, 0), 0);
	}
	fake.asleep = true;
	later += 40;
	assert_int_equal(tlspool_wait(pool, 0), 0);
	later += 6;
	assert_int_equal(tlspool_wait(pool, 0), 1);
	assert_int_equal(whenever_log.error, ETIMEDOUT);
	assert_string_equal(tlspool_request_reason(whenever),
	    "the TLS Pool daemon did not answer in time");
	fake.asleep = false;
	tlspool_request_free(soon);
	tlspool_request_free(whenever);
	tear_down();
}

static bool
ask_first(struct fake *f, int conn, struct packet *p)
{
	struct answer msg;

	if (p->header.type == APP_START) {
		fake_send_question(
		    conn, p->header.request, 3, APP_ASK_NAME, "a.example.com");
	} else if (p->header.type == APP_ANSWER) {
		assert_int_equal(packet_decode(&answer_schema, p, &msg), 0);
		assert_int_equal(msg.question, 3);
		if (msg.verdict == APP_ACCEPT)
			(void)fake_send_started(f, conn, p->header.request, "");
		else
			fake_send_failed(conn, p->header.request, EPROTO, "no");
	}
	return true;
}

static void
questions_are_answered_when_the_application_can(void **state)
{
	struct tlspool_request *req;
	struct log log;

	set_up(ask_first);
	for (int yes = 0; yes < 2; yes++) {
		memset(&log, 0, sizeof(log));
		assert_non_null(req = tlspool_server(pool));
		assert_int_equal(tlspool_on_done(req, on_done, &log), 0);
		assert_int_equal(tlspool_on_question(
				     req, TLSPOOL_ASK_NAME, on_question, &log),
		    0);
		assert_int_equal(tlspool_start(req, some_fd()), 0);
		assert_int_equal(tlspool_answer(req, 1), -1);
		assert_int_equal(errno, ENOENT);
		while (log.questions == 0)
			assert_true(tlspool_wait(pool, 10000) > 0);
		assert_string_equal(log.name, "a.example.com");
		assert_ptr_equal(log.asks, req);
		assert_int_equal(tlspool_wait(pool, 50), 0);
		assert_int_equal(tlspool_answer(req, yes), 0);
		assert_int_equal(tlspool_answer(req, yes), -1);
		wait_until_done(&log);
		assert_int_equal(log.error, yes ? 0 : EPROTO);
		tlspool_request_free(req);
	}
	tear_down();
}

/* Establishes the first half, and hangs up after the last. */
static bool
die_in_the_middle(struct fake *f, int conn, struct packet *p)
{
	if (f->starts <= 5)
		return fake_accept(f, conn, p);
	return f->starts < 10 || f->starts > 10;
}

static void
a_lost_connection_ends_what_was_under_way(void **state)
{
	struct tlspool_request *req[10], *next;
	struct log log[10], next_log;
	int n = 0;

	set_up(die_in_the_middle);
	for (int i = 0; i < 10; i++) {
		req[i] = new_request(&log[i]);
		assert_int_equal(tlspool_start(req[i], some_fd()), 0);
	}
	while (n < 15) {
		int r = tlspool_wait(pool, 10000);

		assert_true(r > 0);
		n += r;
	}
	for (int i = 0; i < 5; i++) {
		assert_int_equal(log[i].error, 0);
		assert_int_equal(log[i].closed, 1);
		assert_int_equal(
		    tlspool_session_closed(tlspool_session(req[i])),
		    TLSPOOL_CLOSED_DAEMON);
	}
	for (int i = 5; i < 10; i++) {
		assert_int_equal(log[i].error, ECONNRESET);
		assert_string_equal(tlspool_request_reason(req[i]),
		    "the TLS Pool daemon went away");
	}
	assert_int_equal(tlspool_wait(pool, -1), 0);
	fake.react = fake_accept;
	next = new_request(&next_log);
	assert_int_equal(tlspool_start(next, some_fd()), 0);
	wait_until_done(&next_log);
	assert_int_equal(next_log.error, 0);
	assert_int_equal(fake.connections, 2);
	for (int i = 0; i < 10; i++)
		tlspool_request_free(req[i]);
	tlspool_request_free(next);
	tear_down();
}

static void
no_daemon_is_told_at_once(void **state)
{
	struct tlspool_request *req;
	struct log log;
	int fd;

	set_up(fake_accept);
	fake_kill(&fake);
	req = new_request(&log);
	fd = some_fd();
	assert_int_equal(tlspool_start(req, fd), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_non_null(strstr(tlspool_error(), fake.path));
	assert_false(is_open(fd));
	assert_int_equal(tlspool_request_state(req), TLSPOOL_FAILED);
	assert_int_equal(tlspool_wait(pool, -1), 0);
	assert_int_equal(log.done, 0);
	fd = some_fd();
	assert_int_equal(tlspool_start(req, fd), -1);
	assert_int_equal(errno, EBUSY);
	assert_false(is_open(fd));
	tlspool_request_free(req);
	req = new_request(&log);
	assert_int_equal(tlspool_start(req, 999), -1);
	assert_int_equal(errno, EBADF);
	tlspool_request_free(req);
	fake_revive(&fake);
	tear_down();
}

/* Requests may be left by their pool, and be freed in their own callbacks. */
static void
free_in_callback(struct tlspool_request *req, void *context)
{
	assert_int_equal(tlspool_wait(pool, 0), -1);
	assert_int_equal(errno, EDEADLK);
	(*(int *)context)++;
	tlspool_request_free(req);
}

static void
freeing_in_any_order(void **state)
{
	struct tlspool_request *req[3];
	struct log log[3];
	int freed = 0, fd, ends[2], before = count_fds();

	set_up(fake_accept);
	req[0] = tlspool_client(pool);
	assert_int_equal(tlspool_on_done(req[0], free_in_callback, &freed), 0);
	assert_int_equal(tlspool_start(req[0], some_fd()), 0);
	while (freed == 0)
		assert_true(tlspool_wait(pool, 10000) >= 0);
	req[0] = new_request(&log[0]);
	assert_int_equal(tlspool_start(req[0], some_fd()), 0);
	wait_until_done(&log[0]);
	fake.react = stay_silent;
	req[1] = new_request(&log[1]);
	assert_int_equal(tlspool_start(req[1], some_fd()), 0);
	req[2] = new_request(&log[2]);
	tlspool_free(pool);
	pool = NULL;
	assert_int_equal(log[1].done, 0);
	assert_int_equal(tlspool_request_error(req[1]), ECANCELED);
	assert_string_equal(tlspool_session_peer_name(tlspool_session(req[0])),
	    "peer.example.com");
	assert_true((fd = tlspool_take_fd(req[0])) >= 0);
	(void)close(fd);
	/* The fake daemon's thread may be given the number at once: so it is
	 * the other end that tells. */
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(tlspool_start(req[2], ends[1]), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(read(ends[0], &fd, 1), 0);
	(void)close(ends[0]);
	for (int i = 0; i < 3; i++)
		tlspool_request_free(req[i]);
	tear_down();
	assert_int_equal(count_fds(), before);
}

static void
a_child_leaves_the_requests_to_its_parent(void **state)
{
	struct tlspool_request *req, *own;
	struct log log, own_log;
	int status;
	pid_t child;

	set_up(stay_silent);
	req = new_request(&log);
	assert_int_equal(tlspool_start(req, some_fd()), 0);
	(void)tlspool_fd(pool);
	wait_for(&fake.starts, 1);
	fake.react = fake_accept;
	if ((child = fork()) == 0) {
		own = new_request(&own_log);
		assert_int_equal(tlspool_start(own, some_fd()), 0);
		wait_until_done(&own_log);
		_exit(log.done == 1 && log.error == ECONNRESET &&
			      own_log.error == 0
			  ? 0
			  : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(fake.cancels, 0);
	(void)fake_send_started(
	    &fake, fake_conn(&fake, 0), 1, "peer.example.com");
	wait_until_done(&log);
	assert_int_equal(log.error, 0);
	tlspool_request_free(req);
	tear_down();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_is_said_arrives),
		cmocka_unit_test(early_plaintext),
		cmocka_unit_test(cancelling),
		cmocka_unit_test(deadlines),
		cmocka_unit_test(
		    questions_are_answered_when_the_application_can),
		cmocka_unit_test(a_lost_connection_ends_what_was_under_way),
		cmocka_unit_test(no_daemon_is_told_at_once),
		cmocka_unit_test(freeing_in_any_order),
		cmocka_unit_test(a_child_leaves_the_requests_to_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
