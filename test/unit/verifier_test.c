/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * verifier_test: the process tlspool-verifier, between a test that is its
 * parent and a test that is a worker, front and a liar.
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

#include "daemon/ipc/admin.h"
#include "daemon/ipc/app.h"
#include "daemon/ipc/authorize.h"
#include "daemon/ipc/channel.h"
#include "daemon/ipc/control.h"
#include "daemon/ipc/credential.h"
#include "daemon/ipc/grant.h"
#include "daemon/ipc/verify.h"
#include "test/unit/authority.h"

enum { WORKER = 2 };

static char folder[] = "verifier_test.XXXXXX";
static char anchors_path[PATH_MAX + 64], crls_path[PATH_MAX + 64],
    crl_path[PATH_MAX + 128], state_path[PATH_MAX + 64];
static int control = -1, worker = -1;
static const char *more = ""; /* of the configuration */
static unsigned cache_size;
static uint32_t grant_flags, grant_uid = 1000;
static pid_t child = -1;
static struct grant_keys keys;
static const uint8_t key[GRANT_KEY_SIZE] = { 42 };
static struct holder root, leaf, stranger;
static struct packet packet;

static void
write_file(const char *path, const void *data, size_t len)
{
	char next[160];
	FILE *f;

	snprintf(next, sizeof(next), "%s/next", folder);
	f = fopen(next, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(rename(next, path), 0);
}

/* Receives a message of this type, and shows lines for the log. */
static void
expect(int sock, const struct message_schema *schema, void *msg)
{
	struct control_log line;

	for (;;) {
		assert_int_equal(channel_recv(sock, &packet, CHANNEL_WAIT), 1);
		if (packet.header.type != CONTROL_LOG)
			break;
		assert_int_equal(
		    packet_decode(&control_log_schema, &packet, &line), 0);
		print_message("%s %s\n", line.event, line.text);
	}
	assert_int_equal(packet.header.type, schema->type);
	assert_int_equal(packet_decode(schema, &packet, msg), 0);
}

static void
tell(const struct message_schema *schema, const void *msg, const int *fds,
    unsigned n)
{
	assert_int_equal(
	    message_send(control, schema, 0, msg, fds, n, CHANNEL_WAIT), 0);
}

static void
configure(void)
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
	    me->pw_name, state_path, anchors_path, crls_path, cache_size, more);
	assert_int_equal(fflush(files[0]), 0);
	tell(&control_configure_schema, &msg, fds, 3);
	for (int i = 0; i < 3; i++)
		fclose(files[i]);
}

