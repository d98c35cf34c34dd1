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
#include "daemon/worker/credentials.h"
#include "daemon/worker/deliver.h"
#include "daemon/worker/handshake.h"
#include "daemon/worker/linger.h"
#include "daemon/worker/relay.h"
#include "daemon/worker/session.h"
#include "daemon/worker/verify.h"

static struct session *by_id, *by_serial;
static uint32_t last_serial;
static bool draining;

struct session *
session_by_id(uint64_t id)
{
	struct session *s;

	HASH_FIND(by_id, by_id, &id, sizeof(id), s);
	return s;
}

struct session *
session_by_serial(uint32_t serial)
{
	struct session *s;

	HASH_FIND(by_serial, by_serial, &serial, sizeof(serial), s);
	return s;
}

struct session **
session_list(uint64_t after, size_t *n)
{
	struct session *s, *next, **list;

	*n = 0;
	list = malloc((session_count() + 1) * sizeof(struct session *));
	if (list == NULL)
		return NULL;
	HASH_ITER(by_id, by_id, s, next)
	{
		if (s->id > after)
			list[(*n)++] = s;
	}
	return list;
}

unsigned
session_count(void)
{
	return HASH_CNT(by_id, by_id);
}

/* Its handshake is no longer one of its connection's. */
static void
leave_connection(struct session *s)
{
	if (s->prev == NULL)
		return;
	*s->prev = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	s->prev = NULL;
	s->next = NULL;
}

static void
attempt_free(struct session *s)
{
	struct attempt *a = s->attempt;

	if (a == NULL)
		return;
	handshake_abandon(s);
	loop_timer_cancel(role.loop, &a->deadline);
	gnutls_free(a->signature);
	free(a->reason);
	free(a->message);
	free((void *)(uintptr_t)a->grant.data);
	free(a);
	s->attempt = NULL;
}

static void
tell_front(uint64_t id, const struct message_schema *schema)
{
	struct edge *front = role_edge(ROLE_FRONT, 0);
	struct dispatch_finished msg = { .session = id };

	if (front != NULL)
		(void)edge_send(front, schema, 0, &msg, NULL, 0);
}

/* Takes the session out of every table and gives back what it has. */
static void
forget(struct session *s)
{
	s->state = SESSION_OVER;
	HASH_DELETE(by_id, by_id, s);
	HASH_DELETE(by_serial, by_serial, s);
	leave_connection(s);
	loop_unwatch(&s->watch);
	attempt_free(s);
	if (s->tls != NULL)
		gnutls_deinit(s->tls);
	linger_start(role.loop, &s->transport);
	if (s->plaintext != -1)
		(void)close(s->plaintext);
	credentials_unref(s->credentials);
	tell_front(s->id, &dispatch_finished_schema);
	free(s->relay);
	free(s->local_name);
	free(s->server_name);
	free(s->peer_name);
	free(s->method);
	free(s->evidence);
	free(s->service);
	free(s);
}

