/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * relay: the records of established sessions.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/sys/role.h"
#include "daemon/worker/deliver.h"
#include "daemon/worker/linger.h"
#include "daemon/worker/pace.h"
#include "daemon/worker/post.h"
#include "daemon/worker/relay.h"

enum {
	BLOCK = 128 * 1024, /* bytes of plaintext in one turn */
	RECORD = 16 * 1024,
};

struct relay {
	struct session *session;
	struct relay *next, **prev; /* all of the thread */
	struct loop_watch plain;    /* the application's end */
	struct bytes pending;	    /* plaintext that it has not taken yet */
	bool quiet;		    /* nothing to do before an event … */
	bool adopted;		    /* … at which it is one of `relays` */
	bool peer_done;		    /* no more will come from the peer … */
	bool told;     /* … and the application has been told so */
	bool app_done; /* no more will come from the application */
	bool app_gone; /* nor does it read */
	bool said;     /* our close_notify is on its way */
	bool broken;   /* nothing can be sent any more */
	bool over;
	_Atomic bool closing;
	enum app_close reason;
	const char *text;
	struct pace pace;
};

/* Plaintext on its way; used within one turn only. */
static _Thread_local uint8_t block[BLOCK];

static pthread_t thread;
static struct loop *relay_loop;
static struct relay *relays;

static void
finish(struct relay *r, enum app_close reason, const char *text)
{
	if (r->over)
		return;
	r->over = true;
	if (!r->peer_done) {
		r->reason = reason;
		r->text = text;
	}
}

/* The peer's direction has ended; the first reason is the one that counts. */
static void
end_of_peer(struct relay *r, enum app_close reason, const char *text)
{
	if (r->peer_done)
		return;
	r->peer_done = true;
	r->reason = reason;
	r->text = text;
	atomic_store(&r->closing, true);
}

static void
pending_free(struct relay *r)
{
	free(r->pending.data);
	r->pending = (struct bytes){ .data = NULL };
}

