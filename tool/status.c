/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * status: how every process of the daemon does, and which one is silent.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tool/admin.h"
#include "tool/clock.h"
#include "tool/command.h"
#include "tool/table.h"
#include "tool/text.h"

enum {
	PATIENCE = 3000,    /* milliseconds, for all answers together */
	MAX_WORKERS = 1024, /* more is no answer to be believed */
};

/* A process, as it stands in the table.  What it points to is its own. */
struct process {
	uint8_t role;
	uint32_t index;
	uint32_t request; /* that asked it */
	uint32_t pid;
	uint64_t uptime;
	uint64_t memory;
	struct blob counters;
	char *state; /* "ok", or why it did not answer */
	char label[32];
	const char *name; /* label */
};

/* What there is to ask besides those that are always there. */
struct pool {
	uint32_t workers;
	bool authorizer;
};

static const struct column columns[] = {
	COLUMN(struct process, TEXT, name, "PROCESS", "process"),
	COLUMN(struct process, NUMBER, pid, "PID", "pid"),
	COLUMN(struct process, ELAPSED, uptime, "UPTIME", "uptime"),
	COLUMN(struct process, BYTES, memory, "MEMORY", "memory"),
	COLUMN(struct process, TEXT, state, "STATE", "state"),
	COLUMN(struct process, COUNTERS, counters, "COUNTERS", "counters"),
};

static const char *const role_names[ROLES] = {
	[ROLE_PARENT] = "parent",
	[ROLE_FRONT] = "front",
	[ROLE_WORKER] = "worker",
	[ROLE_KEEPER] = "keeper",
	[ROLE_VERIFIER] = "verifier",
	[ROLE_AUTHORIZER] = "authorizer",
};

static char *
copy_of(const void *data, size_t len)
{
	char *copy = malloc(len + 1);

	if (copy == NULL)
		out_of_memory();
	if (len > 0)
		memcpy(copy, data, len);
	copy[len] = '\0';
	return copy;
}

static void
process_init(struct process *p, enum role role, uint32_t index)
{
	*p = (struct process){ .role = (uint8_t)role, .index = index };
	snprintf(p->label, sizeof(p->label),
	    role == ROLE_WORKER ? "%s %" PRIu32 : "%s", role_names[role],
	    index);
	p->name = p->label;
}

/* Asks one process; its answer is not waited for. */
static int
ask(struct admin *a, struct process *p)
{
	struct admin_status msg = { .role = p->role, .index = p->index };
	int status;

	status = admin_send(a, &admin_status_schema, &msg, NULL, 0);
	p->request = a->last;
	return status;
}

/* What has arrived belongs to one of the processes, or is thrown away. */
static bool
take_answer(struct admin *a, struct process *list, size_t n, struct pool *pool)
{
	struct admin_status_ans ans;
	struct process *p = list;
	const char *why;
	uint64_t now = (uint64_t)time(NULL);

	while (p < list + n && p->request != a->packet->header.request)
		p++;
	if (p == list + n || p->state != NULL)
		return false;
	if (admin_decode(a, &admin_status_ans_schema, &ans, &why) != TOOL_OK) {
		p->state = copy_of(why, strlen(why));
		return true;
	}
	p->state = copy_of("ok", 2);
	p->pid = ans.pid;
	p->uptime =
	    ans.started != 0 && ans.started < now ? now - ans.started : 0;
	p->memory = ans.memory;
	p->counters.data =
	    (uint8_t *)copy_of(ans.counters.data, ans.counters.len);
	p->counters.len = ans.counters.len;
	if (p->role == ROLE_PARENT)
		*pool = (struct pool){ ans.workers, ans.authorizer };
	return true;
}

/* Collects until all n have answered or patience has ended. */
static int
collect(struct admin *a, struct process *list, size_t n, struct pool *pool)
{
	int64_t end = clock_ms() + PATIENCE, left;
	size_t answered = 0;
	int r, status = TOOL_OK;

	while (answered < n && (left = end - clock_ms()) > 0) {
		r = admin_receive(a, (int)left, &status);
		if (r == -1)
			return status;
		if (r == 1 && take_answer(a, list, n, pool))
			answered++;
	}
	return TOOL_OK;
}

/*
 * The parent first: it alone knows how many workers there are.  Where it is
 * silent, there may be as many as there are processors.
 */
static int
ask_all(struct admin *a, struct process **list, size_t *n)
{
	struct process *p;
	struct pool pool = { (uint32_t)sysconf(_SC_NPROCESSORS_ONLN), false };
	size_t i;
	int status;

	if ((p = calloc(MAX_WORKERS + ROLES, sizeof(*p))) == NULL)
		out_of_memory();
	*list = p;
	*n = 1;
	process_init(&p[0], ROLE_PARENT, 0);
	if ((status = ask(a, &p[0])) != TOOL_OK ||
	    (status = collect(a, p, 1, &pool)) != TOOL_OK)
		return status;
	if (pool.workers > MAX_WORKERS)
		pool.workers = MAX_WORKERS;
	process_init(&p[(*n)++], ROLE_FRONT, 0);
	for (i = 0; i < pool.workers; i++)
		process_init(&p[(*n)++], ROLE_WORKER, (uint32_t)i);
	process_init(&p[(*n)++], ROLE_KEEPER, 0);
	process_init(&p[(*n)++], ROLE_VERIFIER, 0);
	if (pool.authorizer)
		process_init(&p[(*n)++], ROLE_AUTHORIZER, 0);
	for (i = 1; i < *n; i++)
		if ((status = ask(a, &p[i])) != TOOL_OK)
			return status;
	return collect(a, p + 1, *n - 1, &pool);
}

static int
print(struct process *list, size_t n)
{
	struct table *t;
	int status = TOOL_OK;

	t = table_new(columns, sizeof(columns) / sizeof(columns[0]), tool.json);
	for (size_t i = 0; i < n; i++) {
		if (list[i].state == NULL)
			list[i].state = copy_of("did not answer", 14);
		if (strcmp(list[i].state, "ok") != 0)
			status = TOOL_NO;
		table_add(t, &list[i]);
	}
	table_end(t);
	return status;
}

static int
run(int argc, char **argv)
{
	struct process *list = NULL;
	struct admin a;
	size_t n = 0, i;
	int status;

	while (option_next(argc, argv, NULL) != -1)
		;
	(void)operands(argc, argv, 0, 0);
	if ((status = admin_open(&a)) != TOOL_OK)
		return status;
	if ((status = ask_all(&a, &list, &n)) == TOOL_OK)
		status = print(list, n);
	for (i = 0; i < n; i++) {
		free(list[i].state);
		free((void *)(uintptr_t)list[i].counters.data);
	}
	free(list);
	admin_close(&a);
	return status;
}

const struct command status_command = {
	.name = "status",
	.summary = "show how every process of the daemon does",
	.help = "\n"
		"Shows each process of the daemon with its counters.  The exit "
		"status is 1 where\none of them did not answer.\n\n"
		"Example:\n"
		"  tlspool-cli --json status\n",
	.run = run,
};
