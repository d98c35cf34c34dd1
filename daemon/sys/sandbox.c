/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * sandbox: which system calls each promise stands for.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/sys/landlock.h"
#include "daemon/sys/sandbox.h"

#define CALL(name) SCMP_SYS(name)

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41 /* newer C libraries name their memory */
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

/* Whatever the arguments are, these are harmless on what is open already. */
static const int relay_calls[] = {
	/* descriptors */
	CALL(read),
	CALL(readv),
	CALL(pread64),
	CALL(preadv),
	CALL(preadv2),
	CALL(write),
	CALL(writev),
	CALL(pwritev2),
	CALL(lseek),
	CALL(close),
	CALL(close_range),
	CALL(dup),
	CALL(dup2),
	CALL(dup3),
	CALL(fstat),
	CALL(poll),
	CALL(ppoll),
	CALL(select),
	CALL(pselect6),
	CALL(epoll_create1),
	CALL(epoll_ctl),
	CALL(epoll_wait),
	CALL(epoll_pwait),
	CALL(epoll_pwait2),
	CALL(eventfd2),
	CALL(sendmsg),
	CALL(sendmmsg),
	CALL(sendto),
	CALL(recvmsg),
	CALL(recvmmsg),
	CALL(recvfrom),
	CALL(shutdown),
	CALL(getsockname),
	CALL(getpeername),
	CALL(getsockopt),
	/* memory */
	CALL(brk),
	CALL(mmap),
	CALL(mremap),
	CALL(munmap),
	CALL(mprotect),
	CALL(madvise),
	CALL(mlock),
	CALL(mlock2),
	CALL(munlock),
	CALL(membarrier),
	/* threads */
	CALL(futex),
	CALL(futex_waitv),
	CALL(set_robust_list),
	CALL(get_robust_list),
	CALL(rseq),
	CALL(set_tid_address),
	CALL(gettid),
	CALL(getpid),
	CALL(getppid),
	CALL(sched_yield),
	CALL(sched_getaffinity),
	CALL(sched_getparam),
	CALL(sched_getscheduler),
	CALL(sched_get_priority_max),
	CALL(sched_get_priority_min),
	CALL(setpriority), /* without privilege only for the worse */
	CALL(getpriority),
	CALL(getcpu),
	CALL(exit),
	CALL(exit_group),
	/* signals; see also add_signals() */
	CALL(rt_sigaction),
	CALL(rt_sigprocmask),
	CALL(rt_sigreturn),
	CALL(rt_sigpending),
	CALL(rt_sigtimedwait),
	CALL(sigaltstack),
	CALL(restart_syscall),
	/* clocks, and what a process asks about itself */
	CALL(clock_gettime),
	CALL(clock_getres),
	CALL(clock_nanosleep),
	CALL(nanosleep),
	CALL(gettimeofday),
	CALL(time),
	CALL(times),
	CALL(getrusage),
	CALL(getrlimit),
	CALL(sysinfo),
	CALL(uname),
	CALL(getrandom),
	CALL(getuid),
	CALL(geteuid),
	CALL(getgid),
	CALL(getegid),
	CALL(getresuid),
	CALL(getresgid),
	CALL(getgroups),
};

static const int socket_calls[] = {
	CALL(socketpair),
	CALL(setsockopt),
	CALL(pipe2),
};

static const int accept_calls[] = {
	CALL(accept),
	CALL(accept4),
	CALL(setsockopt),
	CALL(pidfd_open),
};

static const int rpath_calls[] = {
	CALL(stat),
	CALL(lstat),
	CALL(newfstatat),
	CALL(statx),
	CALL(access),
	CALL(faccessat),
	CALL(faccessat2),
	CALL(readlink),
	CALL(readlinkat),
	CALL(getdents),
	CALL(getdents64),
	CALL(getcwd),
	CALL(statfs),
	CALL(fstatfs),
	CALL(flock),
	CALL(fadvise64),
	CALL(readahead),
	CALL(msync),
	CALL(inotify_init1),
	CALL(inotify_add_watch),
	CALL(inotify_rm_watch),
	CALL(memfd_create),
	/* the dynamic linker's, for modules that are loaded late */
	CALL(arch_prctl),
};