/* Gives plaintext to the application; what it does not take is kept. */
static void
give(struct relay *r, const uint8_t *data, size_t len)
{
	struct session *s = r->session;
	ssize_t n = 0;

	if (r->app_gone)
		return;
	do {
		n = send(s->plaintext, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n == -1 && errno == EINTR);
	if (n == -1 && errno != EAGAIN) {
		r->app_gone = true; /* it reads no more */
		return;
	}
	n = n == -1 ? 0 : n;
	if ((size_t)n == len)
		return;
	r->pending.len = r->pending.size = len - (size_t)n;
	if ((r->pending.data = malloc(r->pending.size)) == NULL) {
		r->pending = (struct bytes){ .data = NULL };
		finish(r, APP_CLOSE_ERROR, "out of memory");
		return;
	}
	memcpy(r->pending.data, data + n, r->pending.len);
}

static void
give_pending(struct relay *r)
{
	struct bytes *p = &r->pending;
	ssize_t n;

	while (p->len > 0) {
		n = send(r->session->plaintext, p->data + p->off, p->len,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == -1) {
			if (errno == EINTR)
				continue;
			if (errno == EAGAIN)
				return;
			r->app_gone = true;
			break;
		}
		p->off += (size_t)n;
		p->len -= (size_t)n;
	}
	pending_free(r);
}

/* What GnuTLS says when there is no plaintext; true: ask it again. */
static bool
no_record(struct relay *r, ssize_t n)
{
	gnutls_session_t tls = r->session->tls;

	switch (n) {
	case GNUTLS_E_AGAIN:
		return false;
	case GNUTLS_E_INTERRUPTED:
	case GNUTLS_E_WARNING_ALERT_RECEIVED:
		return true;
	case 0:
		end_of_peer(r, APP_CLOSE_CLEAN, "the peer closed");
		return false;
	case GNUTLS_E_REHANDSHAKE:
		/* TLS 1.2 lets a peer ask; RFC 5746 lets us decline. */
		(void)gnutls_alert_send(
		    tls, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION);
		return true;
	case GNUTLS_E_PREMATURE_TERMINATION:
		end_of_peer(r, APP_CLOSE_TRUNCATED,
		    "the connection was cut: no close_notify from the peer");
		return false;
	case GNUTLS_E_PULL_ERROR:
	case GNUTLS_E_PUSH_ERROR:
		end_of_peer(r, APP_CLOSE_ERROR,
		    r->session->transport.error == ECONNRESET
			? "the peer reset the connection"
			: "the connection broke");
		r->broken = true;
		return false;
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
		end_of_peer(r, APP_CLOSE_ERROR,
		    gnutls_alert_get_name(gnutls_alert_get(tls)));
		r->broken = true;
		return false;
	default:
		(void)gnutls_alert_send_appropriate(tls, (int)n);
		end_of_peer(r, APP_CLOSE_ERROR, gnutls_strerror((int)n));
		r->broken = true;
		return false;
	}
}

/* One read's worth of records, to the application. */
static void
from_peer(struct relay *r)
{
	struct session *s = r->session;
	size_t len = 0, ahead;
	ssize_t n;

	while (!r->peer_done && !r->over && r->pending.len == 0) {
		ahead = transport_ahead(&s->transport);
		n = gnutls_record_recv(s->tls, block + len, BLOCK - len);
		if (n > 0) {
			len += (size_t)n;
			if (transport_dry(&s->transport))
				break;
			if (BLOCK - len >= RECORD)
				continue;
			give(r, block, len);
			atomic_fetch_add_explicit(
			    &s->received, len, memory_order_relaxed);
			len = 0;
		} else if (n == GNUTLS_E_AGAIN &&
			   transport_ahead(&s->transport) > 0 &&
			   transport_ahead(&s->transport) != ahead) {
			/* It was a ticket or a KeyUpdate; behind it there
			 * may be plaintext that nothing else tells us of. */
			continue;
		} else if (!no_record(r, n)) {
			break;
		}
	}
	if (len == 0)
		return;
	atomic_fetch_add_explicit(&s->received, len, memory_order_relaxed);
	give(r, block, len);
}

static void
say_goodbye(struct relay *r)
{
	if (r->said)
		return;
	r->said = true;
	atomic_store(&r->closing, true);
	(void)gnutls_bye(r->session->tls, GNUTLS_SHUT_WR);
}

static void
send_records(struct relay *r, const uint8_t *data, size_t len)
{
	struct session *s = r->session;
	size_t size;
	ssize_t n;

	atomic_fetch_add_explicit(&s->sent, len, memory_order_relaxed);
	pace_begin(&r->pace, loop_now(relay_loop));
	while (len > 0) {
		size = pace_record(&r->pace, len);
		do {
			n = gnutls_record_send(s->tls, data, size);
			/* The transport takes all it is given. */
		} while (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED);
		if (n < 0) {
			end_of_peer(r, APP_CLOSE_ERROR,
			    "the connection broke while sending");
			r->broken = true;
			return;
		}
		data += n;
		len -= (size_t)n;
	}
}

/* At its end of file: has it closed, or only shut one direction?  Where the
 * event did not say, it is asked at once, or the answer of a peer to our goodbye would come first and be taken
 * for the reason of the end. */
static bool
has_closed(int plaintext)
{
	struct pollfd p = { .fd = plaintext };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP) != 0;
}

/* One read of the application's plaintext, as records. */
static void
from_app(struct relay *r)
{
	struct session *s = r->session;
	ssize_t n;

	if (r->app_done || r->broken || r->over ||
	    transport_waiting(&s->transport) > 0)
		return;
	do {
		n = recv(s->plaintext, block, BLOCK, MSG_DONTWAIT);
	} while (n == -1 && errno == EINTR);
	if (n > 0) {
		send_records(r, block, (size_t)n);
	} else if (n == 0 || errno != EAGAIN) {
		r->app_done = true;
		if (n == -1 || (!r->app_gone && has_closed(s->plaintext)))
			r->app_gone = true;
		say_goodbye(r);
	}
}

