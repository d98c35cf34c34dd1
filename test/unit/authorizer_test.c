/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * authorizer_test: the process tlspool-authorizer with plugins that are good,
 * bad and none, and a test that is its parent and the verifier.
 */
#include <config.h>

#include <limits.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ipc/app.h"
#include "daemon/ipc/authorize.h"
#include "daemon/ipc/channel.h"
#include "daemon/ipc/control.h"
#include <tlspool/authorize.h>

#define GOOD	"test/unit/.libs/authorize_plugin.so"
#define EXAMPLE "examples/.libs/authorize-example.so"

static int control = -1, verifier = -1;
static pid_t child = -1;
static struct packet packet;

/* Receives a message of this type: 1; 0 where the process has gone. */
static int
receive(int sock, const struct message_schema *schema, void *msg)
{
	struct control_log line;

	for (;;) {
		if (channel_recv(sock, &packet, CHANNEL_WAIT) != 1)
			return 0;
		if (packet.header.type != CONTROL_LOG)
			break;
		assert_int_equal(
		    packet_decode(&control_log_schema, &packet, &line), 0);
		print_message("%s %s\n", line.event, line.text);
	}
	assert_int_equal(packet.header.type, schema->type);
	assert_int_equal(packet_decode(schema, &packet, msg), 0);
	return 1;
}

static void
tell(const struct message_schema *schema, const void *msg, const int *fds,
    unsigned n)
{
	assert_int_equal(
	    message_send(control, schema, 0, msg, fds, n, CHANNEL_WAIT), 0);
}

static void
spawn(const char *plugin)
{
	struct control_configure configure = { .workers = 1 };
	struct control_edge edge = { .role = ROLE_VERIFIER };
	struct control_begin go = { 0 };
	const struct passwd *me = getpwuid(getuid());
	char where[PATH_MAX];
	int pair[2], fds[3];
	FILE *files[3];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_not_equal(pair[1], CONTROL_FD);
	child = fork();
	assert_int_not_equal(child, -1);
	if (child == 0) {
		dup2(pair[1], CONTROL_FD);
		execl(
		    "./tlspool-authorizer", "tlspool-authorizer", (char *)NULL);
		_exit(127);
	}
	close(pair[1]);
	control = pair[0];
	assert_non_null(getcwd(where, sizeof(where)));
	for (int i = 0; i < 3; i++) {
		files[i] = tmpfile();
		assert_non_null(files[i]);
		fds[i] = fileno(files[i]);
	}
	fprintf(files[0],
	    "[daemon]\nuser = %s\n[authorization]\nplugin = %s/%s\n",
	    me->pw_name, where, plugin);
	assert_int_equal(fflush(files[0]), 0);
	tell(&control_configure_schema, &configure, fds, 3);
	for (int i = 0; i < 3; i++)
		fclose(files[i]);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	tell(&control_edge_schema, &edge, &pair[0], 1);
	close(pair[0]);
	verifier = pair[1];
	tell(&control_begin_schema, &go, NULL, 0);
}

/* It is there, and can be asked. */
static void
begin(const char *plugin)
{
	struct control_ready ready;
	struct authorize_ready asks;

	spawn(plugin);
	assert_int_equal(receive(control, &control_ready_schema, &ready), 1);
	assert_int_equal(receive(verifier, &authorize_ready_schema, &asks), 1);
}

/* Its status of wait(2), after its end. */
static int
reap(void)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	close(control);
	close(verifier);
	return status;
}

static void
end(void)
{
	struct control_stop stop = { 0 };

	tell(&control_stop_schema, &stop, NULL, 0);
	assert_int_equal(reap(), 0);
}

/* Asks about a peer: 1 and the answer, or 0 where the process has gone. */
static int
ask(const char *remote, const char *local, struct authorize_ans *ans)
{
	static uint32_t number;
	const struct authorize_req req = {
		.role = APP_ROLE_SERVER,
		.local = local,
		.remote = remote,
		.method = "pkix",
		.evidence = "a chain",
		.port = 25,
		.uid = 1000,
	};

	assert_int_equal(message_send(verifier, &authorize_req_schema, ++number,
			     &req, NULL, 0, CHANNEL_WAIT),
	    0);
	if (receive(verifier, &authorize_ans_schema, ans) == 0)
		return 0;
	assert_int_equal(packet.header.request, number);
	return 1;
}