static const int wpath_calls[] = {
	CALL(open),
	CALL(openat),
	CALL(creat),
	CALL(pwrite64),
	CALL(pwritev),
	CALL(ftruncate),
	CALL(truncate),
	CALL(fallocate),
	CALL(fsync),
	CALL(fdatasync),
	CALL(sync_file_range),
	CALL(rename),
	CALL(renameat),
	CALL(renameat2),
	CALL(unlink),
	CALL(unlinkat),
	CALL(mkdir),
	CALL(mkdirat),
	CALL(rmdir),
	CALL(link),
	CALL(linkat),
	CALL(chmod),
	CALL(fchmod),
	CALL(fchmodat),
	CALL(umask),
	CALL(utimensat),
};

static const int inet_calls[] = {
	CALL(connect),
	CALL(bind),
	CALL(setsockopt),
	CALL(socketpair),
};

static const int unix_calls[] = {
	CALL(connect),
};

/*
 * What libraries try on a whim (a locale, a time zone, a configuration of
 * their own, the name service's daemon) is refused with EACCES, and they do
 * without; anything else that is not allowed ends the process.
 */
static const int refused_files[] = {
	CALL(open),
	CALL(stat),
	CALL(lstat),
	CALL(statx),
	CALL(access),
	CALL(faccessat),
	CALL(faccessat2),
	CALL(readlink),
	CALL(readlinkat),
	CALL(getcwd),
};

struct call_list {
	unsigned promise;
	const int *calls;
	size_t n;
};

#define LIST(promise, calls)                                \
	{                                                   \
		promise, calls, sizeof(calls) / sizeof(int) \
	}

static const struct call_list lists[] = {
	LIST(SANDBOX_RELAY, relay_calls),
	LIST(SANDBOX_SOCKET, socket_calls),
	LIST(SANDBOX_ACCEPT, accept_calls),
	LIST(SANDBOX_RPATH, rpath_calls),
	LIST(SANDBOX_WPATH, wpath_calls),
	LIST(SANDBOX_INET, inet_calls),
	LIST(SANDBOX_UNIX, unix_calls),
};

static int
add_all(scmp_filter_ctx ctx, uint32_t action, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (seccomp_rule_add(ctx, action, calls[i], 0) != 0)
			return -1;
	return 0;
}

/* Adds a rule for argument `arg` with the bits of `mask` equal to `value`. */
static int
add_masked(scmp_filter_ctx ctx, uint32_t action, int call, unsigned arg,
    uint64_t mask, uint64_t value)
{
	return seccomp_rule_add(ctx, action, call, 1,
		   SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, mask, value)) == 0
		   ? 0
		   : -1;
}

/*
 * Threads, not processes: clone3() hides its flags in memory, where a filter
 * cannot see them, and the C library does with clone() where there is none.
 */
static int
add_threads(scmp_filter_ctx ctx)
{
	if (seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), CALL(clone3), 0) != 0)
		return -1;
	return add_masked(ctx, SCMP_ACT_ALLOW, CALL(clone), 0,
	    CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM);
}

static int
add_limited(scmp_filter_ctx ctx)
{
	static const uint64_t options[] = { PR_SET_NAME, PR_GET_NAME,
		PR_SET_VMA, PR_GET_DUMPABLE, PR_CAPBSET_READ };
	static const uint64_t requests[] = { FIONREAD, FIONBIO, TIOCOUTQ,
		TCGETS };
	/* Not F_SETOWN and F_SETSIG, which signal other processes. */
	static const uint64_t controls[] = { F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD,
		F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW,
		F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW, F_GET_SEALS,
		F_GETPIPE_SZ, F_SETPIPE_SZ };

	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(fcntl), 1,
			SCMP_A1(SCMP_CMP_EQ, controls[i])) != 0)
			return -1;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(prctl), 1,
			SCMP_A0(SCMP_CMP_EQ, options[i])) != 0)
			return -1;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(ioctl), 1,
			SCMP_A1(SCMP_CMP_EQ, requests[i])) != 0)
			return -1;
	/* Asks for limits; the third argument would set them. */
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(prlimit64), 1,
		   SCMP_A2(SCMP_CMP_EQ, 0)) == 0
		   ? 0
		   : -1;
}