static void
set_interest(struct loop_watch *w, uint32_t events)
{
	if (w->loop != NULL)
		loop_watch_set(w, events);
	else
		(void)loop_watch(relay_loop, w, events);
}

static void
interest(struct relay *r)
{
	struct session *s = r->session;
	size_t waiting = transport_waiting(&s->transport);
	uint32_t cipher = 0, plain = 0;

	if (!r->peer_done && r->pending.len == 0 &&
	    waiting < TRANSPORT_MAX_WAITING)
		cipher |= EPOLLIN;
	if (waiting > 0)
		cipher |= EPOLLOUT;
	if (!r->app_done && !r->broken && waiting == 0)
		plain |= EPOLLIN;
	if (r->pending.len > 0)
		plain |= EPOLLOUT;
	/* A hang-up is always told, and for ever: of the peer we hear it by
	 * reading.  The application may shut its direction first and close
	 * later, which only the hang-up tells. */
	if (cipher == 0)
		loop_unwatch(&s->watch);
	else
		set_interest(&s->watch, cipher);
	if (plain == 0 && r->app_gone)
		loop_unwatch(&r->plain);
	else
		set_interest(&r->plain, plain);
}

/* Why it has ended, to an application that wants to know, and before it can
 * see the end itself. */
static void
tell_why(struct relay *r)
{
	if (!r->told)
		deliver_closed(r->session, r->reason, r->text);
	r->told = true;
}

/* The peer has ended and the application has been given all: let it see the
 * end. */
static void
tell_end(struct relay *r)
{
	if (r->told)
		return;
	tell_why(r);
	(void)shutdown(r->session->plaintext, SHUT_WR);
}

static void
close_plaintext(struct relay *r)
{
	struct session *s = r->session;

	if (s->made_by_us) {
		loop_close(&r->plain);
	} else {
		loop_unwatch(&r->plain);
		(void)close(s->plaintext);
	}
	s->plaintext = -1;
}

static void
give_back(struct relay *r)
{
	struct session *s = r->session;

	tell_why(r);
	*r->prev = r->next;
	if (r->next != NULL)
		r->next->prev = r->prev;
	loop_unwatch(&s->watch);
	close_plaintext(r);
	pending_free(r);
	linger_start(relay_loop, &s->transport);
	post_over(s, r->reason);
}

/* What follows from where both directions are. */
static void
conclude(struct relay *r)
{
	struct session *s = r->session;
	bool given = r->pending.len == 0 || r->app_gone;

	if (s->transport.error != 0) {
		end_of_peer(r, APP_CLOSE_ERROR, "the connection broke");
		r->broken = true;
	}
	if (r->peer_done && given)
		tell_end(r);
	if (r->said && transport_waiting(&s->transport) == 0)
		transport_shut(&s->transport);
	if (r->app_gone && r->app_done)
		finish(r, APP_CLOSE_LOCAL, "the application closed");
	if (r->told && (r->said || r->broken))
		finish(r, APP_CLOSE_CLEAN, NULL);
	if (r->over)
		give_back(r);
	else
		interest(r);
}

/* Whatever can be done in either direction without waiting. */
static void
turn(struct relay *r, bool cipher, bool plain)
{
	struct session *s = r->session;

	transport_begin(&s->transport);
	if (r->pending.len > 0) {
		give_pending(r);
		/* Behind it there may be bytes that were read ahead. */
		cipher = true;
	}
	if (cipher)
		from_peer(r);
	if (plain)
		from_app(r);
	(void)transport_end(&s->transport);
	conclude(r);
}

static void
adopt(struct relay *r)
{
	struct session *s = r->session;

	r->next = relays;
	r->prev = &relays;
	if (r->next != NULL)
		r->next->prev = &r->next;
	relays = r;
	r->adopted = true;
	if (r->quiet)
		return;
	/* Records may have come with the handshake's last message; of what
	 * comes now, from either side, the loop tells. */
	transport_begin_ahead(&s->transport);
	from_peer(r);
	(void)transport_end(&s->transport);
	conclude(r);
}

