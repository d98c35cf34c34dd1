/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * authorize_plugin: a plugin that does what the name of the peer says, good or
 * bad.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tlspool/authorize.h>

#ifndef PLUGIN_VERSION
#define PLUGIN_VERSION TLSPOOL_AUTHORIZE_VERSION
#endif

static char folder[4096];

static int
begin(const char *path)
{
	snprintf(folder, sizeof(folder), "%s", path);
	return getenv("PLUGIN_REFUSES") == NULL ? 0 : -1;
}

/* Can a file be opened?  Returns a verdict. */
static int
try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd == -1)
		return TLSPOOL_AUTHORIZE_DENY;
	close(fd);
	return TLSPOOL_AUTHORIZE_ALLOW;
}

static int
try_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return TLSPOOL_AUTHORIZE_DENY;
	close(fd);
	return TLSPOOL_AUTHORIZE_ALLOW;
}

/* Says again what it was asked. */
static void
repeat(const struct tlspool_authorize_question *q, char *reason, size_t size)
{
	snprintf(reason, size, "%u|%s|%s|%s|%s|%s|%s|%u|%u", q->version,
	    q->role == TLSPOOL_AUTHORIZE_SERVER ? "server" : "client",
	    q->local == NULL ? "-" : q->local, q->remote, q->method,
	    q->evidence, q->service == NULL ? "-" : q->service, q->port,
	    q->uid);
}

static int
ask(const struct tlspool_authorize_question *question,
    struct tlspool_authorize_answer *answer)
{
	const char *name = question->remote;

	if (strncmp(name, "allow", 5) == 0) {
		answer->lifetime = 60;
		return TLSPOOL_AUTHORIZE_ALLOW;
	}
	if (strncmp(name, "defer", 5) == 0)
		return TLSPOOL_AUTHORIZE_DEFER;
	if (strncmp(name, "repeat", 6) == 0) {
		repeat(question, answer->reason, sizeof(answer->reason));
		return TLSPOOL_AUTHORIZE_DENY;
	}
	if (strncmp(name, "abort", 5) == 0)
		abort();
	if (strncmp(name, "segv", 4) == 0)
		raise(SIGSEGV);
	if (strncmp(name, "exit", 4) == 0)
		_exit(0);
	if (strncmp(name, "hang", 4) == 0)
		for (;;)
			sleep(1);
	if (strncmp(name, "nonsense", 8) == 0)
		return 12345;
	if (strncmp(name, "endless", 7) == 0) {
		memset(answer->reason, 'x', sizeof(answer->reason));
		return -1;
	}
	if (strncmp(name, "passwd", 6) == 0)
		return try_open("/etc/passwd", O_RDONLY);
	if (strncmp(name, "folder", 6) == 0)
		return try_open(folder, O_RDONLY | O_DIRECTORY);
	if (strncmp(name, "socket", 6) == 0)
		return try_socket();
	return TLSPOOL_AUTHORIZE_DENY;
}

#ifndef PLUGIN_WITHOUT
const struct tlspool_authorizer tlspool_authorizer = {
	.version = PLUGIN_VERSION,
	.begin = begin,
	.ask = ask,
};
#else
extern const void *const plugin_unused[];
const void *const plugin_unused[] = { (const void *)begin, (const void *)ask };
#endif
