/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * grant_test: the real keeper, with this test as its parent, as front and as
 * two workers that were taken over: what can they have signed?
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "daemon/ipc/admin.h"
#include "daemon/ipc/app.h"
#include "daemon/ipc/channel.h"
#include "daemon/ipc/control.h"
#include "daemon/ipc/credential.h"
#include "daemon/ipc/grant.h"

#define NAME  "server.example.com"
#define OTHER "other.example.com"

enum {
	WORKERS = 2,
	PATIENCE = 30000, /* milliseconds, for a slow machine */
	MINUTE = 60000,
};

static struct {
	pid_t pid;
	int control;
	int front;
	int worker[WORKERS];
	char dir[64];
	struct grant_keys keys;
} keeper;

static struct packet packet; /* large: one for all */

/* A key of an identity, as a worker sees it. */
struct credential {
	uint8_t key[KEY_ID_SIZE];
	unsigned pk;
	gnutls_pubkey_t pubkey;
};

static uint64_t
now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Waits for an answer; 1, or 0 where the other end has gone. */
static int
receive(int sock)
{
	struct pollfd pfd = { .fd = sock, .events = POLLIN };
	int r;

	do {
		assert_int_equal(poll(&pfd, 1, PATIENCE), 1);
		r = channel_recv(sock, &packet, 0);
		assert_true(r != -1 || errno == ECONNRESET);
	} while (r == 1 && packet.header.type == CREDENTIAL_FORGET);
	return r == 1;
}

/* Waits for a message from the keeper to its parent; its log is shown. */
static int
receive_control(uint8_t wanted)
{
	struct control_log line;

	while (receive(keeper.control)) {
		if (packet.header.type == wanted)
			return 1;
		if (packet.header.type == CONTROL_LOG &&
		    packet_decode(&control_log_schema, &packet, &line) == 0)
			print_message("keeper: %s %s\n", line.event, line.text);
	}
	return 0;
}

static void
tell(const struct message_schema *schema, const void *msg, const int *fds,
    unsigned nfds)
{
	assert_int_equal(message_send(keeper.control, schema, 0, msg, fds, nfds,
			     CHANNEL_WAIT),
	    0);
}