void
session_over(struct session *s)
{
	log_info("session-closed",
	    "session=%llu peer=\"%s\" reason=%u received=%llu sent=%llu",
	    (unsigned long long)s->id, s->peer_name != NULL ? s->peer_name : "",
	    (unsigned)s->post.reason,
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
	    "method=%s",
	    (unsigned long long)s->id, s->uid,
	    s->role == APP_ROLE_SERVER ? "server" : "client",
	    s->local_name != NULL ? s->local_name : "",
	    s->server_name != NULL ? s->server_name : "",
	    s->peer_name != NULL ? s->peer_name : "",
	    s->method != NULL ? s->method : "none");
	worker_counters.established++;
	tell_front(s->id, &dispatch_established_schema);
	leave_connection(s);
	loop_unwatch(&s->watch);
	attempt_free(s);
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

void
session_continue(struct session *s)
{
	enum handshake_step step = handshake_run(s);

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

static void
cipher_ready(struct loop_watch *w, uint32_t events)
{
	(void)events;
	session_continue(container_of(w, struct session, watch));
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
	struct session *s;

	s = session_by_serial(a->serial);
	session_fail(s, ETIMEDOUT,
	    s->role == APP_ROLE_SERVER || s->state != SESSION_CREDENTIAL
		? GNUTLS_A_USER_CANCELED
		: -1,
	    "the time is over, waiting for %s", whom_it_waits_for(s));
}

static struct blob
copy_blob(struct blob b)
{
	uint8_t *data = malloc(b.len + 1); /* decoding writes behind it */

	if (data != NULL)
		memcpy(data, b.data, b.len);
	return (struct blob){ data, b.len };
}

/* The session, with the application's message; no descriptor yet. */
static struct session *
session_new(const struct dispatch_start *d)
{
	struct session *s = calloc(1, sizeof(*s));
	struct attempt *a = calloc(1, sizeof(*a));
	struct message_header h;
	struct blob message = copy_blob(d->start);

	if (s == NULL || a == NULL || message.data == NULL ||
	    (a->grant = copy_blob(d->grant)).data == NULL ||
	    message_peek(message.data, message.len, &h) != 0)
		goto err;
	a->message = (uint8_t *)(uintptr_t)message.data;
	if (message_decode(&start_schema, a->message, message.len, &a->start) !=
	    0)
		goto err;
	s->attempt = a;
	s->id = d->session;
	do {
		s->serial = ++last_serial;
	} while (s->serial == 0 || session_by_serial(s->serial) != NULL);
	a->serial = s->serial;
	a->deadline.expired = deadline;
	s->request = h.request;
	s->connection = d->connection;
	s->uid = d->uid;
	s->role = a->start.role;
	s->flags = a->start.flags;
	s->events = a->start.events;
	s->since = time(NULL);
	s->transport.fd = s->plaintext = -1;
	s->watch.ready = cipher_ready;
	if (a->start.service != NULL)
		s->service = strdup(a->start.service);
	return s;
err:
	free((void *)(uintptr_t)message.data);
	if (a != NULL)
		free((void *)(uintptr_t)a->grant.data);
	free(a);
	free(s);
	return NULL;
}

static void
enlist(struct session *s)
{
	struct session **handshakes = connection_handshakes(s->connection);

	HASH_ADD(by_id, by_id, id, sizeof(s->id), s);
	HASH_ADD(by_serial, by_serial, serial, sizeof(s->serial), s);
	if (handshakes == NULL)
		return;
	s->next = *handshakes;
	s->prev = handshakes;
	if (s->next != NULL)
		s->next->prev = &s->next;
	*handshakes = s;
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
	if (s->role == APP_ROLE_CLIENT && credential_wanted(s))
		credential_ask(s);
	else
		session_continue(s);
}

int
session_dispatch(struct packet *p, void *dispatch_start)
{
	const struct dispatch_start *d = dispatch_start;
	struct session *s;
	const struct start *start;
	int fd;

	if (session_by_id(d->session) != NULL || (s = session_new(d)) == NULL)
		return -1;
	enlist(s);
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

void
session_edge_up(enum role who)
{
	struct session *s, *next;

	HASH_ITER(by_id, by_id, s, next)
	{
		if (waits_for(s, who) && s->attempt->ask)
			ask_again(s);
	}
}

void
session_edge_down(enum role who)
{
	struct session *s, *next;

	HASH_ITER(by_id, by_id, s, next)
	{
		if (waits_for(s, who) && !s->attempt->ask)
			session_fail(s, ECONNRESET, GNUTLS_A_INTERNAL_ERROR,
			    "the %s died during this handshake; try again",
			    role_name(who));
	}
}

static void
fail_handshakes(void)
{
	struct session *s, *next;

	HASH_ITER(by_id, by_id, s, next)
	{
		if (s->attempt != NULL)
			session_fail(s, ECONNRESET, GNUTLS_A_USER_CANCELED,
			    "the TLS Pool stopped");
	}
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
	fail_handshakes();
	relay_end_all();
}