static void
answers(void **state)
{
	static const struct {
		const char *remote;
		uint8_t verdict;
		const char *reason;
		uint32_t lifetime;
	} cases[] = {
		{ "allow.example", TLSPOOL_AUTHORIZE_ALLOW, "", 60 },
		{ "deny.example", TLSPOOL_AUTHORIZE_DENY, "", 0 },
		{ "defer.example", TLSPOOL_AUTHORIZE_DEFER, "", 0 },
		{ "repeat@example.org", TLSPOOL_AUTHORIZE_DENY,
		    "1|server|mail.example.com|repeat@example.org|pkix|"
		    "a chain|-|25|1000",
		    0 },
		{ "nonsense.example", TLSPOOL_AUTHORIZE_DENY,
		    "the plugin answered 12345, which is no verdict", 0 },
		{ "endless.example", TLSPOOL_AUTHORIZE_DENY,
		    "the plugin answered -1, which is no verdict", 0 },
		{ "folder.example", TLSPOOL_AUTHORIZE_ALLOW, "", 0 },
#ifndef WITH_SANITIZER
		{ "passwd.example", TLSPOOL_AUTHORIZE_DENY, "", 0 },
		{ "socket.example", TLSPOOL_AUTHORIZE_DENY, "", 0 },
#endif
		{ "allow.example", TLSPOOL_AUTHORIZE_ALLOW, "", 60 },
	};
	struct authorize_ans ans;

	(void)state;
	begin(GOOD);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(
		    ask(cases[i].remote, "mail.example.com", &ans), 1);
		if (ans.verdict != cases[i].verdict)
			fail_msg("%s: %u", cases[i].remote, ans.verdict);
		assert_string_equal(ans.reason, cases[i].reason);
		assert_int_equal(ans.lifetime, cases[i].lifetime);
	}
	end();
}

static void
dies_alone(void **state)
{
	static const char *const names[] = { "abort.example", "segv.example",
		"exit.example" };
	struct authorize_ans ans;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		begin(GOOD);
		assert_int_equal(ask(names[i], NULL, &ans), 0);
		(void)reap();
	}
}

static void
bad_plugins(void **state)
{
	static const char *const plugins[] = {
		"test/unit/.libs/authorize_plugin_version.so",
		"test/unit/.libs/authorize_plugin_without.so",
		"config.h",
		"test/unit/.libs/there-is-none.so",
	};
	struct control_ready ready;
	int status;

	(void)state;
	for (size_t i = 0; i < sizeof(plugins) / sizeof(*plugins); i++) {
		spawn(plugins[i]);
		assert_int_equal(
		    receive(control, &control_ready_schema, &ready), 0);
		status = reap();
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 0);
	}
	setenv("PLUGIN_REFUSES", "1", 1);
	spawn(GOOD);
	assert_int_equal(receive(control, &control_ready_schema, &ready), 0);
	status = reap();
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 0);
	unsetenv("PLUGIN_REFUSES");
}

/* What the example says, with a file of its own that changes. */
static void
example(void **state)
{
	static const char list[] = "examples/.libs/blocked";
	struct authorize_ans ans;
	FILE *f;

	(void)state;
	unlink(list);
	begin(EXAMPLE);
	assert_int_equal(ask("anna@example.com", "example.com", &ans), 1);
	assert_int_equal(ans.verdict, TLSPOOL_AUTHORIZE_ALLOW);
	assert_int_equal(ans.lifetime, 3600);
	assert_int_equal(ask("anna@example.org", "example.com", &ans), 1);
	assert_int_equal(ans.verdict, TLSPOOL_AUTHORIZE_DEFER);
	assert_int_equal(ask("anna@example.com", NULL, &ans), 1);
	assert_int_equal(ans.verdict, TLSPOOL_AUTHORIZE_DEFER);
	f = fopen(list, "w");
	assert_non_null(f);
	fputs("bob@example.com\nanna@example.com\n", f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(ask("anna@example.com", "example.com", &ans), 1);
	assert_int_equal(ans.verdict, TLSPOOL_AUTHORIZE_DENY);
	assert_string_equal(ans.reason, "anna@example.com is blocked");
	end();
	unlink(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(dies_alone),
		cmocka_unit_test(bad_plugins),
		cmocka_unit_test(example),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
