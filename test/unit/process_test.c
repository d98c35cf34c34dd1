/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * process_test: the library in processes that fork, have many threads, get
 * signals, and close descriptors that they do not know.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <tlspool/starttls.h>

#include "test/unit/caller.h"
#include "test/unit/fake_daemon.h"

static struct fake fake;

/*
 * What the application does to our descriptor is its right: the number may
 * even be that of something else by now.
 */
static void
the_application_closes_what_it_does_not_know(void **state)
{
	int ours, other, fd;
	struct stat before, after;

	fake_start(&fake, fake_accept);
	assert_works();
	ours = fake_find(&fake);
	assert_int_equal(close(ours), 0);
	assert_works();
	assert_int_equal(fake.connections, 2);

	ours = fake_find(&fake);
	assert_int_not_equal(ours, -1);
	other = some_fd();
	assert_int_equal(dup2(other, ours), ours);
	(void)close(other);
	assert_int_equal(fstat(ours, &before), 0);
	assert_works();
	assert_int_equal(fake.connections, 3);
	assert_int_equal(fstat(ours, &after), 0);
	assert_true(before.st_ino == after.st_ino);

	/* The number is that of the very descriptor which is handed over. */
	(void)close(ours);
	fd = some_fd();
	other = starttls_client(fd, IPPROTO_TCP, NULL, 0, NULL, NULL, 0);
	assert_true(other >= 0);
	(void)close(other);
	fake_stop(&fake);
}

static int
in_child(void)
{
	int fd;

	/* The parent's connection was closed by fork(). */
	if (is_open(*(int *)fake.context))
		return 2;
	fd = starttls_client(
	    some_fd(), IPPROTO_TCP, NULL, 0, "www.example.com", NULL, 0);
	if (fd == -1)
		return 3;
	(void)close(fd);
	return 0;
}

static void
a_child_has_a_connection_of_its_own(void **state)
{
	int ours, status;
	pid_t child;

	fake_start(&fake, fake_accept);
	assert_works();
	ours = fake_find(&fake);
	assert_int_not_equal(ours, -1);
	/* Nothing is copied in the middle of it. */
	fake_settle(&fake);
	fake.context = &ours;
	if ((child = fork()) == 0)
		_exit(in_child());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(fake.connections, 2);
	assert_works();
	assert_int_equal(fake.connections, 2);
	fake_stop(&fake);
}

enum { THREADS = 8, CALLS = 25 };

static void *
call_often(void *arg)
{
	char peer[321];
	int *worked = arg, fd;

	for (int i = 0; i < CALLS; i++) {
		fd = starttls_client(open("/dev/null", O_RDWR), IPPROTO_TCP,
		    NULL, 0, "www.example.com", peer, sizeof(peer));
		if (fd == -1)
			continue;
		(void)close(fd);
		if (strcmp(peer, "peer.example.com") == 0)
			(*worked)++;
	}
	return NULL;
}

static void
many_threads_at_once(void **state)
{
	pthread_t thread[THREADS];
	int worked[THREADS] = { 0 }, before;

	fake_start(&fake, fake_accept);
	before = count_fds();
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&thread[i], NULL, call_often, &worked[i]),
		    0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		assert_int_equal(worked[i], CALLS);
	}
	assert_int_equal(fake.connections, THREADS);
	fake_kill(&fake);
	assert_true(count_fds() <= before);
	fake_revive(&fake);
	fake_stop(&fake);
}

static atomic_int alarms;

static void
on_alarm(int sig)
{
	alarms++;
}

static bool
accept_late(struct fake *f, int conn, struct packet *p)
{
	(void)usleep(200 * 1000);
	return fake_accept(f, conn, p);
}

static void
signals_do_not_end_a_call(void **state)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval often = { { 0, 10000 }, { 0, 10000 } };
	static const struct itimerval never;

	fake_start(&fake, accept_late);
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	assert_works();
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_true(alarms > 1);
	fake_stop(&fake);
}

static void *
call_once(void *arg)
{
	int fd = starttls_client(open("/dev/null", O_RDWR), IPPROTO_TCP, NULL,
	    0, "www.example.com", NULL, 0);

	*(int *)arg = fd;
	pthread_testcancel();
	*(int *)arg = -2;
	return NULL;
}

static void
cancellation_waits_until_the_call_is_over(void **state)
{
	pthread_t thread;
	void *result;
	int fd = -1;

	fake_start(&fake, accept_late);
	assert_int_equal(pthread_create(&thread, NULL, call_once, &fd), 0);
	while (fake.connections == 0)
		(void)usleep(1000);
	assert_int_equal(pthread_cancel(thread), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_true(result == PTHREAD_CANCELED);
	assert_true(fd >= 0);
	(void)close(fd);
	fake_stop(&fake);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_application_closes_what_it_does_not_know),
		cmocka_unit_test(a_child_has_a_connection_of_its_own),
		cmocka_unit_test(many_threads_at_once),
		cmocka_unit_test(signals_do_not_end_a_call),
		cmocka_unit_test(cancellation_waits_until_the_call_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
