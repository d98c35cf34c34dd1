/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * sandbox: what a process gives up before it looks at the first byte of
 * somebody else's.
 */
#ifndef TLSPOOL_SYS_SANDBOX_H
#define TLSPOOL_SYS_SANDBOX_H

#include <stdbool.h>

/* Groups of system calls. Each role names what it needs and nothing else. */
enum sandbox_promise {
	SANDBOX_RELAY = 1 << 0,	 /* read, write, poll on open descriptors,
				    memory, threads, clocks: every role */
	SANDBOX_SOCKET = 1 << 1, /* socketpair and socket options */
	SANDBOX_ACCEPT = 1 << 2, /* accept connections, ask who they are */
	SANDBOX_RPATH = 1 << 3,	 /* open and stat files for reading */
	SANDBOX_WPATH = 1 << 4,	 /* create, write, rename, remove files */
	SANDBOX_INET = 1 << 5,	 /* sockets to the network */
	SANDBOX_UNIX = 1 << 6,	 /* sockets to others on this machine */
};

/* A folder or file, and whether it may be written. */
struct sandbox_path {
	const char *path; /* one that does not exist is passed over */
	bool write;
};

/*
 * Leaves the process nothing but `promises` (seccomp) and the paths (Landlock,
 * ended by a NULL path; with none, no file can be opened).  A forbidden call
 * ends the process.  A kernel without Landlock: logged once, and the rest
 * still holds.  0, or -1 and errno.
 */
int sandbox_enter(unsigned promises, const struct sandbox_path *paths);

/*
 * Becomes `user`, with the groups that it is in (root only; NULL: nobody else),
 * gives up every capability and the right to gain any, and becomes
 * undumpable.  0, or -1 and errno.
 */
int privilege_drop(const char *user);

#endif
