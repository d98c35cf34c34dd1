/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tlspool-worker: reads the Internet.  It does handshakes and records, holds
 * no private key, opens no file and makes no connection.
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include <gnutls/gnutls.h>
#include <gnutls/pkcs11.h>

#include "daemon/ipc/admin.h"
#include "daemon/ipc/credential.h"
#include "daemon/ipc/dispatch.h"
#include "daemon/ipc/verify.h"
#include "daemon/sys/log.h"
#include "daemon/sys/role.h"
#include "daemon/sys/sandbox.h"
#include "daemon/worker/admin.h"
#include "daemon/worker/answers.h"
#include "daemon/worker/connection.h"
#include "daemon/worker/credential.h"
#include "daemon/worker/credentials.h"
#include "daemon/worker/fiber.h"
#include "daemon/worker/handshake.h"
#include "daemon/worker/linger.h"
#include "daemon/worker/post.h"
#include "daemon/worker/progress.h"
#include "daemon/worker/relay.h"
#include "daemon/worker/resumption.h"
#include "daemon/worker/session.h"
#include "daemon/worker/sessions.h"
#include "daemon/worker/staples.h"
#include "daemon/worker/verify.h"

enum { STOP_LINGER = 1000 }; /* ms at the end, for the last words */

static struct loop_timer drain_timer, check_timer;
static bool stopping;

static int
dispatch_connected(struct edge *e, struct packet *p, void *msg)
{
	const struct dispatch_connection *m = msg;

	(void)e;
	return connection_add(m->connection, packet_take_fd(p, 0));
}

static int
dispatch_disconnected(struct edge *e, struct packet *p, void *msg)
{
	const struct dispatch_disconnect *m = msg;

	(void)e;
	(void)p;
	connection_remove(m->connection);
	return 0;
}

static int
dispatch_started(struct edge *e, struct packet *p, void *msg)
{
	(void)e;
	worker_counters.started++;
	return session_dispatch(p, msg);
}

static int
dispatch_answered(struct edge *e, struct packet *p, void *msg)
{
	const struct dispatch_answer *m = msg;
	struct session *s = session_by_id(m->session);

	(void)e;
	(void)p;
	return s == NULL ? 0 : session_answered(s, m->answer);
}

static int
dispatch_cancelled(struct edge *e, struct packet *p, void *msg)
{
	const struct dispatch_cancel *m = msg;
	struct session *s = session_by_id(m->session);

	(void)e;
	(void)p;
	if (s != NULL && s->attempt != NULL)
		session_fail(s, ECANCELED, GNUTLS_A_USER_CANCELED,
		    "the application cancelled the handshake");
	return 0;
}

static const struct edge_handler handlers[] = {
	{ ROLE_FRONT, &dispatch_connection_schema, dispatch_connected },
	{ ROLE_FRONT, &dispatch_disconnect_schema, dispatch_disconnected },
	{ ROLE_FRONT, &dispatch_start_schema, dispatch_started },
	{ ROLE_FRONT, &dispatch_answer_schema, dispatch_answered },
	{ ROLE_FRONT, &dispatch_cancel_schema, dispatch_cancelled },
	{ ROLE_FRONT, &admin_routed_schema, admin_requested },
	{ ROLE_KEEPER, &credential_ans_schema, credential_answered },
	{ ROLE_KEEPER, &credential_forget_schema, credential_forgotten },
	{ ROLE_KEEPER, &sign_ans_schema, credential_signed },
	{ ROLE_VERIFIER, &verify_ans_schema, verify_answered },
	{ ROLE_VERIFIER, &staple_ans_schema, staple_answered },
};

/* First what the relay has to say, for front is to hear of it. */
static void
each_round(void *unused)
{
	(void)unused;
	post_collect(NULL);
	progress_tell(NULL);
}

static int
init(void)
{
	/* No module of PKCS #11 is loaded into the process that reads the
	 * Internet. */
	(void)gnutls_pkcs11_init(GNUTLS_PKCS11_FLAG_MANUAL, NULL);
	linger_configure(role.config->linger);
	loop_each_round(role.loop, each_round, NULL);
	return handshake_configure();
}

/*
 * A handshake takes the processor for longer than any record does.  The relay's
 * thread has begun, and keeps the priority that this one gives up; Linux has
 * one for each thread.
 */
static void
give_way(void)
{
	int now = getpriority(PRIO_PROCESS, 0);

	if (setpriority(
		PRIO_PROCESS, 0, now + (int)role.config->handshake_nice) != 0)
		log_warning(
		    "priority-unchanged", "reason=\"%s\"", strerror(errno));
}

/* The sandbox holds for the threads that are begun within it. */
static int
sandbox(void)
{
	if (sandbox_enter(SANDBOX_RELAY | SANDBOX_SOCKET, NULL) != 0 ||
	    relay_start() != 0)
		return -1;
	give_way();
	return 0;
}

static void
reload(void)
{
	linger_configure(role.config->linger);
	(void)handshake_configure();
	answers_forget();
	credentials_forget();
	resumption_forget();
}

static void
edge_up(struct edge *e)
{
	session_edge_up(e->role);
}

static void
edge_down(struct edge *e)
{
	if (e->role == ROLE_VERIFIER)
		staples_edge_down();
	if (e->role == ROLE_KEEPER)
		answers_forget();
	if (e->role == ROLE_FRONT)
		connection_remove_all();
	else
		session_edge_down(e->role);
}

/* Drained is when nothing is left, not even a last word on its way. */
static void
check_drained(struct loop_timer *t)
{
	post_collect(NULL);
	if (sessions_count() == 0 && linger_count() == 0) {
		role_drained();
		return;
	}
	(void)loop_timer_set(role.loop, t, loop_now(role.loop) + 50);
}

static void
drain_over(struct loop_timer *t)
{
	(void)t;
	linger_configure(STOP_LINGER);
	session_stop();
}

static void
drain(uint32_t limit)
{
	session_drain();
	drain_timer.expired = drain_over;
	check_timer.expired = check_drained;
	(void)loop_timer_set(
	    role.loop, &drain_timer, loop_now(role.loop) + limit);
	check_drained(&check_timer);
}

static void
stop(void)
{
	if (stopping)
		return;
	stopping = true;
	session_stop();
	relay_stop();
	post_collect(NULL);
	connection_remove_all();
	linger_stop();
	answers_forget();
	credentials_forget();
	resumption_forget();
	staples_forget();
	handshake_unconfigure();
	fiber_free_stacks();
}

/*
 * Who has changed what a server may be, and knows it done, may begin a session
 * next: by then the parent has told us of it, or the keeper has had us forget.
 */
static int
hear(const struct edge *from)
{
	struct edge *keeper = role_edge(ROLE_KEEPER, 0);

	if (from->role != ROLE_FRONT)
		return 0;
	if (role_hear_parent(from) != 0)
		return -1;
	if (keeper != NULL)
		edge_hear(keeper);
	return 0;
}

static const struct role_calls calls = {
	.role = ROLE_WORKER,
	.handlers = handlers,
	.nhandlers = sizeof(handlers) / sizeof(handlers[0]),
	.init = init,
	.sandbox = sandbox,
	.reload = reload,
	.edge_up = edge_up,
	.edge_down = edge_down,
	.hear = hear,
	.drain = drain,
	.stop = stop,
};

int
main(int argc, char **argv)
{
	return role_main(&calls, argc, argv);
}
