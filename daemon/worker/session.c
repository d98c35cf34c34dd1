/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * session: one descriptor's way from START to the end of its session.
 *
 *	START ──▶ client with an identity? ──▶ CREDENTIAL ──┐
 *	  │                                                 ▼
 *	  └──────────────────────────────────────────▶ HANDSHAKE ◀──────┐
 *	                                                 │ │ │ │        │
 *	   server, ClientHello ◀─────────────────────────┘ │ │ │        │
 *	     └▶ QUESTION ──▶ CREDENTIAL ───────────────────┼─┼─┼────────┤
 *	   key wanted ─────▶ SIGN ◀────────────────────────┘ │ │ ───────┤
 *	   certificate ────▶ VERIFY ◀────────────────────────┘ │ ───────┘
 *	   done ───────────▶ RELAY ◀───────────────────────────┘
 *
 * Wherever it fails, session_fail() tells both sides and forgets it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ipc/dispatch.h"
#include "daemon/sys/log.h"
#include "daemon/sys/role.h"
#include "daemon/worker/admin.h"
#include "daemon/worker/connection.h"
#include "daemon/worker/credential.h"
#include "daemon/worker/deliver.h"
#include "daemon/worker/handshake.h"
#include "daemon/worker/linger.h"
#include "daemon/worker/progress.h"
#include "daemon/worker/relay.h"
#include "daemon/worker/resumption.h"
#include "daemon/worker/session.h"
#include "daemon/worker/sessions.h"
#include "daemon/worker/verify.h"

static bool draining;

static void
end_attempt(struct session *s)
{
	if (s->attempt == NULL)
		return;
	handshake_abandon(s);
	loop_timer_cancel(role.loop, &s->attempt->deadline);
	attempt_free(s);
}

static void
forget(struct session *s)
{
	uint64_t id = s->id;

	s->state = SESSION_OVER;
	loop_unwatch(&s->watch);
	end_attempt(s);
	linger_start(role.loop, &s->transport);
	session_free(s);
	progress_finished(id);
}

void
session_over(struct session *s)
{
	static const char *const reasons[] = {
		[APP_CLOSE_CLEAN] = "clean",
		[APP_CLOSE_TRUNCATED] = "truncated",
		[APP_CLOSE_ERROR] = "error",
		[APP_CLOSE_LOCAL] = "local",
		[APP_CLOSE_DAEMON] = "daemon",
	};

	log_info("session-closed",
	    "session=%llu peer=\"%s\" reason=%s received=%llu sent=%llu",
	    (unsigned long long)s->id, s->peer_name != NULL ? s->peer_name : "",
	    reasons[s->post.reason],
	    (unsigned long long)atomic_load(&s->received),
	    (unsigned long long)atomic_load(&s->sent));
	forget(s);
}

