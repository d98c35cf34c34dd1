/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * Tests of the sandbox: each in a process of its own, which tries one thing
 * and ends, or is ended.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/sys/sandbox.h"
#include "daemon/sys/secret.h"

/* How a child ends: an exit status, or a signal. */
enum {
	DONE = 0,	  /* it worked */
	REFUSED = 1,	  /* it failed with EACCES */
	FAILED = 2,	  /* it failed otherwise */
	NO_SANDBOX = 3,	  /* the sandbox could not be entered */
	KILLED = 1 << 16, /* SIGSYS */
};

static char folder[] = "/tmp/sandbox_test.XXXXXX";
static char inside[4096], outside[4096];

static int
result(bool worked)
{
	if (worked)
		return DONE;
	return errno == EACCES || errno == EPERM ? REFUSED : FAILED;
}

/*
 * What is tried.
 */

static void *
nothing(void *arg)
{
	return arg;
}

static int
try_thread(void)
{
	pthread_t thread;

	return result(pthread_create(&thread, NULL, nothing, NULL) == 0 &&
		      pthread_join(thread, NULL) == 0);
}

static int
try_relay(void)
{
	struct pollfd pfd = { .events = POLLIN };
	struct timespec ts;
	struct stat st;
	void *secret;
	char c = 0;

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	pfd.fd = STDERR_FILENO;
	(void)poll(&pfd, 1, 0);
	if ((secret = secret_alloc(100000)) == NULL)
		return FAILED;
	secret_free(secret, 100000);
	free(malloc(10 * 1024 * 1024));
	(void)fstat(STDERR_FILENO, &st);
	(void)!pread(STDERR_FILENO, &c, 1, 0);
	(void)prctl(PR_SET_NAME, "renamed");
	(void)isatty(STDERR_FILENO);
	return DONE;
}

static int
try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return result(pid > 0);
}

static int
try_exec(void)
{
	char name[] = "true", *argv[] = { name, NULL };

	(void)execv("/bin/true", argv);
	return result(false);
}

static int
try_read_inside(void)
{
	return result(open(inside, O_RDONLY) != -1);
}

static int
try_read_outside(void)
{
	return result(open(outside, O_RDONLY) != -1);
}

static int
try_stat(void)
{
	struct stat st;

	return result(stat(inside, &st) == 0);
}

static int
try_write_inside(void)
{
	return result(open(inside, O_RDWR) != -1);
}

static int
try_truncate(void)
{
	return result(open(inside, O_RDONLY | O_TRUNC) != -1);
}

static int
try_create(void)
{
	char path[5000];

	(void)snprintf(path, sizeof(path), "%s.new", inside);
	return result(open(path, O_RDONLY | O_CREAT, 0600) != -1 &&
		      rename(path, inside) == 0);
}

static int
try_unlink(void)
{
	return result(unlink(inside) == 0);
}

static int
try_inet(void)
{
	return result(socket(AF_INET, SOCK_STREAM, 0) != -1);
}

static int
try_unix(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM, 0) != -1);
}

