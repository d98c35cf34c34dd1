/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * keeper_play: the other ends of the keeper's sockets.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ipc/control.h"
#include "test/unit/keeper_play.h"

enum {
	PATIENCE = 30 * 1000, /* milliseconds: sanitizers are slow */
	GRANT_KEY_NUMBER = 5,
};

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

void
play_prepare(struct play *play)
{
	memset(play, 0, sizeof(*play));
	snprintf(play->dir, sizeof(play->dir), "/tmp/tlspool-keeper-XXXXXX");
	assert_non_null(mkdtemp(play->dir));
}

void
play_clean(struct play *play)
{
	assert_int_equal(
	    nftw(play->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

const char *
play_path(const struct play *play, const char *name)
{
	static char paths[8][256];
	static unsigned turn;
	char *path = paths[turn++ % 8];

	snprintf(path, 256, "%s/%s", play->dir, name);
	return path;
}

static int
text_fd(const char *text)
{
	int fd = memfd_create("text", MFD_CLOEXEC);

	assert_true(fd != -1);
	if (text != NULL)
		assert_int_equal(
		    write(fd, text, strlen(text)), (ssize_t)strlen(text));
	return fd;
}

static void
spawn(struct play *play)
{
	const char *program = getenv("TLSPOOL_KEEPER");
	int sv[2];

	if (program == NULL)
		program = "./tlspool-keeper";
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	play->pid = fork();
	assert_true(play->pid != -1);
	if (play->pid == 0) {
		if (sv[1] == CONTROL_FD)
			(void)fcntl(sv[1], F_SETFD, 0);
		else if (dup2(sv[1], CONTROL_FD) == -1)
			_exit(126);
		execl(program, program, (char *)NULL);
		_exit(127);
	}
	close(sv[1]);
	play->control = sv[0];
}

static void
say(struct play *play, const struct message_schema *schema, const void *msg,
    const int *fds, unsigned nfds)
{
	assert_int_equal(message_send(play->control, schema, 0, msg, fds, nfds,
			     CHANNEL_WAIT),
	    0);
}

static void
configure(struct play *play, const char *acl, const char *disclosure)
{
	struct control_configure msg = { .workers = PLAY_WORKERS,
		.has_acl = acl != NULL,
		.has_disclosure = disclosure != NULL };
	char text[512];
	int fds[3];

	snprintf(text, sizeof(text),
	    "[daemon]\nstate = %s\n%s[identity]\nkey-paths = %s\n", play->dir,
	    geteuid() == 0 ? "user = root\nkeeper-user = root\n" : "",
	    play->dir);
	fds[0] = text_fd(text);
	fds[1] = text_fd(acl);
	fds[2] = text_fd(disclosure);
	say(play, &control_configure_schema, &msg, fds, 3);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}

void
play_reload(struct play *play, const char *acl, const char *disclosure)
{
	configure(play, acl, disclosure);
}

static int
join(struct play *play, enum role to, uint32_t index)
{
	struct control_edge msg = { .role = (uint8_t)to, .index = index };
	int sv[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	(void)fcntl(sv[1], F_SETFL, O_NONBLOCK);
	say(play, &control_edge_schema, &msg, &sv[1], 1);
	close(sv[1]);
	return sv[0];
}

static void
wait_readable(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	if (poll(&pfd, 1, PATIENCE) != 1)
		fail_msg("no answer");
}

/* Reads what the keeper tells its parent until READY. */
static void
wait_ready(struct play *play)
{
	struct control_log line;

	for (;;) {
		wait_readable(play->control);
		if (channel_recv(play->control, &play->packet, 0) != 1)
			fail_msg("the keeper is gone");
		packet_close_fds(&play->packet);
		if (play->packet.header.type == CONTROL_READY)
			return;
		if (packet_decode(&control_log_schema, &play->packet, &line) ==
		    0)
			print_message("%s %s\n", line.event, line.text);
	}
}

void
play_start(struct play *play, const char *acl, const char *disclosure)
{
	static const uint8_t key[GRANT_KEY_SIZE] = { 1, 2, 3, 4 };
	struct control_grant_key grant_key = { GRANT_KEY_NUMBER,
		{ key, sizeof(key) } };
	struct control_begin begin = { 0 };

	spawn(play);
	configure(play, acl, disclosure);
	memset(&play->keys, 0, sizeof(play->keys));
	grant_keys_add(&play->keys, GRANT_KEY_NUMBER, key);
	say(play, &control_grant_key_schema, &grant_key, NULL, 0);
	play->front = join(play, ROLE_FRONT, 0);
	for (unsigned i = 0; i < PLAY_WORKERS; i++)
		play->workers[i] = join(play, ROLE_WORKER, i);
	say(play, &control_begin_schema, &begin, NULL, 0);
	wait_ready(play);
}

static int
end(struct play *play)
{
	int status;

	assert_int_equal(waitpid(play->pid, &status, 0), play->pid);
	close(play->control);
	close(play->front);
	for (unsigned i = 0; i < PLAY_WORKERS; i++)
		close(play->workers[i]);
	return status;
}

void
play_stop(struct play *play)
{
	struct control_stop msg = { 0 };
	int status;

	say(play, &control_stop_schema, &msg, NULL, 0);
	status = end(play);
	if (status != 0)
		fail_msg("the keeper ended with status %#x", (unsigned)status);
}

void
play_kill(struct play *play)
{
	kill(play->pid, SIGKILL);
	(void)end(play);
}

static void
take_answer(
    struct play *play, int sock, const struct message_schema *schema, void *ans)
{
	do {
		wait_readable(sock);
		if (channel_recv(sock, &play->packet, 0) != 1)
			fail_msg("the keeper has hung up");
	} while (play->packet.header.type == CREDENTIAL_FORGET);
	if (packet_decode(schema, &play->packet, ans) != 0)
		fail_msg("%s", message_error());
}

void
play_admin(struct play *play, const struct message_schema *schema,
    const void *msg, const int *fds, unsigned nfds,
    const struct message_schema *ans_schema, void *ans)
{
	static uint8_t inner[MESSAGE_MAX];
	struct admin_routed routed = { .uid = getuid() };
	int sv[2], all[MESSAGE_MAX_FDS], len;

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	len = message_encode(schema, 42, msg, inner, sizeof(inner) - 64);
	assert_true(len > 0);
	routed.message = (struct blob){ inner, (size_t)len };
	all[0] = sv[1];
	for (unsigned i = 0; i < nfds; i++)
		all[i + 1] = fds[i];
	assert_int_equal(message_send(play->front, &admin_routed_schema, 0,
			     &routed, all, nfds + 1, CHANNEL_WAIT),
	    0);
	close(sv[1]);
	take_answer(play, sv[0], ans_schema, ans);
	assert_int_equal(play->packet.header.request, 42);
	close(sv[0]);
}

void
play_ask(struct play *play, unsigned worker,
    const struct message_schema *schema, const void *msg,
    const struct message_schema *ans_schema, void *ans)
{
	static uint32_t request;

	assert_int_equal(message_send(play->workers[worker], schema, ++request,
			     msg, NULL, 0, CHANNEL_WAIT),
	    0);
	take_answer(play, play->workers[worker], ans_schema, ans);
	assert_int_equal(play->packet.header.request, request);
}

uint64_t
play_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

struct blob
play_seal(struct play *play, struct grant *g)
{
	static uint8_t grants[8][GRANT_MAX];
	static unsigned turn;
	uint8_t *buf = grants[turn++ % 8];
	int len = grant_seal(&play->keys, g, buf);

	assert_true(len > 0);
	return (struct blob){ buf, (size_t)len };
}

unsigned
play_forgotten(struct play *play, unsigned worker)
{
	struct credential_forget msg;
	unsigned n = 0;

	while (channel_recv(play->workers[worker], &play->packet, 0) == 1) {
		assert_int_equal(packet_decode(&credential_forget_schema,
				     &play->packet, &msg),
		    0);
		n++;
	}
	return n;
}

bool
play_open(int sock)
{
	struct pollfd pfd = { .fd = sock, .events = POLLIN };
	static struct packet p;

	/* A fault is there within a moment, or not at all. */
	while (poll(&pfd, 1, 500) == 1)
		if (channel_recv(sock, &p, 0) != 1 ||
		    p.header.type != CREDENTIAL_FORGET)
			return false;
	return true;
}
