/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * sessions: who talks to whom through the pool now.
 */
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/ipc/app.h"
#include "tool/admin.h"
#include "tool/command.h"
#include "tool/session_words.h"
#include "tool/table.h"

enum {
	FLUSH_AT = 2000, /* rows that are held to align the columns */
};

struct session_row {
	struct admin_session_row session;
	uint64_t age;
	uint32_t worker;
};

/* Names of users are looked up once for a run of rows of the same one. */
static const char *
user_word(uint64_t uid)
{
	static uint64_t last = UINT64_MAX;
	static char name[64];
	struct passwd *pw;

	if (uid == last)
		return name;
	last = uid;
	pw = getpwuid((uid_t)uid);
	if (pw != NULL)
		snprintf(name, sizeof(name), "%s", pw->pw_name);
	else
		snprintf(name, sizeof(name), "%" PRIu64, uid);
	return name;
}

#define S struct session_row
static const struct column columns[] = {
	COLUMN(S, NUMBER, session.session, "SESSION", "session"),
	COLUMN(S, NUMBER, worker, NULL, "worker"),
	COLUMN(S, NUMBER, session.uid, NULL, "uid"),
	COLUMN_WORD(S, NUMBER, session.uid, "USER", "user", user_word),
	COLUMN_WORD(S, NUMBER, session.role, "ROLE", "role", role_word),
	COLUMN(S, TEXT, session.state, "STATE", "state"),
	COLUMN(S, TEXT, session.local_name, "LOCAL", "local"),
	COLUMN(S, TEXT, session.peer_name, "PEER", "peer"),
	COLUMN(S, TEXT, session.method, "HOW", "method"),
	COLUMN(S, TIME, session.until, "GOOD UNTIL", "until"),
	COLUMN(S, TEXT, session.service, NULL, "service"),
	COLUMN(S, TIME, session.since, NULL, "since"),
	COLUMN(S, ELAPSED, age, "AGE", NULL),
	COLUMN(S, BYTES, session.received, "IN", "received"),
	COLUMN(S, BYTES, session.sent, "OUT", "sent"),
	COLUMN_WORD(S, NUMBER, session.version, "TLS", "tls", tls_word),
	COLUMN(S, TEXT, session.cipher, "CIPHER", "cipher"),
	COLUMN(S, BOOLEAN, session.resumed, NULL, "resumed"),
	COLUMN(S, TEXT, session.evidence, "EVIDENCE", "evidence"),
};
#undef S

/* Adds the rows of a page; *after is the number of the last one. */
static int
add_page(struct table *t, struct admin_rows *page, uint32_t worker,
    uint64_t *after, size_t *rows)
{
	struct row_buffer buf = { NULL, 0 };
	struct session_row row = { .worker = worker };
	uint64_t now = (uint64_t)time(NULL);
	int r;

	while ((r = admin_row(page, &admin_session_row_schema, &buf,
		    &row.session)) == 1) {
		row.age = row.session.since != 0 && row.session.since < now
			      ? now - row.session.since
			      : 0;
		*after = row.session.session;
		table_add(t, &row);
		if (++*rows % FLUSH_AT == 0)
			table_flush(t);
	}
	free(buf.data);
	return r;
}

static int
add_worker(struct admin *a, struct table *t, uint32_t worker, size_t *rows)
{
	struct admin_sessions ask = { .index = worker };
	struct admin_rows page;
	uint64_t before;
	int status;

	do {
		before = ask.after;
		status = admin_ask(a, &admin_sessions_schema, &ask, NULL, 0,
		    &admin_rows_schema, &page, ADMIN_TIMEOUT);
		if (status != TOOL_OK)
			return status;
		if (page.error != 0) {
			complain("worker %" PRIu32 ": %s", worker,
			    page.text != NULL ? page.text
					      : strerror((int)page.error));
			return TOOL_NO;
		}
		if (add_page(t, &page, worker, &ask.after, rows) == -1) {
			complain(
			    "worker %" PRIu32 " sent a malformed row", worker);
			return TOOL_NO;
		}
		/* A page that leads nowhere would be asked for for ever. */
	} while (page.more && ask.after > before);
	return TOOL_OK;
}

static int
run(int argc, char **argv)
{
	struct table *t;
	struct admin a;
	uint32_t workers = 0, i;
	size_t rows = 0;
	int status;

	while (option_next(argc, argv, NULL) != -1)
		;
	(void)operands(argc, argv, 0, 0);
	if ((status = admin_open(&a)) != TOOL_OK)
		return status;
	if ((status = admin_workers(&a, &workers)) == TOOL_OK) {
		t = table_new(
		    columns, sizeof(columns) / sizeof(columns[0]), tool.json);
		/* A silent worker does not hide the sessions of the others. */
		for (i = 0; i < workers; i++)
			if (add_worker(&a, t, i, &rows) != TOOL_OK)
				status = TOOL_NO;
		table_end(t);
	}
	admin_close(&a);
	return status;
}

const struct command sessions_command = {
	.name = "sessions",
	.summary = "list the sessions: who talks to whom, since when",
	.help = "\n"
		"Lists the sessions of all workers.  HOW is the method that "
		"said yes to the peer, on\nthat EVIDENCE.  IN and OUT are "
		"bytes of plaintext, from and to the peer.\n\n"
		"Example:\n"
		"  tlspool-cli --json sessions | jq '.[] | "
		"select(.state == \"handshake\")'\n",
	.run = run,
};
