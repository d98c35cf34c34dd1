/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * requester: who is at the other end of a connection.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <systemd/sd-login.h>

#include "daemon/front/requester.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5 */
#endif

static void
put_gid(struct requester *r, gid_t gid)
{
	uint8_t *at = r->gids + 4 * r->ngids++;

	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(gid >> (24 - 8 * i));
}

static int
ask_groups(int sock, struct requester *r, gid_t primary)
{
	gid_t gids[GRANT_MAX_GIDS - 1];
	socklen_t len = sizeof(gids);

	put_gid(r, primary);
	if (getsockopt(sock, SOL_SOCKET, SO_PEERGROUPS, gids, &len) != 0) {
		if (errno == ERANGE)
			errno = E2BIG;
		return -1;
	}
	for (size_t i = 0; i < len / sizeof(gids[0]); i++)
		if (gids[i] != primary)
			put_gid(r, gids[i]);
	return 0;
}

/*
 * A descriptor of the process that made the connection.  Before Linux 6.5
 * there is only its number, which may be another's by now: then at least the
 * user is compared, so that nobody gets the unit of somebody else.
 */
static int
open_process(int sock, const struct ucred *cred)
{
	int pidfd = -1;
	socklen_t len = sizeof(pidfd);
	struct stat st;
	char path[32];

	if (getsockopt(sock, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &len) == 0)
		return pidfd;
	if (errno != ENOPROTOOPT)
		return -1;
	pidfd = (int)syscall(SYS_pidfd_open, cred->pid, 0);
	(void)snprintf(path, sizeof(path), "/proc/%d", (int)cred->pid);
	if (pidfd != -1 && (stat(path, &st) != 0 || st.st_uid != cred->uid)) {
		(void)close(pidfd);
		pidfd = -1;
	}
	return pidfd;
}

/*
 * The unit is found by process id, which may belong to another process by
 * now.  While the process of the descriptor has not ended, the number is its
 * own; else there is no unit, rather than a wrong one.
 */
static void
ask_unit(int sock, struct requester *r, const struct ucred *cred)
{
	int pidfd = open_process(sock, cred);
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };
	char *unit = NULL;

	if (pidfd == -1)
		return;
	if (sd_pid_get_unit(cred->pid, &unit) >= 0) {
		if (poll(&ended, 1, 0) == 0)
			r->unit = unit;
		else
			free(unit);
	}
	(void)close(pidfd);
}

int
requester_ask(int sock, struct requester *r)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	r->ngids = 0;
	r->unit = NULL;
	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0 ||
	    ask_groups(sock, r, cred.gid) != 0)
		return -1;
	r->uid = cred.uid;
	ask_unit(sock, r, &cred);
	return 0;
}

void
requester_free(struct requester *r)
{
	free(r->unit);
	r->unit = NULL;
}
