/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * keeper_ask: asks, and sees that there is an answer.
 */
#include <config.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ipc/app.h"
#include "test/unit/keeper_ask.h"

struct play play;

static int
open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd != -1);
	return fd;
}

struct admin_result
add_files(const char *name, const char *cert, const char *key, bool copy)
{
	struct admin_id_add msg = { .name = name, .copy = copy };
	struct admin_result ans;
	char ref[512];
	int fds[2];
	unsigned nfds = 0;

	fds[nfds++] = open_file(cert);
	if (copy) {
		fds[nfds++] = open_file(key);
	} else {
		msg.cert = cert;
		snprintf(ref, sizeof(ref), "file:%s", key);
		msg.key = ref;
	}
	play_admin(&play, &admin_id_add_schema, &msg, fds, nfds,
	    &admin_result_schema, &ans);
	while (nfds > 0)
		close(fds[--nfds]);
	return ans;
}

size_t
show_identity(const char *name, struct admin_id_row *first)
{
	struct admin_id_show msg = { .name = name };
	struct admin_rows rows;
	struct blob item;
	size_t n;

	play_admin(&play, &admin_id_show_schema, &msg, NULL, 0,
	    &admin_rows_schema, &rows);
	if (rows.error != 0)
		return 0;
	n = wire_list_count(rows.rows);
	if (first != NULL && wire_list_next(&rows.rows, &item) == 1)
		assert_int_equal(
		    message_decode(&admin_id_row_schema,
			(uint8_t *)(uintptr_t)item.data, item.len, first),
		    0);
	return n;
}

struct paper
add_identity(const char *name, const struct paper_wish *wish)
{
	const char *cert = play_path(&play, "c.pem");
	const char *key = play_path(&play, "k.pem");
	struct paper p = paper_make(wish);
	const struct paper *chain[] = { &p };
	struct admin_result ans;

	paper_write_chain(chain, 1, cert);
	paper_write_key(&p, key);
	ans = add_files(name, cert, key, true);
	if (ans.error != 0)
		fail_msg("%s", ans.text);
	return p;
}

void
add_simple_identity(const char *name, const char *certified)
{
	struct paper p =
	    add_identity(name, &(struct paper_wish){ .name = certified });

	paper_free(&p);
}

struct grant
usual_grant(void)
{
	static const uint8_t gids[] = { 0, 0, 0, 5, 0, 0, 0, 20 };
	static uint64_t sessions;

	return (struct grant){ .session = ++sessions,
		.worker = 0,
		.uid = ASK_UID,
		.gids = { gids, sizeof(gids) },
		.role = APP_ROLE_SERVER,
		.signatures = 1,
		.until = play_now() + 20000 };
}

struct credential_ans
ask_credential(struct credential_req req)
{
	struct credential_ans ans;

	play_ask(&play, 0, &credential_req_schema, &req, &credential_ans_schema,
	    &ans);
	return ans;
}

struct credential_row
first_row(struct credential_ans ans)
{
	struct credential_row row;
	struct blob item;

	assert_int_equal(ans.error, 0);
	assert_int_equal(wire_list_next(&ans.credentials, &item), 1);
	assert_int_equal(message_decode(&credential_row_schema,
			     (uint8_t *)(uintptr_t)item.data, item.len, &row),
	    0);
	return row;
}

struct sign_ans
ask_signature(unsigned worker, struct sign_req req)
{
	struct sign_ans ans;

	play_ask(&play, worker, &sign_req_schema, &req, &sign_ans_schema, &ans);
	return ans;
}
