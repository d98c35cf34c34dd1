/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * identities: what a number of identities costs: the time to start, memory,
 * and the time of a lookup, for 1, 1,000 and 1,000,000 of them (or for the
 * numbers that are given).  They are added as an administrator would.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ipc/app.h"
#include "daemon/ipc/control.h"
#include "test/unit/keeper_ask.h"

enum {
	WINDOW = 96, /* additions on their way */
	LOOKUPS = 2000,
	PATIENCE = 20, /* seconds for the daemon to be there */
};

struct figures {
	unsigned long n;
	double add, start, daemon_start; /* seconds */
	uint64_t memory;		 /* bytes */
	double lookup_mean, lookup_most;
};

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
name_of(unsigned long i, char *out, size_t size)
{
	snprintf(out, size, "host%07lu.example.com", i);
}

/* A certificate and key that all the identities share. */
static void
make_files(void)
{
	struct paper p =
	    paper_make(&(struct paper_wish){ .name = "*.example.com" });
	const struct paper *chain[] = { &p };

	paper_write_chain(chain, 1, play_path(&play, "c.pem"));
	paper_write_key(&p, play_path(&play, "k.pem"));
	paper_free(&p);
}

static void
send_addition(int connection, int cert, unsigned long i)
{
	const char *path = play_path(&play, "c.pem");
	char name[64], key[300];
	struct admin_id_add msg = { .name = name, .cert = path, .key = key };
	struct admin_routed routed = { .uid = getuid() };
	uint8_t inner[2048];
	int fds[2] = { connection, cert };
	int len;

	name_of(i, name, sizeof(name));
	snprintf(key, sizeof(key), "file:%s", play_path(&play, "k.pem"));
	len = message_encode(
	    &admin_id_add_schema, (uint32_t)i, &msg, inner, sizeof(inner));
	assert_true(len > 0);
	routed.message = (struct blob){ inner, (size_t)len };
	assert_int_equal(message_send(play.front, &admin_routed_schema, 0,
			     &routed, fds, 2, CHANNEL_WAIT),
	    0);
}

static void
take_result(int connection)
{
	struct admin_result result;

	assert_int_equal(
	    channel_recv(connection, &play.packet, CHANNEL_WAIT), 1);
	assert_int_equal(
	    packet_decode(&admin_result_schema, &play.packet, &result), 0);
	if (result.error != 0)
		fail_msg("%s", result.text);
}

/* What the keeper tells its parent is not read by anyone else here. */
static void
drain_log(void)
{
	while (channel_recv(play.control, &play.packet, 0) == 1)
		packet_close_fds(&play.packet);
}

static double
add_all(unsigned long n)
{
	unsigned long sent = 0, done = 0;
	double begun = seconds();
	int sv[2], cert;

	cert = open(play_path(&play, "c.pem"), O_RDONLY | O_CLOEXEC);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	while (done < n) {
		for (; sent < n && sent < done + WINDOW; sent++)
			send_addition(sv[1], cert, sent);
		take_result(sv[0]);
		if (++done % 1000 == 0)
			drain_log();
	}
	close(sv[0]);
	close(sv[1]);
	close(cert);
	return seconds() - begun;
}

static uint64_t
memory(void)
{
	struct admin_status msg = { .role = ROLE_KEEPER };
	struct admin_status_ans ans;

	play_admin(&play, &admin_status_schema, &msg, NULL, 0,
	    &admin_status_ans_schema, &ans);
	return ans.memory;
}

