/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * Tests of what all roles have in common.  The test is the parent, and the
 * worker at the other end of an edge; a child is a keeper that echoes.
 */
#include <config.h>

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ipc/credential.h"
#include "daemon/sys/log.h"
#include "daemon/sys/role.h"
#include "daemon/sys/sandbox.h"

enum {
	LIMIT = 5000, /* milliseconds that nothing here takes */
};

/*
 * The child.
 */

static bool heard; /* something from front */

static int
echo(struct edge *edge, struct packet *packet, void *m)
{
	const struct sign_req *req = m;
	struct sign_ans answer = { .signature = req->digest };

	if (req->algorithm == 666)
		return -1;
	/* Which key opens grants now? */
	answer.error = role.grant_keys->current.number;
	if (heard)
		answer.reason = "heard";
	return edge_send(
	    edge, &sign_ans_schema, packet->header.request, &answer, NULL, 0);
}

static int
note(struct edge *edge, struct packet *packet, void *m)
{
	heard = true;
	return 0;
}

/* What front has said comes before what the worker says. */
static int
hear(const struct edge *from)
{
	struct edge *front = role_edge(ROLE_FRONT, 0);

	if (front != NULL && from->role == ROLE_WORKER)
		edge_hear(front);
	return role_hear_parent(from);
}

static const struct edge_handler handlers[] = {
	{ ROLE_WORKER, &sign_req_schema, echo },
	{ ROLE_FRONT, &sign_req_schema, note },
};

static int
enter(void)
{
	return sandbox_enter(SANDBOX_RELAY, NULL);
}

static void
say_up(struct edge *edge)
{
	log_info("up", "index=%u", edge->index);
}

static void
say_down(struct edge *edge)
{
	log_info("down", "index=%u", edge->index);
}

static void
say_reload(void)
{
	log_info("reloaded", "drain=%u acl=%s", role.config->drain,
	    role.acl.text == NULL ? "none" : role.acl.text);
}

static void
say_stop(void)
{
	log_info("stopping", "index=%u", role.index);
}

static const struct role_calls calls = {
	.role = ROLE_KEEPER,
	.handlers = handlers,
	.nhandlers = sizeof(handlers) / sizeof(handlers[0]),
	.sandbox = enter,
	.edge_up = say_up,
	.edge_down = say_down,
	.hear = hear,
	.reload = say_reload,
	.stop = say_stop,
};

/*
 * The parent.
 */

static int control, edge = -1;
static pid_t child;
static struct packet packet;

static void
tell(const struct message_schema *schema, const void *msg, const int *fds,
    unsigned nfds)
{
	assert_int_equal(
	    message_send(control, schema, 0, msg, fds, nfds, 0), 0);
}

/* The next message of the child, within LIMIT; 0: it has closed. */
static uint8_t
next(int sock)
{
	struct pollfd pfd = { .fd = sock, .events = POLLIN };
	int n;

	assert_int_equal(poll(&pfd, 1, LIMIT), 1);
	n = channel_recv(sock, &packet, 0);
	return n == 1 ? packet.header.type : 0;
}

/* The next thing that the child says is this event. */
static void
assert_event(const char *event, const char *expected)
{
	struct control_log msg;

	assert_int_equal(next(control), CONTROL_LOG);
	assert_int_equal(packet_decode(&control_log_schema, &packet, &msg), 0);
	assert_string_equal(msg.event, event);
	if (expected != NULL)
		assert_string_equal(msg.text, expected);
}

static int
text_file(const char *contents)
{
	int fd = memfd_create("text", MFD_CLOEXEC);

	assert_true(fd != -1);
	assert_int_equal(
	    write(fd, contents, strlen(contents)), (ssize_t)strlen(contents));
	return fd;
}

static void
configure(const char *config, const char *acl)
{
	const struct control_configure msg = {
		.index = 0, .workers = 1, .has_acl = acl != NULL
	};
	int fds[3];

	fds[0] = text_file(config);
	fds[1] = text_file(acl == NULL ? "" : acl);
	fds[2] = text_file("");
	tell(&control_configure_schema, &msg, fds, 3);
	for (int i = 0; i < 3; i++)
		(void)close(fds[i]);
}

static void
give_grant_key(uint32_t number)
{
	static const uint8_t key[GRANT_KEY_SIZE] = { 1, 2, 3 };
	const struct control_grant_key msg = { .number = number,
		.key = { key, sizeof(key) } };

	tell(&control_grant_key_schema, &msg, NULL, 0);
}

/* Gives the child an edge; its other end is ours. */
static int
join(enum role to, uint32_t index)
{
	const struct control_edge msg = { .role = (uint8_t)to, .index = index };
	int sv[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv), 0);
	tell(&control_edge_schema, &msg, &sv[0], 1);
	(void)close(sv[0]);
	return sv[1];
}

