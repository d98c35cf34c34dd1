/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dispatch: which worker serves a START, and which session is where.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/front/dispatch.h"
#include "daemon/front/quota.h"
#include "daemon/ipc/dispatch.h"
#include "daemon/sys/log.h"
#include "daemon/sys/numbers.h"

/* A session that is in a worker. */
struct flight {
	struct numbered by_session, by_request;
	uint32_t worker;
	uid_t uid;
	bool established;
	struct client *client; /* NULL: it is gone, the session goes on */
};

struct front_counters front_counters;

static struct numbers flights;		  /* by session */
static uint32_t load[CONFIG_MAX_WORKERS]; /* flights of each worker */
static uint64_t last_session;
static bool draining;

/*
 * A worker outlives a front that is replaced: so the numbers of a new front
 * begin somewhere else.
 */
int
dispatch_init(void)
{
	uint32_t epoch;

	if (getrandom(&epoch, sizeof(epoch), 0) != sizeof(epoch))
		return -1;
	last_session = (uint64_t)(epoch & 0x7fffffff) << 32;
	return 0;
}

static struct flight *
find(struct client *c, uint32_t request)
{
	struct numbered *n = numbers_find(&c->flights, request);

	return n != NULL ? container_of(n, struct flight, by_request) : NULL;
}

static void
flight_end(struct flight *f)
{
	numbers_remove(&flights, &f->by_session);
	if (f->client != NULL)
		numbers_remove(&f->client->flights, &f->by_request);
	load[f->worker]--;
	if (!f->established)
		quota_give(f->uid, QUOTA_HANDSHAKES);
	quota_give(f->uid, QUOTA_SESSIONS);
	free(f);
}

static struct flight *
flight_new(struct client *c, uint32_t request, uint32_t worker)
{
	struct flight *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	if (numbers_add(&flights, &f->by_session, ++last_session) != 0)
		goto err;
	if (numbers_add(&c->flights, &f->by_request, request) != 0) {
		numbers_remove(&flights, &f->by_session);
		goto err;
	}
	f->worker = worker;
	f->uid = c->who.uid;
	f->client = c;
	load[worker]++;
	return f;

err:
	free(f);
	return NULL;
}

/* The one with the fewest sessions, and of equals the next in turn; NULL:
 * none is up. */
static struct edge *
choose_worker(void)
{
	static uint32_t turn;
	struct edge *e, *best = NULL;

	turn++;
	for (uint32_t i = 0; i < role.workers; i++) {
		e = role_edge(ROLE_WORKER, (turn + i) % role.workers);
		if (e != NULL && (best == NULL || load[i] < load[best->index]))
			best = e;
	}
	return best;
}

/* What the application may have done in its name, and how often. */
static int
mint(struct client *c, const struct start *s, uint32_t worker, uint64_t session,
    uint8_t *sealed)
{
	uint32_t timeout =
	    s->timeout != 0 ? s->timeout : role.config->handshake_timeout;
	bool client = s->role == APP_ROLE_CLIENT;
	bool no_cert = client && (s->flags & APP_NO_LOCAL_CERT) != 0;
	bool asked = (s->questions & APP_ASK_NAME) != 0;
	struct grant g = {
		.session = session,
		.worker = worker,
		.uid = c->who.uid,
		.gids = { c->who.gids, c->who.ngids * 4 },
		.unit = c->who.unit,
		.role = s->role,
		.name = client || !asked ? s->local_name : NULL,
		.flags = s->flags,
		.signatures = no_cert ? 0 : 1,
		.until = loop_now(role.loop) + timeout,
		.disclose = client && !no_cert && s->local_name == NULL,
	};

	return grant_seal(role.grant_keys, &g, sealed);
}

static int
introduce(struct client *c, struct edge *worker)
{
	struct dispatch_connection msg = { .connection = c->number };
	uint64_t bit = UINT64_C(1) << worker->index;

	if (c->known & bit)
		return 0;
	if (edge_send(worker, &dispatch_connection_schema, 0, &msg,
		&c->watch.fd, 1) != 0)
		return -1;
	c->known |= bit;
	return 0;
}

static int
hand_over(struct client *c, struct flight *f, const struct start *s,
    struct blob raw, struct packet *p, struct edge *worker)
{
	uint8_t sealed[GRANT_MAX];
	struct dispatch_start msg = {
		.connection = c->number,
		.session = f->by_session.number,
		.start = raw,
		.uid = c->who.uid,
	};
	int len;

	len = mint(c, s, f->worker, f->by_session.number, sealed);
	if (len == -1 || introduce(c, worker) != 0)
		return -1;
	msg.grant = (struct blob){ sealed, (size_t)len };
	return edge_send(
	    worker, &dispatch_start_schema, 0, &msg, p->fds, p->nfds);
}

static int
take_quotas(struct client *c, uint32_t request)
{
	enum quota_kind kind = QUOTA_HANDSHAKES;
	char reason[128];

	if (quota_take(c->who.uid, QUOTA_HANDSHAKES) == 0) {
		kind = QUOTA_SESSIONS;
		if (quota_take(c->who.uid, QUOTA_SESSIONS) == 0)
			return 0;
		quota_give(c->who.uid, QUOTA_HANDSHAKES);
	}
	(void)snprintf(reason, sizeof(reason),
	    "the quota of %s of user %u is used up", quota_name(kind),
	    (unsigned)c->who.uid);
	client_fail(c, request, errno, reason);
	return -1;
}

