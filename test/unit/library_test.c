/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * library_test: starttls_client() and starttls_server() against a daemon that
 * does what each case wants.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <tlspool/starttls.h>

#include "test/unit/caller.h"
#include "test/unit/fake_daemon.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static struct fake fake;
static struct start seen; /* of the last START, without its texts */
static char seen_local[512], seen_remote[512];

/* The new descriptor carries the plaintext; the old one is gone. */
static void
success_gives_another_descriptor(void **state)
{
	char peer[321], buf[8];
	int fd, plain;

	fake_start(&fake, fake_accept);
	fd = some_fd();
	plain = starttls_server(
	    fd, IPPROTO_TCP, "me.example.com", 0, NULL, peer, sizeof(peer));
	assert_true(plain >= 0);
	assert_int_not_equal(plain, fd);
	assert_false(is_open(fd));
	assert_int_equal(fcntl(plain, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fcntl(plain, F_GETFL) & O_NONBLOCK, 0);
	assert_string_equal(peer, "peer.example.com");
	assert_int_equal(read(plain, buf, sizeof(buf)), 5);
	assert_int_equal(write(plain, "answer", 6), 6);
	assert_int_equal(read(fake_held(&fake, 0), buf, sizeof(buf)), 6);
	assert_int_equal(close(plain), 0);
	fake_stop(&fake);
}

static bool
fail_by_name(struct fake *f, int conn, struct packet *p)
{
	struct start msg;
	char reason[64];
	int error;

	assert_int_equal(packet_decode(&start_schema, p, &msg), 0);
	error = atoi(msg.remote_name);
	(void)snprintf(reason, sizeof(reason), "because\nof %d", error);
	fake_send_failed(conn, p->header.request, error, reason);
	return true;
}

static void
each_failure_has_its_errno_and_sentence(void **state)
{
	static const int errors[] = { EACCES, ENOKEY, EKEYREJECTED, EKEYEXPIRED,
		EKEYREVOKED, EPERM, EPROTO, ETIMEDOUT, EINVAL, EOPNOTSUPP,
		ECONNRESET };
	char number[16], sentence[64];
	int before;

	fake_start(&fake, fail_by_name);
	before = count_fds();
	for (size_t i = 0; i < LENGTH(errors); i++) {
		char peer[8] = "before";
		int fd = some_fd();

		(void)snprintf(number, sizeof(number), "%d", errors[i]);
		(void)snprintf(
		    sentence, sizeof(sentence), "because of %d", errors[i]);
		assert_int_equal(starttls_client(fd, IPPROTO_TCP, NULL, 0,
				     number, peer, sizeof(peer)),
		    -1);
		assert_int_equal(errno, errors[i]);
		assert_string_equal(tlspool_error(), sentence);
		assert_string_equal(peer, "");
		assert_false(is_open(fd));
	}
	/* The daemon's end and ours, which may have been there before. */
	fake_settle(&fake);
	assert_in_range(count_fds(), before + 1, before + 2);
	fake_stop(&fake);
}

static void
bad_arguments_are_refused_and_the_descriptor_taken(void **state)
{
	static char long_name[322];
	static const struct {
		const char *name;
		int proto, flags, error;
		const char *local, *remote;
		bool server;
	} cases[] = {
		{ "no protocol", 0, 0, EPROTONOSUPPORT, NULL, NULL, false },
		{ "ICMP", IPPROTO_ICMP, 0, EPROTONOSUPPORT, NULL, NULL, true },
		{ "unknown flag", IPPROTO_TCP, 1 << 8, EINVAL, NULL, NULL,
		    false },
		{ "negative flag", IPPROTO_TCP, -1, EINVAL, NULL, NULL, true },
		{ "a server's flag", IPPROTO_TCP, STARTTLS_NO_REMOTE_CERT,
		    EINVAL, NULL, NULL, false },
		{ "a client's flag", IPPROTO_TCP, STARTTLS_NO_LOCAL_CERT,
		    EINVAL, NULL, NULL, true },
		{ "empty name", IPPROTO_TCP, 0, EINVAL, "", NULL, true },
		{ "empty SNI", IPPROTO_TCP, 0, EINVAL, NULL, "", false },
		{ "long name", IPPROTO_TCP, 0, EINVAL, long_name, NULL, true },
		{ "long SNI", IPPROTO_TCP, 0, EINVAL, NULL, long_name, false },
	};

	memset(long_name, 'a', sizeof(long_name) - 1);
	fake_start(&fake, fake_accept);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		int fd = some_fd(), r;

		r = cases[i].server
			? starttls_server(fd, cases[i].proto, cases[i].local,
			      cases[i].flags, NULL, NULL, 0)
			: starttls_client(fd, cases[i].proto, cases[i].local,
			      cases[i].flags, cases[i].remote, NULL, 0);
		if (r != -1 || errno != cases[i].error || is_open(fd))
			fail_msg("%s: %d, errno %d", cases[i].name, r, errno);
		assert_true(strlen(tlspool_error()) > 10);
	}
	assert_int_equal(fake.starts, 0);
	assert_int_equal(
	    starttls_client(-1, IPPROTO_TCP, NULL, 0, NULL, NULL, 0), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(
	    starttls_client(999, IPPROTO_TCP, NULL, 0, NULL, NULL, 0), -1);
	assert_int_equal(errno, EBADF);
	fake_stop(&fake);
}

static bool
look_at_start(struct fake *f, int conn, struct packet *p)
{
	assert_int_equal(packet_decode(&start_schema, p, &seen), 0);
	(void)snprintf(seen_local, sizeof(seen_local), "%s",
	    seen.local_name != NULL ? seen.local_name : "(none)");
	(void)snprintf(seen_remote, sizeof(seen_remote), "%s",
	    seen.remote_name != NULL ? seen.remote_name : "(none)");
	if (seen.transport != APP_TRANSPORT_STREAM)
		fake_send_failed(
		    conn, p->header.request, EOPNOTSUPP, "not served yet");
	else
		(void)fake_send_started(f, conn, p->header.request, "");
	return true;
}

static int
say_yes(char *name)
{
	return 1;
}

static void
arguments_arrive_at_the_daemon(void **state)
{
	int fd;

	fake_start(&fake, look_at_start);
	fd = starttls_client(some_fd(), IPPROTO_TCP, "anna@example.com",
	    STARTTLS_NO_LOCAL_CERT | STARTTLS_SKIP_AUTHORIZATION,
	    "www.example.com", NULL, 0);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(seen.role, APP_ROLE_CLIENT);
	assert_int_equal(
	    seen.flags, APP_NO_LOCAL_CERT | APP_SKIP_AUTHORIZATION);
	assert_int_equal(seen.questions, 0);
	assert_int_equal(seen.events, 0);
	assert_string_equal(seen_local, "anna@example.com");
	assert_string_equal(seen_remote, "www.example.com");

	fd = starttls_server(some_fd(), IPPROTO_TCP, NULL,
	    STARTTLS_OPTIONAL_REMOTE_CERT, say_yes, NULL, 0);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(seen.role, APP_ROLE_SERVER);
	assert_int_equal(seen.flags, APP_OPTIONAL_REMOTE_CERT);
	assert_int_equal(seen.questions, APP_ASK_NAME);
	assert_string_equal(seen_local, "(none)");

	assert_int_equal(
	    starttls_client(some_fd(), IPPROTO_UDP, NULL, 0, NULL, NULL, 0),
	    -1);
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(seen.transport, APP_TRANSPORT_DATAGRAM);
	assert_int_equal(
	    starttls_client(some_fd(), IPPROTO_SCTP, NULL, 0, NULL, NULL, 0),
	    -1);
	assert_int_equal(seen.transport, APP_TRANSPORT_SCTP);
	assert_int_equal(fake.connections, 1);
	fake_stop(&fake);
}

static void
the_peers_name_fits_or_the_session_ends(void **state)
{
	static const size_t right = sizeof("peer.example.com");
	char peer[64], byte;
	int fd;

	fake_start(&fake, fake_accept);
	assert_true((fd = call_client(NULL, 0)) >= 0);
	(void)close(fd);
	assert_true((fd = call_client(peer, right)) >= 0);
	assert_string_equal(peer, "peer.example.com");
	(void)close(fd);
	for (size_t len = 0; len < right; len++) {
		memset(peer, 'x', sizeof(peer));
		assert_int_equal(call_client(peer, len), -1);
		assert_int_equal(errno, ENAMETOOLONG);
		assert_int_equal(peer[0], len > 0 ? '\0' : 'x');
		assert_int_equal(peer[len > 0 ? len : 1], 'x');
		/* The daemon's half: closed from here. */
		assert_int_equal(
		    recv(fake_held(&fake, 2 + len), &byte, 1, MSG_DONTWAIT),
		    -1);
		assert_int_equal(errno, ECONNRESET);
	}
	fake_stop(&fake);
}

/* Asks twice, and fails where an answer was no. */
static bool
ask_for_names(struct fake *f, int conn, struct packet *p)
{
	struct answer msg;

	if (p->header.type == APP_START) {
		fake_send_question(conn, p->header.request, 7, APP_ASK_VERIFY,
		    "was not asked for");
	} else if (p->header.type == APP_ANSWER) {
		assert_int_equal(packet_decode(&answer_schema, p, &msg), 0);
		if (msg.question == 7 && msg.verdict == APP_REJECT)
			fake_send_question(conn, p->header.request, 8,
			    APP_ASK_NAME, "sni.example.com");
		else if (msg.question == 8 && msg.verdict == APP_ACCEPT)
			(void)fake_send_started(f, conn, p->header.request, "");
		else
			fake_send_failed(
			    conn, p->header.request, EPROTO, "you said no");
	}
	return true;
}

static pthread_t asked_in;
static int asked;

static int
answer_and_scribble(char *name)
{
	asked_in = pthread_self();
	asked++;
	assert_string_equal(name, "sni.example.com");
	memset(name, 'x', strlen(name));
	return 42;
}

static int
say_no(char *name)
{
	return 0;
}

/* A call in a callback: it has to get by without the thread's connection. */
static int
call_again(char *name)
{
	int fd = starttls_server(
	    some_fd(), IPPROTO_TCP, NULL, 0, answer_and_scribble, NULL, 0);

	assert_true(fd >= 0);
	(void)close(fd);
	return 1;
}

static void
checksni_is_asked_in_the_calling_thread(void **state)
{
	int fd;

	fake_start(&fake, ask_for_names);
	fd = starttls_server(
	    some_fd(), IPPROTO_TCP, NULL, 0, answer_and_scribble, NULL, 0);
	if (fd == -1)
		fail_msg("%s", tlspool_error());
	(void)close(fd);
	assert_int_equal(asked, 1);
	assert_true(pthread_equal(asked_in, pthread_self()));
	fd = starttls_server(some_fd(), IPPROTO_TCP, NULL, 0, say_no, NULL, 0);
	assert_int_equal(fd, -1);
	assert_string_equal(tlspool_error(), "you said no");
	assert_int_equal(fake.connections, 1);
	fd = starttls_server(
	    some_fd(), IPPROTO_TCP, NULL, 0, call_again, NULL, 0);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(asked, 2);
	assert_int_equal(fake.connections, 2);
	fake_stop(&fake);
}

static void
no_daemon(void **state)
{
	char path[128];

	fake_start(&fake, fake_accept);
	fake_kill(&fake);
	assert_fails(ECONNREFUSED, fake.path);
	(void)unlink(fake.path);
	assert_fails(ENOENT, fake.path);
	fake_revive(&fake);
	assert_works();
	fake_stop(&fake);

	(void)snprintf(path, sizeof(path), "/%0120d", 1);
	(void)setenv("TLSPOOL_SOCKET", path, 1);
	assert_fails(EINVAL, path);
}

static bool
hang_up(struct fake *f, int conn, struct packet *p)
{
	return false;
}

static void
the_daemon_dies(void **state)
{
	fake_start(&fake, fake_accept);
	assert_works();
	/* Between two calls: nobody notices. */
	fake_kill(&fake);
	fake_revive(&fake);
	assert_works();
	assert_int_equal(fake.connections, 2);
	/* Having been connected to, but before it read anything: nor there. */
	fake_kill(&fake);
	fake_revive(&fake);
	fake.unread = 1;
	assert_works();
	assert_int_equal(fake.connections, 4);
	/* Twice is too much. */
	fake_kill(&fake);
	fake_revive(&fake);
	fake.unread = 2;
	assert_fails(ECONNRESET, "went away");
	/* With the request in its hands: who knows what it did with it. */
	fake.react = hang_up;
	assert_fails(ECONNRESET, "the TLS Pool daemon went away");
	fake.react = fake_accept;
	assert_works();
	fake_stop(&fake);
}

static void
another_daemon_is_used_where_the_environment_changes(void **state)
{
	static struct fake other;

	fake_start(&fake, fake_accept);
	assert_works();
	fake_start(&other, fake_accept);
	assert_works();
	assert_int_equal(fake.starts, 1);
	assert_int_equal(other.starts, 1);
	(void)setenv("TLSPOOL_SOCKET", fake.path, 1);
	assert_works();
	assert_int_equal(fake.starts, 2);
	fake_stop(&fake);
	fake_stop(&other);
}

static const struct garbage {
	const char *name;
	uint8_t data[48];
	size_t len;
	unsigned nfds;
} garbage[] = {
	{ "short header", { 1, APP_FAILED }, 2, 0 },
	{ "other version", { 2, APP_FAILED, 0, 0, 0, 1 }, 6, 0 },
	{ "FAILED without error", { 1, APP_FAILED, 0, 0, 0, 1 }, 6, 0 },
	{ "FAILED with a descriptor",
	    { 1, APP_FAILED, 0, 0, 0, 1, 1, 0, 0, 0, 4, 0, 0, 0, 1 }, 15, 1 },
	{ "STARTED without name", { 1, APP_STARTED, 0, 0, 0, 1 }, 6, 1 },
	{ "STARTED without descriptor",
	    { 1, APP_STARTED, 0, 0, 0, 1, 1, 0, 0, 0, 1, 'a' }, 12, 0 },
	{ "STARTED with two",
	    { 1, APP_STARTED, 0, 0, 0, 1, 1, 0, 0, 0, 1, 'a' }, 12, 2 },
	{ "STARTED with NUL in the name",
	    { 1, APP_STARTED, 0, 0, 0, 1, 1, 0, 0, 0, 2, 'a', 0 }, 13, 1 },
	{ "STARTED with a field that must be known",
	    { 1, APP_STARTED, 0, 0, 0, 1, 1, 0, 0, 0, 1, 'a', 2, 0, 0, 0, 0 },
	    17, 1 },
	{ "CLOSED cut short", { 1, APP_CLOSED, 0, 0, 0, 1, 1, 0, 0 }, 9, 0 },
	{ "PONG with a descriptor", { 1, APP_PONG, 0, 0, 0, 1 }, 6, 1 },
	{ "QUESTION without kind",
	    { 1, APP_QUESTION, 0, 0, 0, 1, 1, 0, 0, 0, 4, 0, 0, 0, 1 }, 15, 0 },
};

static bool
send_garbage(struct fake *f, int conn, struct packet *p)
{
	const struct garbage *g = f->context;
	uint8_t data[sizeof(g->data)];
	int fds[2] = { 0, 0 };

	memcpy(data, g->data, sizeof(data));
	memcpy(data + 2, p->data + 2, 4); /* the right request */
	(void)channel_send(conn, data, g->len, fds, g->nfds, CHANNEL_WAIT);
	return true;
}

static void
garbage_of_the_daemon_ends_the_connection(void **state)
{
	union {
		const struct garbage *g;
		void *p;
	} context;
	int before;

	for (size_t i = 0; i < LENGTH(garbage); i++) {
		fake_start(&fake, send_garbage);
		context.g = &garbage[i];
		fake.context = context.p;
		print_message("%s\n", garbage[i].name);
		before = count_fds();
		assert_fails(EPROTO, "the TLS Pool daemon was not understood");
		fake.react = fake_accept;
		assert_works();
		assert_int_equal(fake.connections, 2);
		fake_kill(&fake);
		assert_true(count_fds() <= before);
		fake_revive(&fake);
		fake_stop(&fake);
	}
}

/* As a newer daemon might: unknown messages, and an unknown field. */
static bool
be_newer(struct fake *f, int conn, struct packet *p)
{
	uint8_t unknown[] = { 1, 77, 0, 0, 0, 0, 1, 0, 0, 0, 1, 9 };
	uint8_t started[] = { 1, APP_STARTED, 0, 0, 0, 0, 1, 0, 0, 0, 1, 'n',
		250, 0, 0, 0, 2, 1, 2 };
	int fds[1] = { 0 };

	(void)channel_send(
	    conn, unknown, sizeof(unknown), fds, 1, CHANNEL_WAIT);
	memcpy(unknown + 2, p->data + 2, 4);
	(void)channel_send(
	    conn, unknown, sizeof(unknown), NULL, 0, CHANNEL_WAIT);
	/* Somebody else's. */
	(void)channel_send(
	    conn, started, sizeof(started), fds, 1, CHANNEL_WAIT);
	memcpy(started + 2, p->data + 2, 4);
	(void)channel_send(
	    conn, started, sizeof(started), fds, 1, CHANNEL_WAIT);
	return true;
}

static void
a_newer_daemon_is_understood(void **state)
{
	char peer[8];
	int fd, before;

	fake_start(&fake, be_newer);
	assert_true((fd = call_client(peer, sizeof(peer))) >= 0);
	assert_string_equal(peer, "n");
	fake_settle(&fake);
	before = count_fds();
	(void)close(fd);
	assert_true((fd = call_client(peer, sizeof(peer))) >= 0);
	fake_settle(&fake);
	assert_int_equal(count_fds(), before);
	(void)close(fd);
	fake_stop(&fake);
}

/* Needs one descriptor, and keeps it. */
static bool
send_input(struct fake *f, int conn, struct packet *p)
{
	struct started msg = { .peer_name = "peer.example.com" };
	int fds[1] = { 0 };

	fake_hold(f, packet_take_fd(p, 0));
	(void)message_send(conn, &started_schema, p->header.request, &msg, fds,
	    1, CHANNEL_WAIT);
	return true;
}

static void
no_room_for_the_new_descriptor(void **state)
{
	struct rlimit old, less;
	int fd, top, plain, saved;

	fake_start(&fake, fake_accept);
	assert_works();
	fake_settle(&fake);
	fake.react = send_input;
	fd = some_fd();
	top = dup(0);
	(void)close(top);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	less = (struct rlimit){ (rlim_t)top + 1, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &less), 0);
	plain = starttls_client(fd, IPPROTO_TCP, NULL, 0, NULL, NULL, 0);
	saved = errno;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(plain, -1);
	assert_int_equal(saved, EMFILE);
	assert_false(is_open(fd));
	fake.react = fake_accept;
	assert_works();
	assert_int_equal(fake.connections, 1);
	fake_stop(&fake);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(success_gives_another_descriptor),
		cmocka_unit_test(each_failure_has_its_errno_and_sentence),
		cmocka_unit_test(
		    bad_arguments_are_refused_and_the_descriptor_taken),
		cmocka_unit_test(arguments_arrive_at_the_daemon),
		cmocka_unit_test(the_peers_name_fits_or_the_session_ends),
		cmocka_unit_test(checksni_is_asked_in_the_calling_thread),
		cmocka_unit_test(no_daemon),
		cmocka_unit_test(the_daemon_dies),
		cmocka_unit_test(
		    another_daemon_is_used_where_the_environment_changes),
		cmocka_unit_test(garbage_of_the_daemon_ends_the_connection),
		cmocka_unit_test(a_newer_daemon_is_understood),
		cmocka_unit_test(no_room_for_the_new_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