static int
text_file(const char *text)
{
	int fd = memfd_create("text", MFD_CLOEXEC);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static void
configure(void)
{
	struct control_configure msg = { .workers = WORKERS };
	char text[256];
	int fds[3];

	snprintf(text, sizeof(text),
	    "[daemon]\nstate = %s\nlog-level = info\n"
	    "user = none\nkeeper-user = none\n",
	    keeper.dir);
	fds[0] = text_file(text);
	fds[1] = text_file("");
	fds[2] = text_file("");
	tell(&control_configure_schema, &msg, fds, 3);
	for (int i = 0; i < 3; i++)
		(void)close(fds[i]);
}

static int
edge(enum role role, uint32_t index)
{
	struct control_edge msg = { .role = (uint8_t)role, .index = index };
	int pair[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	tell(&control_edge_schema, &msg, &pair[1], 1);
	(void)close(pair[1]);
	return pair[0];
}

static void
grant_key(uint32_t number)
{
	struct control_grant_key msg = { .number = number };
	uint8_t key[GRANT_KEY_SIZE];

	assert_int_equal(gnutls_rnd(GNUTLS_RND_KEY, key, sizeof(key)), 0);
	grant_keys_add(&keeper.keys, number, key);
	msg.key = (struct blob){ key, sizeof(key) };
	tell(&control_grant_key_schema, &msg, NULL, 0);
}

/* Where the build puts the program; the test runs in the build folder. */
static void
run_keeper(int control)
{
	const char *path = getenv("TLSPOOL_KEEPER");
	char name[] = "tlspool-keeper";
	char *argv[] = { name, NULL };

	if (dup2(control, CONTROL_FD) == -1)
		_exit(126);
	(void)execv(path != NULL ? path : "./tlspool-keeper", argv);
	_exit(127);
}

/* Has the keeper make a key of an identity. */
static void
generate(const char *name, const char *type)
{
	struct admin_id_generate msg = {
		.name = name, .type = type, .days = 1
	};
	struct admin_routed routed = { .uid = getuid() };
	struct admin_result result;
	uint8_t buf[1024];
	int pair[2], len;

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	len = message_encode(
	    &admin_id_generate_schema, 1, &msg, buf, sizeof(buf));
	assert_true(len > 0);
	routed.message = (struct blob){ buf, (size_t)len };
	assert_int_equal(message_send(keeper.front, &admin_routed_schema, 1,
			     &routed, &pair[1], 1, CHANNEL_WAIT),
	    0);
	(void)close(pair[1]);
	assert_true(receive(pair[0]));
	assert_int_equal(
	    packet_decode(&admin_result_schema, &packet, &result), 0);
	if (result.error != 0)
		fail_msg("%s", result.text);
	(void)close(pair[0]);
}

static int
begin(void **state)
{
	struct control_begin msg = { 0 };
	int pair[2];

	memset(&keeper, 0, sizeof(keeper));
	snprintf(keeper.dir, sizeof(keeper.dir), "/tmp/tlspool-grant-XXXXXX");
	assert_non_null(mkdtemp(keeper.dir));
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	keeper.pid = fork();
	assert_int_not_equal(keeper.pid, -1);
	if (keeper.pid == 0)
		run_keeper(pair[1]);
	(void)close(pair[1]);
	keeper.control = pair[0];
	configure();
	grant_key(1);
	keeper.front = edge(ROLE_FRONT, 0);
	for (uint32_t i = 0; i < WORKERS; i++)
		keeper.worker[i] = edge(ROLE_WORKER, i);
	tell(&control_begin_schema, &msg, NULL, 0);
	assert_true(receive_control(CONTROL_READY));
	generate(NAME, "ecdsa");
	generate(NAME, "rsa");
	generate(OTHER, "ecdsa");
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

static int
end(void **state)
{
	struct control_stop msg = { 0 };
	int status = -1;

	tell(&control_stop_schema, &msg, NULL, 0);
	while (receive_control(CONTROL_DRAINED))
		;
	assert_int_equal(waitpid(keeper.pid, &status, 0), keeper.pid);
	assert_int_equal(status, 0);
	(void)close(keeper.control);
	(void)close(keeper.front);
	for (int i = 0; i < WORKERS; i++)
		(void)close(keeper.worker[i]);
	(void)nftw(keeper.dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}

/* A grant as front makes it, for a new session. */
static struct grant
usual(void)
{
	static uint64_t session;

	return (struct grant){ .session = ++session,
		.worker = 0,
		.uid = getuid(),
		.gids = { (const uint8_t *)"", 0 },
		.role = APP_ROLE_SERVER,
		.name = NAME,
		.signatures = 1,
		.until = now() + MINUTE };
}

static size_t
seal(struct grant g, uint8_t *buf)
{
	int len = grant_seal(&keeper.keys, &g, buf);

	assert_true(len > 0);
	return (size_t)len;
}

/* Asks for the credentials of a name: the error; 0: *c is the first whose
 * key is of the type pk. */
static uint32_t
credential(int worker, const uint8_t *grant, size_t len, const char *name,
    unsigned pk, struct credential *c)
{
	struct credential_req req = { .grant = { grant, len }, .name = name };
	struct credential_ans ans;
	struct credential_row row;
	struct blob item, der;
	gnutls_datum_t d;
	gnutls_x509_crt_t crt;
	uint8_t copy[4096];

	assert_int_equal(
	    message_send(keeper.worker[worker], &credential_req_schema, 7, &req,
		NULL, 0, CHANNEL_WAIT),
	    0);
	assert_true(receive(keeper.worker[worker]));
	assert_int_equal(packet.header.request, 7);
	assert_int_equal(
	    packet_decode(&credential_ans_schema, &packet, &ans), 0);
	if (ans.error != 0) {
		assert_non_null(ans.reason);
		return ans.error;
	}
	while (wire_list_next(&ans.credentials, &item) == 1) {
		assert_true(item.len < sizeof(copy));
		memcpy(copy, item.data, item.len);
		assert_int_equal(message_decode(&credential_row_schema, copy,
				     item.len, &row),
		    0);
		if (c == NULL || row.pk != pk)
			continue;
		assert_int_equal(row.key.len, KEY_ID_SIZE);
		memcpy(c->key, row.key.data, KEY_ID_SIZE);
		c->pk = row.pk;
		assert_int_equal(wire_list_next(&row.chain, &der), 1);
		d = (gnutls_datum_t){ (unsigned char *)(uintptr_t)der.data,
			(unsigned)der.len };
		assert_int_equal(gnutls_x509_crt_init(&crt), 0);
		assert_int_equal(
		    gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_DER), 0);
		assert_int_equal(gnutls_pubkey_init(&c->pubkey), 0);
		assert_int_equal(
		    gnutls_pubkey_import_x509(c->pubkey, crt, 0), 0);
		gnutls_x509_crt_deinit(crt);
		return 0;
	}
	assert_null(c);
	return 0;
}

/* Asks for a signature: the error, or 0 and the signature is right. */
static uint32_t
sign(int worker, const uint8_t *grant, size_t len, const struct credential *c,
    unsigned algorithm, size_t digest_len)
{
	static const uint8_t digest[64] = "0123456789abcdef0123456789abcdef";
	struct sign_req req = { .grant = { grant, len },
		.key = { c->key, KEY_ID_SIZE },
		.algorithm = algorithm,
		.digest = { digest, digest_len } };
	struct sign_ans ans;
	gnutls_datum_t d = { (unsigned char *)(uintptr_t)digest,
		(unsigned)digest_len };
	gnutls_datum_t s;

	assert_int_equal(message_send(keeper.worker[worker], &sign_req_schema,
			     8, &req, NULL, 0, CHANNEL_WAIT),
	    0);
	assert_true(receive(keeper.worker[worker]));
	assert_int_equal(packet.header.request, 8);
	assert_int_equal(packet_decode(&sign_ans_schema, &packet, &ans), 0);
	if (ans.error != 0) {
		assert_non_null(ans.reason);
		assert_int_equal(ans.signature.len, 0);
		return ans.error;
	}
	s = (gnutls_datum_t){ (unsigned char *)(uintptr_t)ans.signature.data,
		(unsigned)ans.signature.len };
	assert_true(gnutls_pubkey_verify_hash2(c->pubkey,
			(gnutls_sign_algorithm_t)algorithm, 0, &d, &s) >= 0);
	return 0;
}

static void
test_one_signature(void **state)
{
	uint8_t grant[GRANT_MAX];
	size_t len = seal(usual(), grant);
	struct credential c;

	assert_int_equal(
	    credential(0, grant, len, NAME, GNUTLS_PK_ECDSA, &c), 0);
	assert_int_equal(
	    sign(0, grant, len, &c, GNUTLS_SIGN_ECDSA_SHA256, 32), 0);
	/* twice with the same */
	assert_int_equal(
	    sign(0, grant, len, &c, GNUTLS_SIGN_ECDSA_SHA256, 32), EACCES);
	/* … and asking for the credentials again gives no second one */
	(void)credential(0, grant, len, NAME, GNUTLS_PK_ECDSA, NULL);
	assert_int_equal(
	    sign(0, grant, len, &c, GNUTLS_SIGN_ECDSA_SHA256, 32), EACCES);
	gnutls_pubkey_deinit(c.pubkey);
}

static void
test_as_many_as_it_says(void **state)
{
	uint8_t grant[GRANT_MAX];
	struct grant g = usual();
	struct credential c;
	size_t len;

	g.signatures = 3;
	len = seal(g, grant);
	assert_int_equal(credential(0, grant, len, NAME, GNUTLS_PK_RSA, &c), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(sign(0, grant, len, &c,
				     GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, 32),
		    0);
	assert_int_equal(
	    sign(0, grant, len, &c, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, 32),
	    EACCES);
	gnutls_pubkey_deinit(c.pubkey);
}

static void
test_without_a_grant(void **state)
{
	uint8_t good[GRANT_MAX], bad[GRANT_MAX];
	size_t len = seal(usual(), good);
	struct credential c;

	assert_int_equal(
	    credential(0, good, len, NAME, GNUTLS_PK_ECDSA, &c), 0);
	memset(bad, 0x5a, sizeof(bad));
	assert_int_equal(credential(0, bad, 200, NAME, 0, NULL), EACCES);
	assert_int_equal(
	    sign(0, bad, 200, &c, GNUTLS_SIGN_ECDSA_SHA256, 32), EACCES);
	/* one bit, anywhere */
	for (size_t i = 0; i < len; i++) {
		memcpy(bad, good, len);
		bad[i] ^= 1;
		assert_int_equal(
		    sign(0, bad, len, &c, GNUTLS_SIGN_ECDSA_SHA256, 32),
		    EACCES);
	}
	/* cut short */
	assert_int_equal(
	    sign(0, good, len - 1, &c, GNUTLS_SIGN_ECDSA_SHA256, 32), EACCES);
	/* the good one has not been used up by all that */
	assert_int_equal(
	    sign(0, good, len, &c, GNUTLS_SIGN_ECDSA_SHA256, 32), 0);
	gnutls_pubkey_deinit(c.pubkey);
}

static void
test_without_credentials(void **state)
{
	uint8_t first[GRANT_MAX], second[GRANT_MAX];
	size_t len = seal(usual(), first);
	size_t second_len = seal(usual(), second);
	struct credential c;

	assert_int_equal(
	    credential(0, first, len, NAME, GNUTLS_PK_ECDSA, &c), 0);
	/* a grant whose name was never asked for */
	assert_int_equal(
	    sign(0, second, second_len, &c, GNUTLS_SIGN_ECDSA_SHA256, 32),
	    EACCES);
	gnutls_pubkey_deinit(c.pubkey);
}

static void
test_another_name(void **state)
{
	uint8_t grant[GRANT_MAX], any[GRANT_MAX];
	size_t len = seal(usual(), grant), any_len;
	struct grant g = usual();
	struct credential c, other;

	assert_int_equal(credential(0, grant, len, OTHER, 0, NULL), EACCES);
	/* the key of another identity */
	g.name = NULL;
	any_len = seal(g, any);
	assert_int_equal(
	    credential(0, any, any_len, OTHER, GNUTLS_PK_ECDSA, &other), 0);
	assert_int_equal(
	    credential(0, grant, len, NAME, GNUTLS_PK_ECDSA, &c), 0);
	assert_int_equal(
	    sign(0, grant, len, &other, GNUTLS_SIGN_ECDSA_SHA256, 32), EACCES);
	/* no key at all */
	memset(other.key, 0, sizeof(other.key));
	assert_int_equal(
	    sign(0, grant, len, &other, GNUTLS_SIGN_ECDSA_SHA256, 32), EACCES);
	gnutls_pubkey_deinit(other.pubkey);
	gnutls_pubkey_deinit(c.pubkey);
}

static void
test_another_user(void **state)
{
	uint8_t grant[GRANT_MAX];
	struct grant g = usual();

	/* who is not in the table: without one, all but us and root */
	g.uid = 4242;
	assert_int_equal(
	    credential(0, grant, seal(g, grant), NAME, 0, NULL), EACCES);
}

static void
test_after_its_time(void **state)
{
	uint8_t grant[GRANT_MAX];
	struct grant g = usual();
	struct timespec pause = { .tv_nsec = 800 * 1000000 };
	struct credential c;
	size_t len;

	/* the keeper looks at the clock once a round */
	g.until = now() - 1000;
	len = seal(g, grant);
	assert_int_equal(credential(0, grant, len, NAME, 0, NULL), EACCES);
	/* it ends between the two questions */
	g = usual();
	g.until = now() + 500;
	len = seal(g, grant);
	assert_int_equal(
	    credential(0, grant, len, NAME, GNUTLS_PK_ECDSA, &c), 0);
	(void)nanosleep(&pause, NULL);
	assert_int_equal(
	    sign(0, grant, len, &c, GNUTLS_SIGN_ECDSA_SHA256, 32), EACCES);
	gnutls_pubkey_deinit(c.pubkey);
}

static void
test_another_worker(void **state)
{
	uint8_t grant[GRANT_MAX];
	size_t len = seal(usual(), grant);
	struct credential c;

	assert_int_equal(credential(1, grant, len, NAME, 0, NULL), EACCES);
	assert_int_equal(
	    credential(0, grant, len, NAME, GNUTLS_PK_ECDSA, &c), 0);
	assert_int_equal(
	    sign(1, grant, len, &c, GNUTLS_SIGN_ECDSA_SHA256, 32), EACCES);
	gnutls_pubkey_deinit(c.pubkey);
}

static void
test_algorithms(void **state)
{
	static const struct {
		unsigned pk, algorithm;
		size_t len;
		bool works;
	} cases[] = {
		{ GNUTLS_PK_ECDSA, GNUTLS_SIGN_ECDSA_SHA256, 32, true },
		{ GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, 32, true },
		{ GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_SHA256, 32, true },
		/* of another type of key */
		{ GNUTLS_PK_ECDSA, GNUTLS_SIGN_RSA_SHA256, 32, false },
		{ GNUTLS_PK_RSA, GNUTLS_SIGN_ECDSA_SHA256, 32, false },
		{ GNUTLS_PK_ECDSA, GNUTLS_SIGN_EDDSA_ED25519, 32, false },
		/* a digest of another length */
		{ GNUTLS_PK_ECDSA, GNUTLS_SIGN_ECDSA_SHA256, 31, false },
		{ GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_SHA256, 64, false },
		{ GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_SHA256, 0, false },
		/* raw bytes, and what nobody should sign with any more */
		{ GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_RAW, 36, false },
		{ GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_MD5, 16, false },
		{ GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_SHA1, 20, false },
		{ GNUTLS_PK_ECDSA, GNUTLS_SIGN_ECDSA_SHA1, 20, false },
		/* no algorithm */
		{ GNUTLS_PK_RSA, GNUTLS_SIGN_UNKNOWN, 32, false },
		{ GNUTLS_PK_RSA, 0x7fffffff, 32, false },
	};
	uint8_t grant[GRANT_MAX];
	struct credential c;
	uint32_t error;
	size_t len;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		len = seal(usual(), grant);
		assert_int_equal(
		    credential(0, grant, len, NAME, cases[i].pk, &c), 0);
		error =
		    sign(0, grant, len, &c, cases[i].algorithm, cases[i].len);
		if ((error == 0) != cases[i].works)
			fail_msg("case %zu: error %u", i, error);
		gnutls_pubkey_deinit(c.pubkey);
	}
}

static void
test_old_keys(void **state)
{
	uint8_t grant[GRANT_MAX];
	size_t len = seal(usual(), grant);
	/* Keys come over another socket than questions. */
	struct timespec pause = { .tv_nsec = 300 * 1000000 };

	grant_key(2);
	(void)nanosleep(&pause, NULL);
	assert_int_equal(credential(0, grant, len, NAME, 0, NULL), 0);
	grant_key(3);
	(void)nanosleep(&pause, NULL);
	assert_int_equal(credential(0, grant, len, NAME, 0, NULL), EACCES);
}

/* What no worker ever sends costs that worker its edge, and is reported. */
static void
test_fault(void **state)
{
	static const uint8_t garbage[] = { 1, CREDENTIAL_REQ, 0, 0, 0, 1, 9 };
	struct control_fault fault;

	assert_int_equal(channel_send(keeper.worker[1], garbage,
			     sizeof(garbage), NULL, 0, CHANNEL_WAIT),
	    0);
	assert_true(receive_control(CONTROL_FAULT));
	assert_int_equal(
	    packet_decode(&control_fault_schema, &packet, &fault), 0);
	assert_int_equal(fault.role, ROLE_WORKER);
	assert_int_equal(fault.index, 1);
	assert_false(receive(keeper.worker[1]));
	test_one_signature(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_signature),
		cmocka_unit_test(test_as_many_as_it_says),
		cmocka_unit_test(test_without_a_grant),
		cmocka_unit_test(test_without_credentials),
		cmocka_unit_test(test_another_name),
		cmocka_unit_test(test_another_user),
		cmocka_unit_test(test_after_its_time),
		cmocka_unit_test(test_another_worker),
		cmocka_unit_test(test_algorithms),
		cmocka_unit_test(test_old_keys),
		cmocka_unit_test(test_fault),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