static int
try_socketpair(void)
{
	int sv[2];

	return result(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
}

static int
try_accept(void)
{
	(void)accept4(STDERR_FILENO, NULL, NULL, SOCK_CLOEXEC);
	return DONE;
}

static int
try_kill(void)
{
	return result(kill(getppid(), 0) == 0);
}

static int
try_ptrace(void)
{
	return result(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0);
}

static int
try_become_dumpable(void)
{
	return result(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
}

static int
try_process_memory(void)
{
	char c;
	struct iovec iov = { &c, 1 };

	return result(process_vm_readv(getppid(), &iov, 1, &iov, 1, 0) == 1);
}

static int
try_namespace(void)
{
	return result(
	    syscall(SYS_unshare, 0x10000000 /* CLONE_NEWUSER */) == 0);
}

static int
try_setuid(void)
{
	return result(setuid(0) == 0);
}

static const struct sandbox_case {
	const char *name;
	unsigned promises;
	bool write; /* the path may be written */
	int (*attempt)(void);
	int ends;
	bool landlock; /* holds by Landlock, not by seccomp */
} cases[] = {
	{ "relay", SANDBOX_RELAY, false, try_relay, DONE },
	{ "relay without a word", 0, false, try_relay, DONE },
	{ "thread", SANDBOX_RELAY, false, try_thread, DONE },
	{ "fork", ~0U, true, try_fork, KILLED },
	{ "exec", ~0U, true, try_exec, KILLED },
	{ "kill", ~0U, true, try_kill, KILLED },
	{ "ptrace", ~0U, true, try_ptrace, KILLED },
	{ "memory of another", ~0U, true, try_process_memory, KILLED },
	{ "dumpable", ~0U, true, try_become_dumpable, KILLED },
	{ "namespace", ~0U, true, try_namespace, KILLED },
	{ "setuid", ~0U, true, try_setuid, KILLED },

	{ "open, no files", SANDBOX_RELAY, false, try_read_inside, REFUSED },
	{ "stat, no files", SANDBOX_RELAY, false, try_stat, REFUSED },
	{ "unlink, no files", SANDBOX_RELAY, false, try_unlink, KILLED },
	{ "open inside", SANDBOX_RPATH, false, try_read_inside, DONE },
	{ "stat inside", SANDBOX_RPATH, false, try_stat, DONE },
	{ "open outside", SANDBOX_RPATH, false, try_read_outside, REFUSED,
	    true },
	{ "write, may read", SANDBOX_RPATH, true, try_write_inside, REFUSED },
	{ "truncate, may read", SANDBOX_RPATH, true, try_truncate, REFUSED },
	{ "create, may read", SANDBOX_RPATH, true, try_create, REFUSED },
	{ "unlink, may read", SANDBOX_RPATH, true, try_unlink, KILLED },
	{ "write, path is to read", SANDBOX_RPATH | SANDBOX_WPATH, false,
	    try_write_inside, REFUSED, true },
	{ "write", SANDBOX_RPATH | SANDBOX_WPATH, true, try_write_inside,
	    DONE },
	{ "create", SANDBOX_RPATH | SANDBOX_WPATH, true, try_create, DONE },
	{ "write outside", SANDBOX_RPATH | SANDBOX_WPATH, true,
	    try_read_outside, REFUSED, true },
	{ "unlink", SANDBOX_RPATH | SANDBOX_WPATH, true, try_unlink, DONE },

	{ "inet, no network", SANDBOX_RELAY | SANDBOX_SOCKET, false, try_inet,
	    REFUSED },
	{ "inet", SANDBOX_INET, false, try_inet, DONE },
	{ "unix", SANDBOX_INET, false, try_unix, REFUSED },
	{ "socketpair, not promised", SANDBOX_RELAY, false, try_socketpair,
	    KILLED },
	{ "socketpair", SANDBOX_SOCKET, false, try_socketpair, DONE },
	{ "accept, not promised", SANDBOX_SOCKET, false, try_accept, KILLED },
	{ "accept", SANDBOX_ACCEPT, false, try_accept, DONE },
};

static bool
have_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
}

static int
run(const struct sandbox_case *c)
{
	const struct sandbox_path paths[] = { { folder, c->write }, { NULL } };
	int status;
	pid_t pid;

	if ((pid = fork()) == 0) {
		/* A failure to start ends as such, not as the attempt's. */
		(void)signal(SIGSYS, SIG_DFL);
		if (privilege_drop(NULL) != 0 ||
		    sandbox_enter(c->promises, paths) != 0)
			_exit(NO_SANDBOX);
		_exit(c->attempt());
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? KILLED : -WTERMSIG(status);
	return WEXITSTATUS(status);
}

static void
make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd != -1);
	(void)close(fd);
}

static void
attempts(void **state)
{
	bool landlock = have_landlock();
	int ended;

#ifdef WITH_SANITIZER
	skip(); /* the filter is not loaded then */
#endif
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (cases[i].landlock && !landlock)
			continue;
		make_file(inside);
		ended = run(&cases[i]);
		if (ended != cases[i].ends)
			fail_msg("%s: ended %d, not %d", cases[i].name, ended,
			    cases[i].ends);
	}
}

static int
setup(void **state)
{
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(inside, sizeof(inside), "%s/file", folder);
	(void)snprintf(outside, sizeof(outside), "%s.outside", folder);
	make_file(outside);
	return 0;
}

static int
teardown(void **state)
{
	char path[5000];

	(void)snprintf(path, sizeof(path), "%s.new", inside);
	(void)unlink(path);
	(void)unlink(inside);
	(void)unlink(outside);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attempts),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
