/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * verifier_play: what the parent, the workers and the others say to it.
 */
#include <errno.h>
#include <ftw.h>
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
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ipc/app.h"
#include "daemon/ipc/authorize.h"
#include "daemon/ipc/control.h"
#include "daemon/ipc/credential.h"
#include "test/unit/verifier_play.h"

struct verifier_play play = {
	.folder = "verifier_play.XXXXXX",
	.control = -1,
	.worker = -1,
	.more = "",
	.uid = 1000,
	.pid = -1,
};

const struct inquiry play_known = { PLAY_WORKER, 60000, false, &play.leaf,
	"www.example.com" };

static const uint8_t key[GRANT_KEY_SIZE] = { 42 };

void
play_write(const char *path, const void *data, size_t len)
{
	char next[160];
	FILE *f;

	snprintf(next, sizeof(next), "%s/next", play.folder);
	f = fopen(next, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(rename(next, path), 0);
}

void
play_expect(int sock, const struct message_schema *schema, void *msg)
{
	struct control_log line;

	for (;;) {
		assert_int_equal(
		    channel_recv(sock, &play.packet, CHANNEL_WAIT), 1);
		if (play.packet.header.type != CONTROL_LOG)
			break;
		assert_int_equal(
		    packet_decode(&control_log_schema, &play.packet, &line), 0);
		print_message("%s %s\n", line.event, line.text);
	}
	assert_int_equal(play.packet.header.type, schema->type);
	assert_int_equal(packet_decode(schema, &play.packet, msg), 0);
}

void
play_tell(const struct message_schema *schema, const void *msg, const int *fds,
    unsigned n)
{
	assert_int_equal(
	    message_send(play.control, schema, 0, msg, fds, n, CHANNEL_WAIT),
	    0);
}

void
play_configure(void)
{
	struct control_configure msg = { .workers = 4 };
	const struct passwd *me = getpwuid(getuid());
	FILE *files[3];
	int fds[3];

	assert_non_null(me);
	for (int i = 0; i < 3; i++) {
		files[i] = tmpfile();
		assert_non_null(files[i]);
		fds[i] = fileno(files[i]);
	}
	fprintf(files[0],
	    "[daemon]\nuser = %s\nstate = %s\n[trust]\nanchors = %s\n"
	    "crls = %s\n[cache]\nsize = %u\n%s",
	    me->pw_name, play.state, play.anchors, play.crls, play.cache_size,
	    play.more);
	assert_int_equal(fflush(files[0]), 0);
	play_tell(&control_configure_schema, &msg, fds, 3);
	for (int i = 0; i < 3; i++)
		fclose(files[i]);
}

int
play_join(uint8_t role, uint32_t index)
{
	struct control_edge msg = { .role = role, .index = index };
	int pair[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	play_tell(&control_edge_schema, &msg, &pair[0], 1);
	close(pair[0]);
	return pair[1];
}

static void
spawn(void)
{
	int pair[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	play.pid = fork();
	assert_int_not_equal(play.pid, -1);
	if (play.pid == 0) {
		if (pair[1] == CONTROL_FD)
			abort();
		dup2(pair[1], CONTROL_FD);
		execl("./tlspool-verifier", "tlspool-verifier", (char *)NULL);
		_exit(127);
	}
	close(pair[1]);
	play.control = pair[0];
}

/* As the parent does. */
static void
make_state(void)
{
	char path[sizeof(play.state) + 16];

	snprintf(path, sizeof(path), "%s/verifier", play.state);
	assert_int_equal(mkdir(play.state, 0755), 0);
	assert_int_equal(mkdir(path, 0700), 0);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
play_start(void)
{
	struct control_grant_key grant_key = { 1, { key, sizeof(key) } };
	struct control_begin go = { 0 };
	struct control_ready ready;

	spawn();
	play_configure();
	play_tell(&control_grant_key_schema, &grant_key, NULL, 0);
	play.worker = play_join(ROLE_WORKER, PLAY_WORKER);
	play_tell(&control_begin_schema, &go, NULL, 0);
	play_expect(play.control, &control_ready_schema, &ready);
}

void
play_kill(void)
{
	int status;

	assert_int_equal(kill(play.pid, SIGKILL), 0);
	assert_int_equal(waitpid(play.pid, &status, 0), play.pid);
	close(play.control);
	close(play.worker);
}

int
play_begin(void **state)
{
	static const struct shape ca = { .subject = { { OID_CN, "Root" } },
		.ca = true };
	static const struct shape named = {
		.alt = { { GNUTLS_SAN_DNSNAME, "www.example.com", 0 } }
	};
	gnutls_datum_t pem;
	char where[PATH_MAX];

	(void)state;
	play.root = holder_make(&ca, NULL);
	play.leaf = holder_make(&named, &play.root);
	play.stranger = holder_make(&named, NULL);
	assert_non_null(mkdtemp(play.folder));
	assert_non_null(getcwd(where, sizeof(where)));
	snprintf(play.anchors, sizeof(play.anchors), "%s/%s/anchors", where,
	    play.folder);
	snprintf(
	    play.crls, sizeof(play.crls), "%s/%s/crls", where, play.folder);
	snprintf(
	    play.state, sizeof(play.state), "%s/%s/state", where, play.folder);
	make_state();
	snprintf(play.crl, sizeof(play.crl), "%s/root.crl", play.crls);
	assert_int_equal(mkdir(play.crls, 0755), 0);
	pem = pem_make(&(const struct holder *){ &play.root }, 1);
	play_write(play.anchors, pem.data, pem.size);
	gnutls_free(pem.data);

	grant_keys_add(&play.keys, 1, key);
	play_start();
	return 0;
}

int
play_end(void **state)
{
	struct control_stop stop = { 0 };
	int status;

	(void)state;
	play_tell(&control_stop_schema, &stop, NULL, 0);
	assert_int_equal(waitpid(play.pid, &status, 0), play.pid);
	assert_int_equal(status, 0);
	holder_free(&play.root);
	holder_free(&play.leaf);
	holder_free(&play.stranger);
	close(play.control);
	close(play.worker);
	return nftw(play.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static uint64_t
boottime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void
play_send(const struct inquiry *inquiry, uint32_t number)
{
	static uint8_t chain[CHAIN_MAX];
	uint8_t sealed[GRANT_MAX];
	struct grant grant = {
		.session = number,
		.worker = inquiry->worker,
		.uid = play.uid,
		.role = APP_ROLE_CLIENT,
		.flags = play.flags,
		.until = (uint64_t)((int64_t)boottime() + inquiry->time_left),
	};
	struct verify_req req = { .remote_name = inquiry->name,
		.trace = inquiry->trace,
		.port = inquiry->port };
	int len = grant_seal(&play.keys, &grant, sealed);

	assert_true(len > 0);
	if (inquiry->break_mac)
		sealed[len - 1] ^= 1;
	req.grant = (struct blob){ sealed, (size_t)len };
	req.chain =
	    inquiry->peer != NULL
		? chain_make(&inquiry->peer, 1, chain, sizeof(chain))
		: (struct blob){ (const uint8_t *)"\0\0\0\2\x30\x05", 6 };
	assert_int_equal(message_send(play.worker, &verify_req_schema, number,
			     &req, NULL, 0, CHANNEL_WAIT),
	    0);
}

void
play_ask(const struct inquiry *inquiry, uint32_t number, struct verify_ans *ans)
{
	play_send(inquiry, number);
	play_expect(play.worker, &verify_ans_schema, ans);
	assert_int_equal(play.packet.header.request, number);
}

void
play_administer(const struct message_schema *schema, const void *msg,
    const struct message_schema *answer, void *ans)
{
	struct admin_routed routed = { 0 };
	uint8_t message[1024];
	int front = play_join(ROLE_FRONT, 0), pair[2];
	int len = message_encode(schema, 7, msg, message, sizeof(message));

	assert_true(len > 0);
	routed.message = (struct blob){ message, (size_t)len };
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(message_send(front, &admin_routed_schema, 0, &routed,
			     &pair[0], 1, CHANNEL_WAIT),
	    0);
	close(pair[0]);
	play_expect(pair[1], answer, ans);
	assert_int_equal(play.packet.header.request, 7);
	close(pair[1]);
	close(front);
}

unsigned long
play_counter(const char *name)
{
	struct admin_status status = { .role = ROLE_VERIFIER };
	struct admin_status_ans ans;
	struct blob item;
	size_t len = strlen(name);
	char number[24];

	play_administer(
	    &admin_status_schema, &status, &admin_status_ans_schema, &ans);
	assert_int_equal(ans.role, ROLE_VERIFIER);
	assert_int_equal(ans.pid, play.pid);
	while (wire_list_next(&ans.counters, &item) == 1) {
		if (item.len <= len || memcmp(item.data, name, len) != 0 ||
		    item.data[len] != '=')
			continue;
		snprintf(number, sizeof(number), "%.*s",
		    (int)(item.len - len - 1),
		    (const char *)item.data + len + 1);
		return strtoul(number, NULL, 10);
	}
	fail_msg("there is no %s", name);
	return 0;
}

/*
 * Authorization, where the test is the authorizer.
 */

void
play_use_plugin(bool yes)
{
	play.more = yes ? "[authorization]\nplugin = /nowhere\n"
			  "plugin-timeout = 300ms\n"
			: "";
	play_configure();
}

int
play_join_authorizer(void)
{
	int sock = play_join(ROLE_AUTHORIZER, 0);
	struct authorize_ready ready = { 0 };

	assert_int_equal(message_send(sock, &authorize_ready_schema, 0, &ready,
			     NULL, 0, CHANNEL_WAIT),
	    0);
	return sock;
}

void
play_plugin_says(
    int sock, uint8_t verdict, uint32_t lifetime, const char *reason)
{
	const struct authorize_ans ans = { verdict, reason, lifetime };
	struct authorize_req req;

	play_expect(sock, &authorize_req_schema, &req);
	assert_string_equal(req.remote, "www.example.com");
	assert_string_equal(req.method, "pkix");
	assert_int_equal(req.role, APP_ROLE_CLIENT);
	assert_int_equal(req.uid, play.uid);
	assert_int_equal(
	    message_send(sock, &authorize_ans_schema,
		play.packet.header.request, &ans, NULL, 0, CHANNEL_WAIT),
	    0);
}

void
play_expect_verdict(
    uint32_t number, int error, unsigned alert, const char *word)
{
	struct verify_ans ans;

	play_expect(play.worker, &verify_ans_schema, &ans);
	assert_int_equal(play.packet.header.request, number);
	assert_int_equal(ans.error, error);
	if (error == 0)
		return;
	assert_int_equal(ans.alert, alert);
	if (strstr(ans.reason, word) == NULL)
		fail_msg("%s", ans.reason);
}