/* A (new) one to worker 3. */
static void
give_edge(void)
{
	int fresh = join(ROLE_WORKER, 3);

	if (edge != -1)
		(void)close(edge);
	edge = fresh;
}

#define CONFIG                                           \
	"[daemon]\nsocket = /r/a\nadmin-socket = /r/b\n" \
	"state = /s\nuser = none\nkeeper-user = none\n"

static int
setup(void **state)
{
	const struct control_begin begin = { 0 };
	char name[] = "role_test", *argv[] = { name, NULL };
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv) != 0)
		return -1;
	if ((child = fork()) == 0) {
		(void)dup2(sv[1], CONTROL_FD);
		(void)close_range(CONTROL_FD + 1, ~0U, 0);
		_exit(role_main(&calls, 1, argv));
	}
	(void)close(sv[1]);
	control = sv[0];
	configure(CONFIG, NULL);
	give_grant_key(1);
	give_edge();
	tell(&control_begin_schema, &begin, NULL, 0);
	assert_event("up", "index=3");
	return next(control) == CONTROL_READY ? 0 : -1;
}

/* The child must have ended in order, after what it said last. */
static int
ended(int expected)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		return -1;
	(void)close(control);
	(void)close(edge);
	edge = -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == expected ? 0 : -1;
}

static int
teardown(void **state)
{
	const struct control_stop stop = { 0 };

	tell(&control_stop_schema, &stop, NULL, 0);
	assert_event("stopping", "index=0");
	return ended(0);
}

static void
question_on(int sock, uint32_t algorithm)
{
	const struct sign_req req = { .grant = { (const uint8_t *)"g", 1 },
		.key = { (const uint8_t *)"k", 1 },
		.algorithm = algorithm,
		.digest = { (const uint8_t *)"digest", 6 } };

	assert_int_equal(
	    message_send(sock, &sign_req_schema, 7, &req, NULL, 0, 0), 0);
}

static void
question(uint32_t algorithm)
{
	question_on(edge, algorithm);
}

static uint32_t
answered(void)
{
	struct sign_ans answer;

	assert_int_equal(next(edge), SIGN_ANS);
	assert_int_equal(packet.header.request, 7);
	assert_int_equal(packet_decode(&sign_ans_schema, &packet, &answer), 0);
	assert_int_equal(answer.signature.len, 6);
	return answer.error;
}

static uint32_t
ask(uint32_t algorithm)
{
	question(algorithm);
	return answered();
}

/*
 * The child, and with it time, stands still until SIGCONT.  It has looked at
 * its control socket and found nothing there, when it answers for the second
 * time: so what comes on its edge next is what it will see first.
 */
static void
stop_child(void)
{
	siginfo_t info;

	(void)ask(1);
	(void)ask(1);
	(void)kill(child, SIGSTOP);
	assert_int_equal(
	    waitid(P_PID, (id_t)child, &info, WSTOPPED | WNOWAIT), 0);
}

static void
expect_fault(void)
{
	struct control_fault fault;

	assert_event("edge-fault", NULL);
	assert_int_equal(next(control), CONTROL_FAULT);
	assert_int_equal(
	    packet_decode(&control_fault_schema, &packet, &fault), 0);
	assert_int_equal(fault.role, ROLE_WORKER);
	assert_int_equal(fault.index, 3);
	assert_event("down", "index=3");
	assert_int_equal(next(edge), 0);
}

static void
answers(void **state)
{
	const struct control_alive alive = { 0 };
	const struct control_drain drain = { .limit = 1 };

	assert_int_equal(ask(1), 1);
	tell(&control_alive_schema, &alive, NULL, 0);
	assert_int_equal(next(control), CONTROL_ALIVE);
	tell(&control_drain_schema, &drain, NULL, 0);
	assert_int_equal(next(control), CONTROL_DRAINED);
}

/* A key that was sent before a message is there when it is handled. */
static void
grant_key_comes_first(void **state)
{
	for (uint32_t i = 2; i < 200; i++) {
		give_grant_key(i);
		assert_int_equal(ask(1), i);
	}
}

/* An edge can be heard before what has come from another is handled. */
static void
other_edges_come_first(void **state)
{
	int front = join(ROLE_FRONT, 0);
	struct sign_ans answer;

	assert_event("up", "index=0");
	stop_child();
	question(1); /* the worker's edge is ready before front's */
	for (uint32_t i = 0; i < 10; i++)
		question_on(front, i);
	question(1);
	(void)kill(child, SIGCONT);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(next(edge), SIGN_ANS);
		assert_int_equal(
		    packet_decode(&sign_ans_schema, &packet, &answer), 0);
		assert_non_null(answer.reason);
	}
	(void)close(front);
	assert_event("down", "index=0");
}

