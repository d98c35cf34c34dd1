/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * process: fork, exec, and a control socket as the only thing inherited.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/ipc/channel.h"
#include "daemon/parent/messages.h"
#include "daemon/parent/process.h"
#include "daemon/sys/log.h"

/* Where the programs of the roles are; a test names the build tree. */
static const char *
program_folder(void)
{
	const char *folder = secure_getenv("TLSPOOL_LIBEXECDIR");

	return folder == NULL || folder[0] == '\0' ? TLSPOOL_LIBEXECDIR
						   : folder;
}

/* Descriptors 0 to 3 as the role expects them, and no others. */
static int
arrange_descriptors(int control)
{
	int null;

	if ((null = open("/dev/null", O_RDONLY)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1)
		return -1;
	if (control == CONTROL_FD) {
		if (fcntl(control, F_SETFD, 0) != 0)
			return -1;
	} else if (dup2(control, CONTROL_FD) == -1) {
		return -1;
	}
	return close_range(CONTROL_FD + 1, ~0U, 0);
}

static void
reset_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child.  The parent's death is the child's: see also EOF on the
 * control socket. */
__attribute__((noreturn)) static void
become(const struct process *p, int control, pid_t parent)
{
	char path[4096], name[64];
	char *argv[] = { name, NULL };

	reset_signals();
	(void)umask(077);
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	(void)snprintf(path, sizeof(path), "%s/tlspool-%s", program_folder(),
	    role_name(p->role));
	if (p->role == ROLE_WORKER)
		(void)snprintf(name, sizeof(name), "tlspool-%s %u",
		    role_name(p->role), p->index);
	else
		(void)snprintf(
		    name, sizeof(name), "tlspool-%s", role_name(p->role));
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent &&
	    arrange_descriptors(control) == 0)
		(void)execv(path, argv);
	(void)fprintf(stderr, "tlspoold: %s: %s\n", path, strerror(errno));
	_exit(127);
}

int
process_spawn(struct process *p)
{
	pid_t parent = getpid();
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) != 0)
		return -1;
	if ((p->pid = fork()) == 0)
		become(p, sv[1], parent);
	(void)close(sv[1]);
	if (p->pid == -1)
		goto err;
	p->control.fd = sv[0];
	p->control.ready = messages_ready;
	p->ready = p->drained = p->killed = false;
	p->born = loop_now(pool.loop);
	p->silent = 0;
	if (loop_watch(pool.loop, &p->control, EPOLLIN) == 0)
		return 0;
	process_kill(p);
	return 0; /* born, if not for long: its death is noticed */

err:
	(void)close(sv[0]);
	p->pid = 0;
	return -1;
}

void
process_kill(struct process *p)
{
	if (p->pid == 0 || p->killed)
		return;
	p->killed = true;
	(void)kill(p->pid, SIGKILL);
}

int
process_send(struct process *p, const struct message_schema *schema,
    const void *msg, const int *fds, unsigned nfds)
{
	if (p->pid == 0 || p->killed)
		return -1;
	if (message_send(p->control.fd, schema, 0, msg, fds, nfds, 0) == 0)
		return 0;
	if (errno == EPIPE || errno == ECONNRESET)
		return -1; /* it is dying, which will be noticed */
	log_error("control-failed", "role=%s index=%u message=%s reason=\"%s\"",
	    role_name(p->role), p->index, schema->name, strerror(errno));
	process_kill(p);
	return -1;
}

void
process_forget(struct process *p)
{
	loop_unwatch(&p->control);
	if (p->control.fd != -1)
		(void)close(p->control.fd);
	p->control.fd = -1;
	p->pid = 0;
	p->ready = false;
}
