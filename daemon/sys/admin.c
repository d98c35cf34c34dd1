/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * admin: how a process answers an administrator, and what it says of itself.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ipc/admin.h"
#include "daemon/sys/log.h"
#include "daemon/sys/role.h"

/* /proc/self/statm: the sandbox lets nobody open it later. */
static int statm = -1;

void
admin_answer(int connection, const struct message_schema *schema,
    uint32_t request, const void *answer)
{
	if (message_send(connection, schema, request, answer, NULL, 0, 0) != 0)
		log_debug("admin-unanswered", "message=%s reason=\"%s\"",
		    schema->name,
		    errno == EMSGSIZE || errno == EINVAL ? message_error()
							 : strerror(errno));
	(void)close(connection);
}

void
admin_status_prepare(void)
{
	if (statm == -1)
		statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
}

/* Bytes of resident memory; 0 where the kernel does not say. */
static uint64_t
resident(void)
{
	char text[128], *end;
	ssize_t n;

	if (statm == -1)
		return 0;
	n = pread(statm, text, sizeof(text) - 1, 0);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	(void)strtoull(text, &end, 10);
	return strtoull(end, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

void
admin_status_fill(struct admin_status_ans *answer)
{
	answer->role =
	    role.calls == NULL ? ROLE_PARENT : (uint8_t)role.calls->role;
	answer->index = role.index;
	answer->pid = (uint32_t)getpid();
	answer->started = role.started;
	answer->memory = resident();
}