/* So it is where both are received together with what was sent earlier. */
static void
grant_key_comes_first_in_a_crowd(void **state)
{
	stop_child();
	question(1);
	give_grant_key(2);
	configure(CONFIG, "rules");
	question(1);
	(void)kill(child, SIGCONT);
	(void)answered();
	assert_event("reloaded", "drain=30000 acl=rules");
	assert_int_equal(answered(), 2);
}

/* Behind STOP, what a handler works with is gone. */
static void
nothing_is_handled_after_stop(void **state)
{
	const struct control_stop stop = { 0 };

	stop_child();
	question(1);
	tell(&control_stop_schema, &stop, NULL, 0);
	(void)kill(child, SIGCONT);
	assert_event("stopping", "index=0");
	assert_int_equal(next(edge), 0);
	assert_int_equal(ended(0), 0);
}

/* More questions, and so more answers, than the sockets hold, before the first
 * answer is read: the child neither waits nor loses one. */
static void
nothing_is_lost_in_a_crowd(void **state)
{
	enum { CROWD = 3000 };
	struct pollfd pfd = { .fd = edge, .events = POLLOUT };
	struct sign_req req = { .grant = { (const uint8_t *)"g", 1 },
		.key = { (const uint8_t *)"k", 1 },
		.algorithm = 1,
		.digest = { (const uint8_t *)"digest", 6 } };
	uint32_t i;

	for (i = 0; i < CROWD;) {
		assert_int_equal(poll(&pfd, 1, LIMIT), 1);
		if (message_send(edge, &sign_req_schema, i, &req, NULL, 0, 0) ==
		    0)
			i++;
	}
	for (i = 0; i < CROWD; i++) {
		assert_int_equal(next(edge), SIGN_ANS);
		assert_int_equal(packet.header.request, i);
	}
}

static void
edge_is_replaced(void **state)
{
	give_edge();
	assert_event("down", "index=3");
	assert_event("up", "index=3");
	assert_int_equal(ask(1), 1);
	(void)close(edge);
	edge = -1;
	assert_event("down", "index=3");
	give_edge();
	assert_event("up", "index=3");
	assert_int_equal(ask(1), 1);
}

static void
unexpected_type_is_a_fault(void **state)
{
	const struct control_alive alive = { 0 };

	assert_int_equal(
	    message_send(edge, &control_alive_schema, 0, &alive, NULL, 0, 0),
	    0);
	expect_fault();
}

static void
undecodable_is_a_fault(void **state)
{
	static const uint8_t bytes[] = { MESSAGE_VERSION, SIGN_REQ, 0, 0, 0, 1,
		9 };

	assert_int_equal(
	    channel_send(edge, bytes, sizeof(bytes), NULL, 0, 0), 0);
	expect_fault();
}

static void
garbage_is_a_fault(void **state)
{
	assert_int_equal(
	    channel_send(edge, (const uint8_t *)"x", 1, NULL, 0, 0), 0);
	expect_fault();
}

static void
refusal_is_a_fault(void **state)
{
	question(666);
	expect_fault();
}

static void
reload_replaces(void **state)
{
	configure(CONFIG "drain = 7s\n", "rules");
	assert_event("reloaded", "drain=7000 acl=rules");
	configure(CONFIG, NULL);
	assert_event("reloaded", "drain=30000 acl=none");
}

static void
parent_is_gone(void **state)
{
	int status;

	(void)shutdown(control, SHUT_WR);
	assert_event("stopping", "index=0");
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	(void)close(control);
	(void)close(edge);
	edge = -1;
}

static void
signals_are_the_parents(void **state)
{
	(void)kill(child, SIGTERM);
	(void)kill(child, SIGINT);
	(void)kill(child, SIGHUP);
	assert_int_equal(ask(1), 1);
}

#define WITH_CHILD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_CHILD(answers),
		WITH_CHILD(grant_key_comes_first),
		WITH_CHILD(other_edges_come_first),
		WITH_CHILD(grant_key_comes_first_in_a_crowd),
		WITH_CHILD(nothing_is_lost_in_a_crowd),
		WITH_CHILD(edge_is_replaced),
		WITH_CHILD(unexpected_type_is_a_fault),
		WITH_CHILD(undecodable_is_a_fault),
		WITH_CHILD(garbage_is_a_fault),
		WITH_CHILD(refusal_is_a_fault),
		WITH_CHILD(reload_replaces),
		WITH_CHILD(signals_are_the_parents),
		cmocka_unit_test_setup(nothing_is_handled_after_stop, setup),
		cmocka_unit_test_setup(parent_is_gone, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
