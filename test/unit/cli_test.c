/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * cli_test: the subcommands of tlspool-cli that ask the daemon, against
 * daemons that answer well, badly, late, or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "test/unit/cli_play.h"

enum {
	HELD = 4, /* requests that are answered the other way round */
};

static void
test_refusals(void **state)
{
	(void)unlink(admin_path);
	assert_int_equal(RUN(NULL, reload_command, "reload"), TOOL_NO_DAEMON);
	printed("no daemon listens");
	assert_int_equal(RUN(closes, reload_command, "reload"), TOOL_NO);
	printed("closed the connection");
	assert_int_equal(RUN(refuses, reload_command, "reload"), TOOL_NO);
	printed("you may \\x1b[31mnot");
	assert_int_equal(
	    RUN(talks_nonsense, reload_command, "reload"), TOOL_NO);
	assert_int_equal(RUN(refuses, id_list_command, "list"), TOOL_NO);
	printed("you may \\x1b[31mnot");
	assert_int_equal(RUN(agrees, id_list_command, "list"), TOOL_NO);
	assert_int_equal(RUN(agrees, reload_command, "reload"), TOOL_OK);
	assert_string_equal(output, "");
}

static void
test_usage(void **state)
{
	assert_int_equal(RUN(NULL, reload_command, "reload", "x"), TOOL_USAGE);
	printed("one argument too many");
	assert_int_equal(
	    RUN(NULL, reload_command, "reload", "--x"), TOOL_USAGE);
	printed("no option --x");
	assert_int_equal(RUN(NULL, id_show_command, "show"), TOOL_USAGE);
	printed("argument is missing");
	assert_int_equal(
	    RUN(NULL, id_add_command, "add", "--cert"), TOOL_USAGE);
	printed("--cert needs an argument");
	assert_int_equal(
	    RUN(NULL, id_generate_command, "generate", "x", "--days", "0"),
	    TOOL_USAGE);
	printed("not a number from 1");
	assert_int_equal(RUN(NULL, id_command, "id", "fly"), TOOL_USAGE);
	printed("no subcommand \"fly\"");
	assert_int_equal(RUN(NULL, id_command, "id", "add", "--help"), TOOL_OK);
	printed("Usage: tlspool-cli [GLOBAL OPTIONS] id add");
}

/* Two workers, of which one is silent; a keeper that is not there. */
static bool
has_status(int sock, struct packet *p)
{
	static const uint8_t counters[] = "\0\0\0\12sessions=7";
	struct admin_status ask;
	struct admin_status_ans ans = {
		.pid = 4711, .started = 1, .memory = 3 * 1024 * 1024
	};

	if (packet_decode(&admin_status_schema, p, &ask) != 0)
		_exit(91);
	if (ask.role == ROLE_WORKER && ask.index == 1)
		return true;
	if (ask.role == ROLE_KEEPER) {
		result(sock, p, EAGAIN, "it is being replaced");
		return true;
	}
	ans.role = ask.role;
	ans.index = ask.index;
	ans.workers = ask.role == ROLE_PARENT ? 2 : 0;
	if (ask.role == ROLE_WORKER)
		ans.counters = (struct blob){ counters, sizeof(counters) - 1 };
	answer(sock, p, &admin_status_ans_schema, &ans);
	return true;
}

static void
test_status(void **state)
{
	assert_int_equal(RUN(has_status, status_command, "status"), TOOL_NO);
	printed("parent    4711");
	printed("worker 0  4711");
	printed("3.0 MiB  ok                    sessions=7");
	printed("did not answer        -");
	printed("it is being replaced  -");
}

/* Three sessions in pages of one; then a page that leads nowhere. */
static bool
has_sessions(int sock, struct packet *p)
{
	uint8_t space[4096];
	struct wire_writer list = { .data = space, .size = sizeof(space) };
	struct admin_rows page = { .more = true };
	struct admin_session_row row = { .uid = 0,
		.role = 1,
		.state = "established",
		.peer_name = "evil\x1b]0;x\a",
		.version = 0x0304,
		.received = 2048 };
	struct admin_sessions ask;

	if (p->header.type == ADMIN_STATUS)
		return has_status(sock, p);
	if (packet_decode(&admin_sessions_schema, p, &ask) != 0)
		_exit(93);
	row.session = ask.index * 100 + (ask.after % 100) + 1;
	if (ask.after % 100 < 3)
		put_row(&list, &admin_session_row_schema, &row);
	page.rows = (struct blob){ space, list.len };
	answer(sock, p, &admin_rows_schema, &page);
	return true;
}