void
dispatch_start(struct client *c, uint32_t request, const struct start *s,
    struct blob raw, struct packet *p)
{
	struct edge *worker = choose_worker();
	struct flight *f;

	if (draining) {
		client_fail(
		    c, request, ECONNREFUSED, "the TLS Pool is stopping");
		return;
	}
	if (find(c, request) != NULL) {
		client_fail(c, request, EEXIST,
		    "the request's number is that of a session");
		c->gone = true; /* its bookkeeping is broken */
		return;
	}
	if (take_quotas(c, request) != 0)
		return;
	if (worker == NULL ||
	    (f = flight_new(c, request, worker->index)) == NULL) {
		quota_give(c->who.uid, QUOTA_HANDSHAKES);
		quota_give(c->who.uid, QUOTA_SESSIONS);
		client_fail(c, request, EAGAIN, "no worker is there now");
		return;
	}
	front_counters.started++;
	if (hand_over(c, f, s, raw, p, worker) != 0) {
		flight_end(f);
		client_fail(
		    c, request, EAGAIN, "the worker takes no more; try again");
	}
}

static struct edge *
worker_of(const struct flight *f)
{
	return role_edge(ROLE_WORKER, f->worker);
}

void
dispatch_answer(struct client *c, uint32_t request, struct blob raw)
{
	struct flight *f = find(c, request);
	struct edge *worker = f != NULL ? worker_of(f) : NULL;
	struct dispatch_answer msg = { .answer = raw };

	if (worker == NULL)
		return; /* an answer that comes too late */
	msg.session = f->by_session.number;
	(void)edge_send(worker, &dispatch_answer_schema, 0, &msg, NULL, 0);
}

void
dispatch_cancel(struct client *c, uint32_t request)
{
	struct flight *f = find(c, request);
	struct edge *worker = f != NULL ? worker_of(f) : NULL;
	struct dispatch_cancel msg;

	if (worker == NULL)
		return;
	msg.session = f->by_session.number;
	(void)edge_send(worker, &dispatch_cancel_schema, 0, &msg, NULL, 0);
}

void
dispatch_disconnect(struct client *c)
{
	struct dispatch_disconnect msg = { .connection = c->number };
	struct numbered *n, *next;
	struct edge *worker;

	for (n = numbers_next(&c->flights, NULL); n != NULL; n = next) {
		next = numbers_next(&c->flights, n);
		numbers_remove(&c->flights, n);
		container_of(n, struct flight, by_request)->client = NULL;
	}
	for (uint32_t i = 0; i < CONFIG_MAX_WORKERS; i++) {
		if ((c->known & UINT64_C(1) << i) == 0 ||
		    (worker = role_edge(ROLE_WORKER, i)) == NULL)
			continue;
		(void)edge_send(
		    worker, &dispatch_disconnect_schema, 0, &msg, NULL, 0);
	}
}

static void
flight_established(struct flight *f)
{
	if (!f->established)
		quota_give(f->uid, QUOTA_HANDSHAKES);
	f->established = true;
}

/*
 * The flights that a worker speaks of, as far as they are its own: a front
 * that was replaced does not know the older sessions.  0, or -1: malformed.
 */
static int
each_flight(const struct edge *worker, struct blob sessions,
    void (*call)(struct flight *))
{
	struct wire_reader r = { (uint8_t *)(uintptr_t)sessions.data,
		sessions.len };
	struct numbered *n;
	struct flight *f;
	uint64_t session;

	while (r.len > 0) {
		if (wire_get_u64(&r, &session) != 0)
			return -1;
		if ((n = numbers_find(&flights, session)) == NULL)
			continue;
		f = container_of(n, struct flight, by_session);
		if (f->worker == worker->index)
			call(f);
	}
	return 0;
}

int
dispatch_progress(struct edge *e, struct packet *p, void *msg)
{
	const struct dispatch_progress *m = msg;

	(void)p;
	if (each_flight(e, m->established, flight_established) != 0)
		return -1;
	return each_flight(e, m->finished, flight_end);
}

void
dispatch_worker_up(uint32_t worker)
{
	clients_unknown_to(worker);
	clients_listen(true);
}

static void
flight_lost(struct flight *f, const struct closed *closed)
{
	uint32_t request = (uint32_t)f->by_request.number;

	if (f->client != NULL && f->established)
		client_send(f->client, &closed_schema, request, closed);
	else if (f->client != NULL)
		client_fail(f->client, request, ECONNRESET,
		    "the worker died during this handshake; try again");
	flight_end(f);
}

void
dispatch_worker_down(uint32_t worker)
{
	struct closed closed = { .reason = APP_CLOSE_DAEMON,
		.text = "the worker of this session died" };
	struct numbered *n, *next;
	struct flight *f;

	for (n = numbers_next(&flights, NULL); n != NULL; n = next) {
		next = numbers_next(&flights, n);
		f = container_of(n, struct flight, by_session);
		if (f->worker == worker)
			flight_lost(f, &closed);
	}
	clients_listen(choose_worker() != NULL);
}

void
dispatch_drain(void)
{
	draining = true;
}

unsigned
dispatch_count(void)
{
	return (unsigned)flights.count;
}

void
dispatch_forget(void)
{
	struct numbered *n, *next;

	for (n = numbers_next(&flights, NULL); n != NULL; n = next) {
		next = numbers_next(&flights, n);
		flight_end(container_of(n, struct flight, by_session));
	}
}
