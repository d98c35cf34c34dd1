/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * id_add_list: many additions, some of them on their way at any time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool/admin.h"
#include "tool/clock.h"
#include "tool/command.h"
#include "tool/id_add.h"

enum {
	WINDOW = 32,	/* requests without an answer yet */
	PROGRESS = 200, /* milliseconds between two lines of it */
};

struct bulk {
	struct admin admin;
	const char *path;
	size_t line; /* being read */
	struct pending {
		uint32_t request; /* 0: none */
		size_t line;
	} pending[WINDOW];
	unsigned npending;
	size_t added, failed;
	int64_t shown;
};

static void
progress(struct bulk *b, bool last)
{
	int64_t now = clock_ms();

	if (!isatty(STDERR_FILENO) || (!last && now - b->shown < PROGRESS))
		return;
	b->shown = now;
	fprintf(stderr, "\r%zu added, %zu refused%s", b->added, b->failed,
	    last ? "\n" : "");
}

static void
refuse(struct bulk *b, size_t line, const char *why)
{
	b->failed++;
	complain("%s, line %zu: %s", b->path, line, why);
}

/* warning: NULL, or what should be said all the same. */
static void
added(struct bulk *b, size_t line, const char *warning)
{
	b->added++;
	if (warning != NULL)
		complain("%s, line %zu: %s", b->path, line, warning);
}

/* The place of a request, or a free one (request 0); NULL: there is none. */
static struct pending *
find(struct bulk *b, uint32_t request)
{
	for (size_t i = 0; i < WINDOW; i++)
		if (b->pending[i].request == request)
			return &b->pending[i];
	return NULL;
}

/* Waits for one answer and counts it. */
static int
take_answer(struct bulk *b)
{
	struct admin_result result = { 0 };
	const char *why = NULL;
	struct pending *p;
	int r, status = TOOL_NO;

	r = admin_receive(&b->admin, ADMIN_SLOW_TIMEOUT, &status);
	if (r == 0)
		complain(
		    "no answer came in %d seconds", ADMIN_SLOW_TIMEOUT / 1000);
	if (r != 1)
		return status;
	p = find(b, b->admin.packet->header.request);
	if (p == NULL || p->request == 0) {
		complain("the daemon answered a question that was not asked");
		return TOOL_NO;
	}
	p->request = 0;
	b->npending--;
	if (admin_decode(&b->admin, &admin_result_schema, &result, &why) !=
	    TOOL_OK)
		refuse(b, p->line, why);
	else if (result.error != 0)
		refuse(b, p->line,
		    result.text != NULL ? result.text
					: strerror((int)result.error));
	else
		added(b, p->line, result.text);
	progress(b, false);
	return TOOL_OK;
}

/* A line's addition goes out, once there is room in the window. */
static int
add_line(struct bulk *b, char *text, bool copy)
{
	char *field[4] = { NULL }, *save = NULL, error[512];
	struct id_addition add;
	struct pending *p;
	int status = TOOL_OK;

	for (size_t i = 0; i < 4; i++)
		field[i] = strtok_r(i == 0 ? text : NULL, " \t\r\n", &save);
	if (field[0] == NULL || *field[0] == '#')
		return TOOL_OK;
	if (field[1] == NULL || field[3] != NULL) {
		refuse(b, b->line, "a line is NAME CHAIN [KEY]");
		return TOOL_OK;
	}
	while (b->npending == WINDOW && status == TOOL_OK)
		status = take_answer(b);
	if (status != TOOL_OK)
		return status;
	if (id_addition_open(&add, field[0], field[1], field[2], copy, error,
		sizeof(error)) != 0) {
		refuse(b, b->line, error);
	} else if ((p = find(b, 0)) != NULL &&
		   (status = admin_send(&b->admin, &admin_id_add_schema,
			&add.ask, add.fds, add.nfds)) == TOOL_OK) {
		*p = (struct pending){ b->admin.last, b->line };
		b->npending++;
	}
	id_addition_close(&add);
	return status;
}

int
id_add_list(const char *path, bool copy)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	struct bulk b = { .path = path };
	char *text = NULL;
	size_t size = 0;
	int status;

	if (in == NULL) {
		complain("cannot open %s: %s", path, strerror(errno));
		return TOOL_NO;
	}
	status = admin_open(&b.admin);
	while (status == TOOL_OK && getline(&text, &size, in) != -1) {
		b.line++;
		status = add_line(&b, text, copy);
	}
	if (status == TOOL_OK && ferror(in)) {
		complain("cannot read %s: %s", path, strerror(errno));
		status = TOOL_NO;
	}
	while (status == TOOL_OK && b.npending > 0)
		status = take_answer(&b);
	progress(&b, true);
	if (status == TOOL_OK && b.failed > 0)
		status = TOOL_NO;
	admin_close(&b.admin);
	free(text);
	if (in != stdin)
		(void)fclose(in);
	return status;
}