static void
test_sessions(void **state)
{
	assert_int_equal(
	    RUN(has_sessions, sessions_command, "sessions"), TOOL_OK);
	printed("\n      1  root  server  established");
	printed("\n      3  root");
	printed("\n    103  root");
	printed("evil\\x1b]0;x\\x07");
	printed("2.0 KiB");
	assert_int_equal(
	    RUN(has_sessions, sessions_command, "sessions", "--json"), TOOL_OK);
	printed("{\"session\":103,\"worker\":1,\"uid\":0,\"user\":\"root\"");
	printed("\"peer\":\"evil\\u001B]0;x\\u0007\"");
}

static void
test_identities(void **state)
{
	assert_int_equal(
	    RUN(has_malformed_rows, id_list_command, "list"), TOOL_NO);
	printed("malformed row");
	assert_int_equal(
	    RUN(has_malformed_rows, id_show_command, "show", "x"), TOOL_NO);
	assert_int_equal(RUN(has_identity, id_list_command, "list"), TOOL_OK);
	printed("www.example.com  Ed25519  abcd000000000000");
	assert_int_equal(
	    RUN(has_identity, id_show_command, "show", "x"), TOOL_OK);
	printed("days ago");
	assert_int_equal(RUN(has_identity, id_remove_command, "remove", "--key",
			     "ABcd", "x"),
	    TOOL_OK);
	assert_int_equal(RUN(has_identity, id_remove_command, "remove", "--key",
			     "ffff", "x"),
	    TOOL_NO);
	printed("none of the keys");
	assert_int_equal(
	    RUN(has_odd_certificate, tlsa_command, "tlsa", "x"), TOOL_NO);
	printed("cannot be read");
	assert_int_equal(RUN(has_identity, tlsa_command, "tlsa", "x"), TOOL_NO);
	printed("is not known: the daemon does not send it");
	assert_int_equal(
	    RUN(has_malformed_rows, tlsa_command, "tlsa", "x"), TOOL_NO);
	printed("malformed row");
}

/* A certificate by its path, beside its descriptor. */
static bool
takes_paths(int sock, struct packet *p)
{
	struct admin_id_add add;

	if (packet_decode(&admin_id_add_schema, p, &add) != 0 || p->nfds != 1 ||
	    add.copy || add.cert == NULL || strcmp(add.cert, cert_path) != 0 ||
	    add.key == NULL || strncmp(add.key, "file:", 5) != 0 ||
	    strcmp(add.key + 5, cert_path) != 0)
		_exit(95);
	packet_close_fds(p);
	result(sock, p, 0, "warning: careful");
	return true;
}

static bool
takes_copies(int sock, struct packet *p)
{
	struct admin_id_add add;
	char text[8] = "";

	if (packet_decode(&admin_id_add_schema, p, &add) != 0 || p->nfds != 2 ||
	    !add.copy || add.cert != NULL || add.key != NULL ||
	    read(p->fds[1], text, 4) != 4 || strcmp(text, "cert") != 0)
		_exit(96);
	packet_close_fds(p);
	return agrees(sock, p);
}

/* Answers HELD requests together, the last one first; refuses the odd. */
static bool
takes_many(int sock, struct packet *p)
{
	static struct packet held[HELD];
	static int n;
	bool all;

	packet_close_fds(p);
	held[n++].header = p->header;
	all = n == HELD;
	while (all && n > 0) {
		n--;
		if (held[n].header.request % 2 == 1)
			result(sock, &held[n], EINVAL, "odd");
		else
			(void)agrees(sock, &held[n]);
	}
	return true;
}

static void
test_id_add(void **state)
{
	char list[64];
	FILE *out;

	/* A path of the working directory becomes absolute. */
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(RUN(takes_paths, id_add_command, "add", "x", "--cert",
			     "cert.pem", "--key", "file:cert.pem"),
	    TOOL_OK);
	printed("warning: careful");
	assert_int_equal(RUN(takes_copies, id_add_command, "add", "x", "--copy",
			     "--cert", cert_path, "--key", "cert.pem"),
	    TOOL_OK);
	assert_int_equal(RUN(NULL, id_add_command, "add", "x", "--cert",
			     "none.pem", "--key", "cert.pem"),
	    TOOL_NO);
	printed("cannot read none.pem: No such file");
	assert_int_equal(RUN(NULL, id_add_command, "add", "x", "--cert",
			     "cert.pem", "--key", "pkcs11:x", "--copy"),
	    TOOL_USAGE);
	snprintf(list, sizeof(list), "%s/list", folder);
	out = fopen(list, "w");
	assert_non_null(out);
	fputs("# a comment\n\n", out);
	for (int i = 0; i < 40; i++)
		fprintf(
		    out, "h%d.example.com %s\t%s\n", i, cert_path, cert_path);
	fputs("only\na b c d\n", out);
	(void)fclose(out);
	assert_int_equal(
	    RUN(takes_many, id_add_command, "add", "--from", list), TOOL_NO);
	printed("line 3: odd");
	printed("line 41: odd");
	printed("line 43: a line is NAME CHAIN [KEY]");
	printed("line 44: a line is NAME CHAIN [KEY]");
	assert_null(strstr(output, "line 4: odd"));
	(void)unlink(list);
}