/* A new edge of that role; the other end is returned. */
static int
join(uint8_t role, uint32_t index)
{
	struct control_edge msg = { .role = role, .index = index };
	int pair[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	tell(&control_edge_schema, &msg, &pair[0], 1);
	close(pair[0]);
	return pair[1];
}

static void
spawn(void)
{
	int pair[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	child = fork();
	assert_int_not_equal(child, -1);
	if (child == 0) {
		if (pair[1] == CONTROL_FD)
			abort();
		dup2(pair[1], CONTROL_FD);
		execl("./tlspool-verifier", "tlspool-verifier", (char *)NULL);
		_exit(127);
	}
	close(pair[1]);
	control = pair[0];
}

/* As the parent does. */
static void
make_state(void)
{
	char path[sizeof(state_path) + 16];

	snprintf(path, sizeof(path), "%s/verifier", state_path);
	assert_int_equal(mkdir(state_path, 0755), 0);
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

static int
begin(void **state)
{
	static const struct shape ca = { .subject = { { OID_CN, "Root" } },
		.ca = true };
	static const struct shape named = {
		.alt = { { GNUTLS_SAN_DNSNAME, "www.example.com", 0 } }
	};
	struct control_grant_key grant_key = { 1, { key, sizeof(key) } };
	struct control_begin go = { 0 };
	struct control_ready ready;
	gnutls_datum_t pem;
	char where[PATH_MAX];

	(void)state;
	root = holder_make(&ca, NULL);
	leaf = holder_make(&named, &root);
	stranger = holder_make(&named, NULL);
	assert_non_null(mkdtemp(folder));
	assert_non_null(getcwd(where, sizeof(where)));
	snprintf(
	    anchors_path, sizeof(anchors_path), "%s/%s/anchors", where, folder);
	snprintf(crls_path, sizeof(crls_path), "%s/%s/crls", where, folder);
	snprintf(state_path, sizeof(state_path), "%s/%s/state", where, folder);
	make_state();
	snprintf(crl_path, sizeof(crl_path), "%s/root.crl", crls_path);
	assert_int_equal(mkdir(crls_path, 0755), 0);
	pem = pem_make(&(const struct holder *){ &root }, 1);
	write_file(anchors_path, pem.data, pem.size);
	gnutls_free(pem.data);

	grant_keys_add(&keys, 1, key);
	spawn();
	configure();
	tell(&control_grant_key_schema, &grant_key, NULL, 0);
	worker = join(ROLE_WORKER, WORKER);
	tell(&control_begin_schema, &go, NULL, 0);
	expect(control, &control_ready_schema, &ready);
	return 0;
}

static int
end(void **state)
{
	struct control_stop stop = { 0 };
	int status;

	(void)state;
	tell(&control_stop_schema, &stop, NULL, 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	holder_free(&root);
	holder_free(&leaf);
	holder_free(&stranger);
	close(control);
	close(worker);
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static uint64_t
boottime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* What is asked: the grant, and the certificate that the peer showed. */
struct inquiry {
	uint32_t worker;
	int64_t time_left; /* milliseconds */
	bool break_mac;
	const struct holder *peer; /* NULL: bytes that are no certificate */
	const char *name;
	bool trace;
	uint32_t port;
};

static void
send_inquiry(const struct inquiry *inquiry, uint32_t number)
{
	static uint8_t chain[CHAIN_MAX];
	uint8_t sealed[GRANT_MAX];
	struct grant grant = {
		.session = number,
		.worker = inquiry->worker,
		.uid = grant_uid,
		.role = APP_ROLE_CLIENT,
		.flags = grant_flags,
		.until = (uint64_t)((int64_t)boottime() + inquiry->time_left),
	};
	struct verify_req req = { .remote_name = inquiry->name,
		.trace = inquiry->trace,
		.port = inquiry->port };
	int len = grant_seal(&keys, &grant, sealed);

	assert_true(len > 0);
	if (inquiry->break_mac)
		sealed[len - 1] ^= 1;
	req.grant = (struct blob){ sealed, (size_t)len };
	req.chain =
	    inquiry->peer != NULL
		? chain_make(&inquiry->peer, 1, chain, sizeof(chain))
		: (struct blob){ (const uint8_t *)"\0\0\0\2\x30\x05", 6 };
	assert_int_equal(message_send(worker, &verify_req_schema, number, &req,
			     NULL, 0, CHANNEL_WAIT),
	    0);
}

static void
ask(const struct inquiry *inquiry, uint32_t number, struct verify_ans *ans)
{
	send_inquiry(inquiry, number);
	expect(worker, &verify_ans_schema, ans);
	assert_int_equal(packet.header.request, number);
}

static void
answers(void **state)
{
	static const struct {
		struct inquiry inquiry;
		int error;
	} cases[] = {
		{ { WORKER, 5000, false, &leaf, "www.example.com" }, 0 },
		{ { WORKER, 5000, false, &leaf, "example.com" }, EKEYREJECTED },
		{ { WORKER, 5000, false, &stranger, "www.example.com" },
		    EKEYREJECTED },
		{ { WORKER, 5000, false, NULL, "www.example.com" },
		    EKEYREJECTED },
		{ { WORKER, 5000, true, &leaf, "www.example.com" }, EACCES },
		{ { WORKER, -5000, false, &leaf, "www.example.com" }, EACCES },
		{ { WORKER + 1, 5000, false, &leaf, "www.example.com" },
		    EACCES },
		{ { WORKER, 5000, false, &leaf, "www.example.com" }, 0 },
	};
	struct verify_ans ans;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ask(&cases[i].inquiry, 100 + (uint32_t)i, &ans);
		assert_int_equal(ans.error, cases[i].error);
		if (ans.error != 0) {
			assert_null(ans.name);
			assert_true(strlen(ans.reason) > 0);
			continue;
		}
		assert_string_equal(ans.name, "www.example.com");
		assert_string_equal(ans.method, "pkix");
	}
}

/* How it came about is told to whoever asks for it, and to nobody else. */
static void
traces(void **state)
{
	static const struct {
		struct inquiry inquiry;
		int error;
		size_t certs;
	} cases[] = {
		{ { WORKER, 5000, false, &leaf, "www.example.com", true }, 0,
		    1 },
		{ { WORKER, 5000, false, &leaf, "example.com", true },
		    EKEYREJECTED, 1 },
		{ { WORKER, 5000, false, NULL, "www.example.com", true },
		    EKEYREJECTED, 1 },
		{ { WORKER, 5000, true, &leaf, "www.example.com", true },
		    EACCES, 0 },
		{ { WORKER, 5000, false, &leaf, "www.example.com", false }, 0,
		    0 },
	};
	struct verify_ans ans;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ask(&cases[i].inquiry, 200 + (uint32_t)i, &ans);
		assert_int_equal(ans.error, cases[i].error);
		assert_int_equal(wire_list_count(ans.certs), cases[i].certs);
		assert_int_equal(
		    wire_list_count(ans.steps) > 0, cases[i].certs > 0);
	}
}

/* The sandbox lets it read what is new. */
static void
takes_up_changes(void **state)
{
	const struct inquiry inquiry = { WORKER, 60000, false, &leaf,
		"www.example.com" };
	const struct holder *revoked[] = { &leaf };
	gnutls_datum_t crl =
	    crl_make(&root, revoked, 1, -60, HOUR, GNUTLS_X509_FMT_DER);
	gnutls_datum_t pem = pem_make(&(const struct holder *){ &stranger }, 1);
	struct verify_ans ans;

	(void)state;
	write_file(crl_path, crl.data, crl.size);
	gnutls_free(crl.data);
	usleep(1100 * 1000);
	ask(&inquiry, 1, &ans);
	assert_int_equal(ans.error, EKEYREVOKED);

	write_file(anchors_path, pem.data, pem.size);
	gnutls_free(pem.data);
	usleep(1100 * 1000);
	ask(&inquiry, 2, &ans);
	assert_int_equal(ans.error, EKEYREJECTED);
	ask(&(struct inquiry){ WORKER, 60000, false, &stranger,
		"www.example.com" },
	    3, &ans);
	assert_int_equal(ans.error, 0);
	configure();
	ask(&inquiry, 4, &ans);
	assert_int_equal(ans.error, EKEYREJECTED);
}

/* Sends a request of administration; the answer is in packet. */
static void
administer(const struct message_schema *schema, const void *msg,
    const struct message_schema *answer, void *ans)
{
	struct admin_routed routed = { 0 };
	uint8_t message[1024];
	int front = join(ROLE_FRONT, 0), pair[2];
	int len = message_encode(schema, 7, msg, message, sizeof(message));

	assert_true(len > 0);
	routed.message = (struct blob){ message, (size_t)len };
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(message_send(front, &admin_routed_schema, 0, &routed,
			     &pair[0], 1, CHANNEL_WAIT),
	    0);
	close(pair[0]);
	expect(pair[1], answer, ans);
	assert_int_equal(packet.header.request, 7);
	close(pair[1]);
	close(front);
}

/* A counter of its status. */
static unsigned long
counter(const char *name)
{
	struct admin_status status = { .role = ROLE_VERIFIER };
	struct admin_status_ans ans;
	struct blob item;
	size_t len = strlen(name);
	char number[24];

	administer(
	    &admin_status_schema, &status, &admin_status_ans_schema, &ans);
	assert_int_equal(ans.role, ROLE_VERIFIER);
	assert_int_equal(ans.pid, child);
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

static void
tells_its_status(void **state)
{
	(void)state;
	assert_int_equal(counter("anchors"), 1);
	assert_int_equal(counter("cached"), 0);
}

/* A worker that is taken over is reported, and another one is served. */
static void
reports_a_liar(void **state)
{
	struct control_fault fault;

	(void)state;
	assert_int_equal(send(worker, "\1\100\0\0\0\1\377garbage", 15, 0), 15);
	expect(control, &control_fault_schema, &fault);
	assert_int_equal(fault.role, ROLE_WORKER);
	assert_int_equal(fault.index, WORKER);
	close(worker);
	worker = join(ROLE_WORKER, WORKER);
	answers(state);
}

/*
 * Authorization, where the test is the authorizer.
 */

static const struct inquiry known = { WORKER, 60000, false, &leaf,
	"www.example.com" };

static void
use_plugin(bool yes)
{
	more = yes ? "[authorization]\nplugin = /nowhere\n"
		     "plugin-timeout = 300ms\n"
		   : "";
	configure();
}

/* A new authorizer, which can be asked. */
static int
join_authorizer(void)
{
	int sock = join(ROLE_AUTHORIZER, 0);
	struct authorize_ready ready = { 0 };

	assert_int_equal(message_send(sock, &authorize_ready_schema, 0, &ready,
			     NULL, 0, CHANNEL_WAIT),
	    0);
	return sock;
}

static void
plugin_says(int sock, uint8_t verdict, uint32_t lifetime, const char *reason)
{
	const struct authorize_ans ans = { verdict, reason, lifetime };
	struct authorize_req req;

	expect(sock, &authorize_req_schema, &req);
	assert_string_equal(req.remote, "www.example.com");
	assert_string_equal(req.method, "pkix");
	assert_int_equal(req.role, APP_ROLE_CLIENT);
	assert_int_equal(req.uid, grant_uid);
	assert_int_equal(
	    message_send(sock, &authorize_ans_schema, packet.header.request,
		&ans, NULL, 0, CHANNEL_WAIT),
	    0);
}

/* alert: what the peer is told of a refusal. */
static void
expect_verdict(uint32_t number, int error, unsigned alert, const char *word)
{
	struct verify_ans ans;

	expect(worker, &verify_ans_schema, &ans);
	assert_int_equal(packet.header.request, number);
	assert_int_equal(ans.error, error);
	if (error == 0)
		return;
	assert_int_equal(ans.alert, alert);
	if (strstr(ans.reason, word) == NULL)
		fail_msg("%s", ans.reason);
}

static void
asks_the_plugin(void **state)
{
	struct verify_ans ans;
	int sock;

	(void)state;
	use_plugin(true);
	sock = join_authorizer();
	send_inquiry(&known, 1);
	plugin_says(sock, 0, 0, "not \"today\"\n");
	expect_verdict(1, EPERM, GNUTLS_A_ACCESS_DENIED, "not 'today'?");
	send_inquiry(&known, 2);
	plugin_says(sock, 2, 0, "");
	expect_verdict(2, 0, 0, "");
	send_inquiry(&known, 3);
	plugin_says(sock, 1, 60, "");
	expect(worker, &verify_ans_schema, &ans);
	assert_int_equal(ans.error, 0);
	assert_true(ans.until <= (uint64_t)time(NULL) + 60);
	/* whoever is not known is not asked about, nor with the flag */
	ask(&(struct inquiry){ WORKER, 60000, false, &stranger,
		"www.example.com" },
	    4, &ans);
	assert_int_equal(ans.error, EKEYREJECTED);
	grant_flags = APP_SKIP_AUTHORIZATION;
	ask(&known, 5, &ans);
	grant_flags = 0;
	assert_int_equal(ans.error, 0);
	close(sock);
	use_plugin(false);
	ask(&known, 6, &ans);
	assert_int_equal(ans.error, 0);
}

/* A plugin that dies or hangs costs one verdict; those behind it wait. */
static void
loses_one_verdict(void **state)
{
	struct control_fault fault;
	struct authorize_req req;
	int sock;

	(void)state;
	use_plugin(true);
	sock = join_authorizer();
	/* At different ports, or they would be one question. */
	for (uint32_t i = 1; i <= 3; i++) {
		struct inquiry inquiry = known;

		inquiry.port = i;
		send_inquiry(&inquiry, i);
	}
	expect(sock, &authorize_req_schema, &req);
	close(sock);
	expect_verdict(
	    1, EPERM, GNUTLS_A_INTERNAL_ERROR, "ended without an answer");
	sock = join_authorizer();
	expect(sock, &authorize_req_schema, &req);
	/* 300 ms later */
	expect_verdict(2, EPERM, GNUTLS_A_INTERNAL_ERROR, "in time");
	expect(control, &control_fault_schema, &fault);
	assert_int_equal(fault.role, ROLE_AUTHORIZER);
	close(sock);
	sock = join_authorizer();
	plugin_says(sock, 1, 0, "");
	expect_verdict(3, 0, 0, "");
	close(sock);
	use_plugin(false);
}

/* Answers that nobody asked for, or that are none, are faults. */
static void
believes_no_liar(void **state)
{
	const struct authorize_ans yes = { 1, "", 0 };
	struct control_fault fault;
	struct authorize_req req;

	(void)state;
	use_plugin(true);
	for (int i = 0; i < 3; i++) {
		int sock = join_authorizer();

		if (i > 0) {
			send_inquiry(&known, 7);
			expect(sock, &authorize_req_schema, &req);
		}
		if (i < 2)
			assert_int_equal(
			    message_send(sock, &authorize_ans_schema,
				packet.header.request + 1, &yes, NULL, 0,
				CHANNEL_WAIT),
			    0);
		else
			assert_int_equal(
			    send(sock, "\1\111\0\0\0\1\1", 7, 0), 7);
		if (i > 0)
			expect_verdict(7, EPERM, GNUTLS_A_INTERNAL_ERROR,
			    "without an answer");
		expect(control, &control_fault_schema, &fault);
		assert_int_equal(fault.role, ROLE_AUTHORIZER);
		close(sock);
	}
	use_plugin(false);
}

/*
 * The cache.
 */

static void
trust_only(const struct holder *anchor)
{
	gnutls_datum_t pem = pem_make(&anchor, 1);

	write_file(anchors_path, pem.data, pem.size);
	gnutls_free(pem.data);
	configure();
}

static void
use_cache(bool yes)
{
	cache_size = yes ? 100 : 0;
	configure();
}

static void
ask_known(uint32_t port, uint32_t flags, int error)
{
	struct inquiry inquiry = known;
	struct verify_ans ans;

	inquiry.port = port;
	grant_flags = flags;
	ask(&inquiry, port, &ans);
	grant_flags = 0;
	assert_int_equal(ans.error, error);
	if (error != 0)
		return;
	assert_string_equal(ans.name, "www.example.com");
	assert_string_equal(ans.method, "pkix");
	assert_true(ans.until > (uint64_t)time(NULL));
}

/* What is found in the cache, and stored in it, by one question. */
static void
uses_the_cache(void **state)
{
	static const struct {
		uint32_t port, flags;
		unsigned found, stored;
	} steps[] = {
		{ 1, 0, 0, 1 },
		{ 1, 0, 1, 0 },
		{ 2, 0, 0, 1 },
		{ 1, APP_NO_CACHE_READ, 0, 1 },
		{ 1, APP_NO_CACHE_WRITE, 1, 0 },
		{ 1, APP_NO_CACHE_READ | APP_NO_CACHE_WRITE, 0, 0 },
		{ 3, APP_NO_CACHE_WRITE, 0, 0 },
		{ 3, 0, 0, 1 },
		{ 3, APP_REFUSE_USERS, 0, 1 },
		{ 3, APP_SKIP_AUTHORIZATION, 0, 1 },
		{ 3, 0, 1, 0 },
	};

	(void)state;
	(void)unlink(crl_path);
	trust_only(&root);
	use_cache(true);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		unsigned long found = counter("cache-found");
		unsigned long stored = counter("cache-stored");

		ask_known(steps[i].port, steps[i].flags, 0);
		if (counter("cache-found") != found + steps[i].found ||
		    counter("cache-stored") != stored + steps[i].stored)
			fail_msg("step %zu", i);
	}
	assert_int_equal(counter("cached"), 5);
}

/* The rows of a list, or of what was flushed. */
static unsigned
rows(const struct message_schema *schema, const char *pattern)
{
	/* the two have the same members */
	struct admin_cache_list ask_for = { .pattern = pattern };
	struct admin_cache_row row;
	struct admin_rows ans;
	struct blob item;
	uint8_t copy[4096];
	unsigned n = 0;

	administer(schema, &ask_for, &admin_rows_schema, &ans);
	assert_int_equal(ans.error, 0);
	assert_false(ans.more);
	for (; wire_list_next(&ans.rows, &item) == 1; n++) {
		assert_true(item.len < sizeof(copy));
		memcpy(copy, item.data, item.len);
		assert_int_equal(message_decode(&admin_cache_row_schema, copy,
				     item.len, &row),
		    0);
		assert_string_equal(row.name, "www.example.com");
		assert_string_equal(row.method, "pkix");
		assert_int_equal(row.role, APP_ROLE_SERVER);
		assert_int_equal(row.key.len, KEY_ID_SIZE);
	}
	return n;
}

static void
is_administered(void **state)
{
	struct admin_cache_list wrong = { .after = "nonsense" };
	struct admin_rows ans;

	(void)state;
	assert_int_equal(rows(&admin_cache_list_schema, NULL), 5);
	assert_int_equal(rows(&admin_cache_list_schema, "www.*"), 5);
	assert_int_equal(rows(&admin_cache_list_schema, "mail.*"), 0);
	administer(&admin_cache_list_schema, &wrong, &admin_rows_schema, &ans);
	assert_int_equal(ans.error, EINVAL);
	assert_int_equal(rows(&admin_cache_flush_schema, "mail.*"), 0);
	assert_int_equal(counter("cached"), 5);
	assert_int_equal(rows(&admin_cache_flush_schema, "www.example.com"), 5);
	assert_int_equal(counter("cached"), 0);
	ask_known(1, 0, 0);
	assert_int_equal(rows(&admin_cache_flush_schema, NULL), 0);
	assert_int_equal(counter("cached"), 0);
	ask_known(1, 0, 0);
	assert_int_equal(counter("cached"), 1);
}

/* Another process finds what one that was killed has remembered. */
static void
survives_its_end(void **state)
{
	struct control_grant_key grant_key = { 1, { key, sizeof(key) } };
	struct control_begin go = { 0 };
	struct control_ready ready;
	int status;

	(void)state;
	ask_known(4, 0, 0);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	close(control);
	close(worker);
	spawn();
	configure();
	tell(&control_grant_key_schema, &grant_key, NULL, 0);
	worker = join(ROLE_WORKER, WORKER);
	tell(&control_begin_schema, &go, NULL, 0);
	expect(control, &control_ready_schema, &ready);
	ask_known(4, 0, 0);
	ask_known(1, 0, 0);
	assert_int_equal(counter("cache-found"), 2);
	assert_int_equal(counter("cache-broken"), 0);
}

/* At once, and also when it is as it was before. */
static void
heeds_changes(void **state)
{
	unsigned long found = counter("cache-found");

	(void)state;
	trust_only(&stranger);
	ask_known(1, 0, EKEYREJECTED);
	assert_int_equal(rows(&admin_cache_list_schema, "www.*.org"), 0);
	trust_only(&root);
	assert_int_equal(counter("cache-found"), found);
	ask_known(1, 0, 0);
	assert_int_equal(counter("cache-found"), found + 1);
	more = "[authorization]\nrules = /nowhere\n";
	configure();
	ask_known(1, 0, EPERM);
	more = "";
	configure();
	ask_known(1, 0, 0);
	assert_int_equal(counter("cache-found"), found + 2);
}

/* The same question at the same time is asked once. */
static void
joins_questions(void **state)
{
	unsigned long joined = counter("joined");
	struct verify_ans ans;
	bool seen[20] = { false };
	int sock;

	(void)state;
	use_plugin(true);
	sock = join_authorizer();
	for (uint32_t i = 10; i < 20; i++)
		send_inquiry(&known, i);
	grant_uid++; /* a plugin may see a difference */
	send_inquiry(&known, 1);
	grant_uid--;
	grant_flags = APP_NO_CACHE_READ; /* wants one of its own */
	send_inquiry(&known, 2);
	grant_flags = APP_NO_CACHE_WRITE;
	send_inquiry(&known, 3); /* has that one */
	grant_flags = 0;
	plugin_says(sock, 1, 0, "");
	for (unsigned i = 0; i < 10; i++) {
		expect(worker, &verify_ans_schema, &ans);
		assert_int_equal(ans.error, 0);
		assert_in_range(packet.header.request, 10, 19);
		assert_false(seen[packet.header.request]);
		seen[packet.header.request] = true;
	}
	grant_uid++;
	plugin_says(sock, 0, 0, "never");
	grant_uid--;
	expect_verdict(1, EPERM, GNUTLS_A_ACCESS_DENIED, "never");
	plugin_says(sock, 1, 0, "");
	expect(worker, &verify_ans_schema, &ans);
	assert_int_equal(packet.header.request, 2);
	expect(worker, &verify_ans_schema, &ans);
	assert_int_equal(packet.header.request, 3);
	assert_int_equal(counter("joined"), joined + 10);
	/* All of that is remembered. */
	ask(&known, 4, &ans);
	assert_int_equal(ans.error, 0);
	grant_uid++;
	ask(&known, 5, &ans);
	grant_uid--;
	assert_int_equal(ans.error, EPERM);
	assert_string_equal(ans.reason,
	    "the plugin of authorization denies www.example.com: "
	    "never");
	close(sock);
	use_plugin(false);
}

/* A plugin that has died has said nothing about the peer. */
static void
forgets_failures(void **state)
{
	struct inquiry inquiry = known;
	struct authorize_req req;
	int sock;

	(void)state;
	inquiry.port = 77;
	use_plugin(true);
	sock = join_authorizer();
	send_inquiry(&inquiry, 1);
	expect(sock, &authorize_req_schema, &req);
	close(sock);
	expect_verdict(1, EPERM, GNUTLS_A_INTERNAL_ERROR, "ended");
	sock = join_authorizer();
	send_inquiry(&inquiry, 2);
	plugin_says(sock, 1, 0, "");
	expect_verdict(2, 0, 0, "");
	/* An order to forget is for what is under way, too. */
	inquiry.port = 78;
	send_inquiry(&inquiry, 3);
	assert_int_equal(rows(&admin_cache_flush_schema, NULL), 0);
	plugin_says(sock, 1, 0, "");
	expect_verdict(3, 0, 0, "");
	assert_int_equal(counter("cached"), 0);
	/* And a lifetime is its end. */
	send_inquiry(&inquiry, 4);
	plugin_says(sock, 1, 1, "");
	expect_verdict(4, 0, 0, "");
	sleep(2);
	send_inquiry(&inquiry, 5);
	plugin_says(sock, 1, 0, "");
	expect_verdict(5, 0, 0, "");
	close(sock);
	use_plugin(false);
	use_cache(false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(traces),
		cmocka_unit_test(asks_the_plugin),
		cmocka_unit_test(loses_one_verdict),
		cmocka_unit_test(believes_no_liar),
		cmocka_unit_test(reports_a_liar),
		cmocka_unit_test(takes_up_changes),
		cmocka_unit_test(tells_its_status),
		cmocka_unit_test(uses_the_cache),
		cmocka_unit_test(is_administered),
		cmocka_unit_test(survives_its_end),
		cmocka_unit_test(heeds_changes),
		cmocka_unit_test(joins_questions),
		cmocka_unit_test(forgets_failures),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, begin, end);
}