void
session_fail(struct session *s, int error, int alert, const char *fmt, ...)
{
	char reason[APP_REASON_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	handshake_abandon(s);
	if (alert >= 0 && s->tls != NULL)
		handshake_send_alert(s, alert);
	log_notice("handshake-failed",
	    "session=%llu uid=%u role=%s local=\"%s\" remote=\"%s\" "
	    "error=%s reason=\"%s\"",
	    (unsigned long long)s->id, s->uid,
	    s->role == APP_ROLE_SERVER ? "server" : "client",
	    s->local_name != NULL ? s->local_name : "",
	    s->server_name != NULL ? s->server_name : "",
	    strerrorname_np(error), reason);
	worker_counters.failed++;
	deliver_failed(s, error, alert, reason);
	forget(s);
}

static uint32_t
tls_version(gnutls_session_t tls)
{
	switch (gnutls_protocol_get_version(tls)) {
	case GNUTLS_TLS1_2:
		return 0x0303;
	case GNUTLS_TLS1_3:
		return 0x0304;
	default:
		return 0;
	}
}

/* GnuTLS sees to it; here it is seen to that nothing got past it. */
static bool
peer_must_be_known(const struct session *s)
{
	return (s->flags & (APP_OPTIONAL_REMOTE_CERT | APP_NO_REMOTE_CERT)) ==
	       0;
}

/* The handshake is done: the relay takes over. */
static void
establish(struct session *s)
{
	s->version = tls_version(s->tls);
	s->cipher = gnutls_ciphersuite_get(s->tls);
	if (peer_must_be_known(s) && !s->attempt->verdict) {
		session_fail(s, EKEYREJECTED, GNUTLS_A_ACCESS_DENIED,
		    "the peer showed no certificate");
		return;
	}
	if (deliver_started(s) != 0) {
		session_fail(s, errno, GNUTLS_A_INTERNAL_ERROR,
		    "the plaintext could not be handed over: %s",
		    strerror(errno));
		return;
	}
	log_info("session-established",
	    "session=%llu uid=%u role=%s local=\"%s\" sni=\"%s\" peer=\"%s\" "
	    "method=%s resumed=%s",
	    (unsigned long long)s->id, s->uid,
	    s->role == APP_ROLE_SERVER ? "server" : "client",
	    s->local_name != NULL ? s->local_name : "",
	    s->server_name != NULL ? s->server_name : "",
	    s->peer_name != NULL ? s->peer_name : "",
	    s->method != NULL ? s->method : "none", s->resumed ? "yes" : "no");
	resumption_keep(s);
	worker_counters.established++;
	worker_counters.resumed += s->resumed;
	progress_established(s->id);
	loop_unwatch(&s->watch);
	end_attempt(s);
	s->state = SESSION_RELAY;
	if (relay_add(s) != 0)
		forget(s);
}

/* Which name, of those that the client and the application gave? */
static void
choose_identity(struct session *s)
{
	const struct start *start = &s->attempt->start;

	if (s->server_name == NULL && start->local_name == NULL) {
		session_fail(s, ENOKEY, GNUTLS_A_UNRECOGNIZED_NAME,
		    "the client named no server, and the application no "
		    "identity");
		return;
	}
	if (s->server_name == NULL || (start->questions & APP_ASK_NAME) == 0) {
		credential_ask(s);
		return;
	}
	s->state = SESSION_QUESTION;
	if (deliver_question(s, APP_ASK_NAME, s->server_name) != 0)
		session_fail(s, EPIPE, GNUTLS_A_INTERNAL_ERROR,
		    "the application is gone");
}

int
session_answered(struct session *s, struct blob answer)
{
	struct answer a;
	uint8_t *copy;
	int rv = -1;

	if ((copy = malloc(answer.len + 1)) == NULL)
		return 0; /* the deadline tells */
	memcpy(copy, answer.data, answer.len);
	if (message_decode(&answer_schema, copy, answer.len, &a) != 0)
		goto err;
	rv = 0;
	if (s->state != SESSION_QUESTION || a.question != s->attempt->questions)
		goto err; /* to a question that is not open any more */
	if (a.verdict == APP_ACCEPT)
		credential_ask(s);
	else
		session_fail(s, EACCES, GNUTLS_A_UNRECOGNIZED_NAME,
		    "the application does not serve the name %s",
		    s->server_name);
err:
	free(copy);
	return rv;
}

static void
wait_for_peer(struct session *s)
{
	uint32_t events = EPOLLIN;

	s->state = SESSION_HANDSHAKE;
	if (transport_waiting(&s->transport) > 0)
		events |= EPOLLOUT;
	if (s->watch.loop != NULL)
		loop_watch_set(&s->watch, events);
	else if (loop_watch(role.loop, &s->watch, events) != 0)
		session_fail(s, EINVAL, -1,
		    "the descriptor cannot be polled: %s", strerror(errno));
}

static void
fail_as_gnutls_says(struct session *s)
{
	char reason[APP_REASON_MAX];
	int error = handshake_error(s, reason, sizeof(reason));

	session_fail(s, error, handshake_alert(s), "%s", reason);
}

static void
go_on(struct session *s, bool readable)
{
	enum handshake_step step = handshake_run(s, readable);

	/* Whom it waits for now is not the peer: or a hang-up would be told
	 * again and again. */
	if (step != HANDSHAKE_WAIT)
		loop_unwatch(&s->watch);
	switch (step) {
	case HANDSHAKE_DONE:
		establish(s);
		break;
	case HANDSHAKE_WAIT:
		wait_for_peer(s);
		break;
	case HANDSHAKE_HELLO:
		choose_identity(s);
		break;
	case HANDSHAKE_SIGN:
		credential_ask_signature(s);
		break;
	case HANDSHAKE_VERIFY:
		verify_ask(s);
		break;
	case HANDSHAKE_FAILED:
		fail_as_gnutls_says(s);
		break;
	}
}

/* To read would be in vain nearly always: what the peer still owes comes when
 * it has our next message.  Where it is early, the loop tells. */
void
session_continue(struct session *s)
{
	go_on(s, false);
}

void
session_hello(struct session *s)
{
	if (s->role == APP_ROLE_CLIENT)
		resumption_offer(s);
	/* A client begins: its ClientHello is there already, mostly. */
	go_on(s, s->role == APP_ROLE_SERVER);
}

static void
cipher_ready(struct loop_watch *w, uint32_t events)
{
	(void)events;
	go_on(container_of(w, struct session, watch), true);
}

static const char *
whom_it_waits_for(const struct session *s)
{
	static const char *const names[] = {
		[SESSION_HANDSHAKE] = "the peer",
		[SESSION_QUESTION] = "the application's answer",
		[SESSION_CREDENTIAL] = "the keeper, for an identity",
		[SESSION_SIGN] = "the keeper, for a signature",
		[SESSION_VERIFY] = "the verifier",
	};

	return names[s->state];
}

static void
deadline(struct loop_timer *t)
{
	struct attempt *a = container_of(t, struct attempt, deadline);
	struct session *s = a->session;

	session_fail(s, ETIMEDOUT,
	    s->role == APP_ROLE_SERVER || s->state != SESSION_CREDENTIAL
		? GNUTLS_A_USER_CANCELED
		: -1,
	    "the time is over, waiting for %s", whom_it_waits_for(s));
}

static void
begin(struct session *s)
{
	const struct start *start = &s->attempt->start;
	uint32_t timeout = start->timeout;

	if (timeout == 0)
		timeout = role.config->handshake_timeout;
	if (loop_timer_set(role.loop, &s->attempt->deadline,
		loop_now(role.loop) + timeout) != 0 ||
	    handshake_begin(s) != 0) {
		session_fail(s, errno, -1, "%s",
		    s->attempt->reason != NULL ? s->attempt->reason
					       : "out of memory");
		return;
	}
	verify_prepare(s);
	if (s->role == APP_ROLE_CLIENT && credential_wanted(s))
		credential_ask(s);
	else
		session_hello(s);
}

int
session_dispatch(struct packet *p, void *dispatch_start)
{
	const struct dispatch_start *d = dispatch_start;
	struct session *s;
	const struct start *start;
	int fd;

	if ((s = session_new(d)) == NULL)
		return -1;
	s->watch.ready = cipher_ready;
	s->attempt->deadline.expired = deadline;
	start = &s->attempt->start;
	if (draining) {
		session_fail(s, ECONNREFUSED, -1, "the TLS Pool is stopping");
		return 0;
	}
	fd = packet_take_fd(p, 0);
	if (transport_open(&s->transport, fd, start->prefix.data,
		start->prefix.len) != 0) {
		session_fail(s, errno, -1,
		    "the descriptor cannot carry TLS: %s", strerror(errno));
		return 0;
	}
	s->watch.fd = fd;
	if (start->early)
		s->plaintext = packet_take_fd(p, 1);
	begin(s);
	return 0;
}

void
session_disconnected(struct session **handshakes)
{
	while (*handshakes != NULL)
		session_fail(*handshakes, ECONNRESET, GNUTLS_A_USER_CANCELED,
		    "the application is gone");
}

static bool
waits_for(const struct session *s, enum role who)
{
	switch (s->state) {
	case SESSION_CREDENTIAL:
	case SESSION_SIGN:
		return who == ROLE_KEEPER;
	case SESSION_VERIFY:
		return who == ROLE_VERIFIER;
	default:
		return false;
	}
}

static void
ask_again(struct session *s)
{
	if (s->state == SESSION_CREDENTIAL)
		credential_ask(s);
	else if (s->state == SESSION_SIGN)
		credential_ask_signature(s);
	else
		verify_ask(s);
}

static void
came_up(struct session *s, void *who)
{
	if (waits_for(s, *(enum role *)who) && s->attempt->ask)
		ask_again(s);
}

void
session_edge_up(enum role who)
{
	sessions_each(came_up, &who);
}

static void
went_down(struct session *s, void *who)
{
	if (waits_for(s, *(enum role *)who) && !s->attempt->ask)
		session_fail(s, ECONNRESET, GNUTLS_A_INTERNAL_ERROR,
		    "the %s died during this handshake; try again",
		    role_name(*(enum role *)who));
}

void
session_edge_down(enum role who)
{
	sessions_each(went_down, &who);
}

static void
stopped(struct session *s, void *unused)
{
	(void)unused;
	if (s->attempt != NULL)
		session_fail(s, ECONNRESET, GNUTLS_A_USER_CANCELED,
		    "the TLS Pool stopped");
}

void
session_drain(void)
{
	draining = true;
}

void
session_stop(void)
{
	draining = true;
	sessions_each(stopped, NULL);
	relay_end_all();
}