/* All that the main thread has posted.  Is `awaited` one that has had no turn
 * yet?  Where it had, that may have been its end. */
static bool
adopt_posted(const struct relay *awaited)
{
	struct session *s, *next;
	bool found = false;

	for (s = post_take_sessions(); s != NULL; s = next) {
		next = s->post.next;
		if (s->relay == awaited && s->relay->quiet)
			found = true;
		adopt(s->relay);
	}
	return found;
}

static void
cipher_ready(struct loop_watch *w, uint32_t events)
{
	struct session *s = container_of(w, struct session, watch);
	struct relay *r = s->relay;

	/* False: if there is more to it, it will be told again. */
	if (!r->adopted && !adopt_posted(r))
		return;
	turn(r, (events & ~(uint32_t)EPOLLOUT) != 0, false);
}

static void
plain_ready(struct loop_watch *w, uint32_t events)
{
	struct relay *r = container_of(w, struct relay, plain);

	if (!r->adopted && !adopt_posted(r))
		return;
	/* Both of its directions are shut: it will not read any more. */
	if (events & EPOLLHUP)
		r->app_gone = true;
	turn(r, false, (events & ~(uint32_t)EPOLLOUT) != 0);
}

bool
relay_closing(const struct session *s)
{
	return s->relay != NULL && atomic_load(&s->relay->closing);
}

/* Nothing has been read ahead, nor has it to be written. */
static bool
is_quiet(const struct session *s)
{
	const struct transport *t = &s->transport;

	return transport_ahead(t) == 0 && transport_waiting(t) == 0 &&
	       !t->eof && t->error == 0 &&
	       gnutls_record_check_pending(s->tls) == 0;
}

/* In the main thread.  Where one of the two fails the relay finds out. */
static bool
watch_quiet(struct session *s)
{
	struct relay *r = s->relay;

	r->quiet = is_quiet(s) &&
		   loop_watch(relay_loop, &s->watch, EPOLLIN) == 0 &&
		   loop_watch(relay_loop, &r->plain, EPOLLIN) == 0;
	return r->quiet;
}

int
relay_add(struct session *s)
{
	struct relay *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return -1;
	r->session = s;
	r->plain.fd = s->plaintext;
	r->plain.ready = plain_ready;
	s->watch.fd = s->transport.fd;
	s->watch.ready = cipher_ready;
	s->relay = r;
	post_session(s, watch_quiet);
	return 0;
}

static void
end_each(void)
{
	struct relay *r, *next;

	for (r = relays; r != NULL; r = next) {
		next = r->next;
		transport_begin(&r->session->transport);
		from_app(r);
		say_goodbye(r);
		(void)transport_end(&r->session->transport);
		finish(r, APP_CLOSE_DAEMON, "the TLS Pool stopped");
		give_back(r);
	}
}

/* The main thread has something for this one. */
static void
woken(void *arg)
{
	bool stop, end;

	(void)arg;
	(void)adopt_posted(NULL);
	post_take_orders(&end, &stop);
	if (end || stop)
		end_each();
	if (stop)
		loop_stop(relay_loop);
}

static void *
run(void *arg)
{
	(void)arg;
	(void)loop_run(relay_loop);
	linger_stop();
	return NULL;
}

int
relay_start(void)
{
	int r;

	if ((relay_loop = loop_new()) == NULL)
		return -1;
	loop_on_wake(relay_loop, woken, NULL);
	post_open(relay_loop);
	if ((r = pthread_create(&thread, NULL, run, NULL)) != 0) {
		errno = r;
		return -1;
	}
	return 0;
}

void
relay_end_all(void)
{
	post_order_end();
}

void
relay_stop(void)
{
	post_order_stop();
	(void)pthread_join(thread, NULL);
	loop_free(relay_loop);
}