/* Opening for reading, by every combination of the flags that write. */
static int
add_open(scmp_filter_ctx ctx, unsigned promises)
{
	const uint64_t mask = O_ACCMODE | O_CREAT | O_TRUNC;

	if (promises & SANDBOX_WPATH)
		return 0;
	if (!(promises & SANDBOX_RPATH))
		return add_all(ctx, SCMP_ACT_ERRNO(EACCES),
		    (const int[]){ CALL(openat) }, 1);
	for (unsigned i = 0; i < 16; i++) {
		uint64_t flags =
		    (i & 3) | (i & 4 ? O_CREAT : 0) | (i & 8 ? O_TRUNC : 0);
		uint32_t action =
		    flags == O_RDONLY ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EACCES);

		if (add_masked(ctx, action, CALL(openat), 2, mask, flags) !=
			0 ||
		    add_masked(ctx, action, CALL(open), 1, mask, flags) != 0)
			return -1;
	}
	return 0;
}

static int
add_no_files(scmp_filter_ctx ctx)
{
	if (add_all(ctx, SCMP_ACT_ERRNO(EACCES), refused_files,
		sizeof(refused_files) / sizeof(int)) != 0)
		return -1;
	/* fstat(3) is newfstatat() of an empty path. */
	if (add_masked(ctx, SCMP_ACT_ALLOW, CALL(newfstatat), 3, AT_EMPTY_PATH,
		AT_EMPTY_PATH) != 0)
		return -1;
	return add_masked(
	    ctx, SCMP_ACT_ERRNO(EACCES), CALL(newfstatat), 3, AT_EMPTY_PATH, 0);
}

static int
add_sockets(scmp_filter_ctx ctx, unsigned promises)
{
	static const struct {
		uint64_t family;
		unsigned promise;
	} families[] = { { AF_INET, SANDBOX_INET }, { AF_INET6, SANDBOX_INET },
		{ AF_NETLINK, SANDBOX_INET }, { AF_UNIX, SANDBOX_UNIX } };

	if (!(promises & (SANDBOX_INET | SANDBOX_UNIX)))
		return add_all(ctx, SCMP_ACT_ERRNO(EACCES),
		    (const int[]){ CALL(socket) }, 1);
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (seccomp_rule_add(ctx,
			promises & families[i].promise ? SCMP_ACT_ALLOW
						       : SCMP_ACT_ERRNO(EACCES),
			CALL(socket), 1,
			SCMP_A0(SCMP_CMP_EQ, families[i].family)) != 0)
			return -1;
	return 0;
}

/* abort(3) ends with tgkill(); others of the same user are not to be hit. */
static int
add_signals(scmp_filter_ctx ctx)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(tgkill), 1,
		   SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid())) == 0
		   ? 0
		   : -1;
}

/* Asks whether a process is there; sends it nothing. */
static int
add_pidfd(scmp_filter_ctx ctx)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, CALL(pidfd_send_signal), 1,
		   SCMP_A1(SCMP_CMP_EQ, 0)) == 0
		   ? 0
		   : -1;
}

static int
fill(scmp_filter_ctx ctx, unsigned promises)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if ((promises & lists[i].promise) &&
		    add_all(ctx, SCMP_ACT_ALLOW, lists[i].calls, lists[i].n))
			return -1;
	if (add_threads(ctx) != 0 || add_signals(ctx) != 0 ||
	    add_limited(ctx) != 0 || add_open(ctx, promises) != 0 ||
	    add_sockets(ctx, promises) != 0)
		return -1;
	if (!(promises & SANDBOX_RPATH) && add_no_files(ctx) != 0)
		return -1;
	if ((promises & SANDBOX_ACCEPT) && add_pidfd(ctx) != 0)
		return -1;
	return 0;
}

static int
seccomp_enter(unsigned promises)
{
	scmp_filter_ctx ctx;
	int rv = -1;

	if ((ctx = seccomp_init(SCMP_ACT_KILL_PROCESS)) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	if (seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 1) != 0 ||
	    seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0 ||
	    fill(ctx, promises) != 0) {
		errno = EINVAL;
		goto err;
	}
#ifdef WITH_SANITIZER
	rv = 0; /* a sanitizer makes calls of its own */
#else
	rv = seccomp_load(ctx);
	if (rv != 0) {
		errno = -rv;
		rv = -1;
	}
#endif

err:
	seccomp_release(ctx);
	return rv;
}

int
sandbox_enter(unsigned promises, const struct sandbox_path *paths)
{
	if (landlock_enter(paths) != 0)
		return -1;
	return seccomp_enter(promises | SANDBOX_RELAY);
}