/* As a worker asks: the grant's seal, the ACL, the database, the files. */
static void
look_up(unsigned long n, struct figures *f)
{
	struct credential_ans ans;
	double begun, took;
	char name[64];

	for (unsigned i = 0; i < LOOKUPS; i++) {
		struct grant g = { .session = i,
			.uid = getuid(),
			.role = APP_ROLE_SERVER,
			.signatures = 1,
			.until = play_now() + 10000 };
		struct credential_req req = { .name = name };

		name_of((unsigned long)random() % n, name, sizeof(name));
		req.grant = play_seal(&play, &g);
		begun = seconds();
		play_ask(&play, 0, &credential_req_schema, &req,
		    &credential_ans_schema, &ans);
		took = seconds() - begun;
		if (ans.error != 0)
			fail_msg("%s", ans.reason);
		f->lookup_mean += took / LOOKUPS;
		if (took > f->lookup_most)
			f->lookup_most = took;
	}
}

static void
write_config(const char *path)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file,
	    "[daemon]\nsocket = %s/s\nadmin-socket = %s/a\nstate = %s\n"
	    "log-level = error\n%s[identity]\nkey-paths = %s\n"
	    "[trust]\nanchors = none\n",
	    play.dir, play.dir, play.dir,
	    geteuid() == 0 ? "user = root\nkeeper-user = root\n" : "",
	    play.dir);
	assert_int_equal(fclose(file), 0);
}

/* One STATUS of the keeper, through the daemon; false: it is not there yet. */
static bool
daemon_answers(void)
{
	struct admin_status msg = { .role = ROLE_KEEPER };
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct admin_status_ans ans;
	bool yes = false;
	int sock;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/a", play.dir);
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (connect(sock, (struct sockaddr *)&sun, sizeof(sun)) == 0 &&
	    message_send(sock, &admin_status_schema, 1, &msg, NULL, 0,
		CHANNEL_WAIT) == 0 &&
	    channel_recv(sock, &play.packet, CHANNEL_WAIT) == 1)
		yes = packet_decode(
			  &admin_status_ans_schema, &play.packet, &ans) == 0;
	close(sock);
	return yes;
}

/* From nothing until the keeper answers through front; then it is ended. */
static double
start_daemon(void)
{
	const char *path = play_path(&play, "conf");
	double begun, took;
	char cwd[512];
	pid_t pid;

	write_config(path);
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	setenv("TLSPOOL_LIBEXECDIR", cwd, 0);
	begun = seconds();
	if ((pid = fork()) == 0) {
		execl("./tlspoold", "tlspoold", "--config", path, (char *)NULL);
		_exit(127);
	}
	while (!daemon_answers()) {
		if (seconds() - begun > PATIENCE)
			fail_msg("the daemon does not start");
		usleep(1000);
	}
	took = seconds() - begun;
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return took;
}

static struct figures
measure(unsigned long n)
{
	struct figures f = { .n = n };
	double begun;

	play_prepare(&play);
	make_files();
	play_start(&play, NULL, NULL);
	f.add = add_all(n);
	play_stop(&play);
	begun = seconds();
	play_start(&play, NULL, NULL);
	f.start = seconds() - begun;
	look_up(n, &f);
	f.memory = memory();
	play_stop(&play);
	f.daemon_start = start_daemon();
	play_clean(&play);
	return f;
}

static unsigned long numbers[16] = { 1, 1000, 1000000 };
static size_t nnumbers = 3;

static void
print_figures(void **state)
{
	printf("%12s %10s %12s %12s %12s %12s %12s\n", "identities", "add",
	    "keeper start", "daemon start", "memory", "lookup", "worst");
	for (size_t i = 0; i < nnumbers; i++) {
		struct figures f = measure(numbers[i]);

		printf("%12lu %8.1f s %9.1f ms %9.1f ms %8.1f MiB %9.1f us "
		       "%9.1f us\n",
		    f.n, f.add, f.start * 1e3, f.daemon_start * 1e3,
		    (double)f.memory / (1 << 20), f.lookup_mean * 1e6,
		    f.lookup_most * 1e6);
		fflush(stdout);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(print_figures) };

	if (argc > 1)
		for (nnumbers = 0; argc > 1 && nnumbers < 16; argc--)
			numbers[nnumbers++] = strtoul(*++argv, NULL, 10);
	cmocka_set_message_output(CM_OUTPUT_SUBUNIT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