static bool
allows(int sock, struct packet *p)
{
	struct admin_acl_ans ans = { .line = 7, .rule = "allow any * user=x" };
	struct admin_acl_explain ask;

	if (packet_decode(&admin_acl_explain_schema, p, &ask) != 0 ||
	    ask.uid != 12345 || ask.gids.len != 4 ||
	    memcmp(ask.gids.data, "\0\0\x1\x2", 4) != 0 || ask.role != 1 ||
	    strcmp(ask.unit, "x.service") != 0)
		_exit(97);
	ans.allowed = strcmp(ask.identity, "www.example.com") == 0;
	answer(sock, p, &admin_acl_ans_schema, &ans);
	return true;
}

static void
test_acl_explain(void **state)
{
	assert_int_equal(RUN(allows, acl_explain_command, "explain", "--user",
			     "12345", "--group", "258", "--unit", "x.service",
			     "server", "www.example.com"),
	    TOOL_OK);
	assert_string_equal(output, "allowed by line 7: allow any * user=x\n");
	assert_int_equal(RUN(allows, acl_explain_command, "explain", "--user",
			     "12345", "--group", "258", "--unit", "x.service",
			     "server", "example.org"),
	    TOOL_NO);
	printed("denied by line 7");
	assert_int_equal(
	    RUN(NULL, acl_explain_command, "explain", "peer", "x"), TOOL_USAGE);
	assert_int_equal(RUN(NULL, acl_explain_command, "explain", "--user",
			     "no such user", "client", "x"),
	    TOOL_USAGE);
}

static void
test_acl_check(void **state)
{
	char path[64];
	FILE *out;

	snprintf(path, sizeof(path), "%s/acl", folder);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs("# fine\nallow any * user=root\n", out);
	(void)fflush(out);
	assert_int_equal(RUN(NULL, acl_check_command, "check", path), TOOL_OK);
	assert_string_equal(output, "");
	fputs("allow everything\n", out);
	(void)fclose(out);
	assert_int_equal(RUN(NULL, acl_check_command, "check", path), TOOL_NO);
	printed("line 3:");
	(void)unlink(path);
	assert_int_equal(RUN(NULL, acl_check_command, "check", path), TOOL_NO);
	printed("cannot open");
}

/* Two pages, of which the first is empty: it looked at others. */
static bool
has_verdicts(int sock, struct packet *p)
{
	struct admin_rows page = { .more = true, .next = "0123" };
	struct admin_cache_row row = { .key = { key_id, sizeof(key_id) },
		.name = "mail.example.org",
		.role = 1,
		.made = 1,
		.until = 1700000000,
		.error = EKEYREJECTED,
		.reason = "its key is not \x1b[31mpinned" };
	struct admin_cache_list ask;
	struct wire_writer w = { .data = p->data, .size = sizeof(p->data) };
	uint8_t buf[1024];
	int len;

	if (packet_decode(&admin_cache_list_schema, p, &ask) != 0 ||
	    strcmp(ask.pattern, "*.org") != 0)
		_exit(91);
	if (ask.after == NULL) {
		answer(sock, p, &admin_rows_schema, &page);
		return true;
	}
	if (strcmp(ask.after, "0123") != 0)
		_exit(92);
	len =
	    message_encode(&admin_cache_row_schema, 0, &row, buf, sizeof(buf));
	wire_put_string(&w, buf, (size_t)len);
	page = (struct admin_rows){ .rows = { w.data, w.len } };
	answer(sock, p, &admin_rows_schema, &page);
	return true;
}

static void
test_cache(void **state)
{
	assert_int_equal(
	    RUN(has_verdicts, cache_list_command, "list", "*.org"), TOOL_OK);
	printed("mail.example.org  server  no");
	assert_int_equal(
	    RUN(has_verdicts, cache_show_command, "show", "*.org"), TOOL_OK);
	printed("its key is not \\x1b[31mpinned");
	printed("abcd");
	assert_int_equal(
	    RUN(has_malformed_rows, cache_list_command, "list"), TOOL_NO);
	printed("malformed");
	assert_int_equal(
	    RUN(refuses, cache_flush_command, "flush", "*.org"), TOOL_NO);
	printed("you may");
	assert_int_equal(RUN(closes, cache_flush_command, "flush"), TOOL_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_id_add),
		cmocka_unit_test(test_acl_explain),
		cmocka_unit_test(test_acl_check),
		cmocka_unit_test(test_cache),
	};

	return cmocka_run_group_tests(tests, play_begin, play_end);
}
