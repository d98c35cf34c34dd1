/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * link: a state machine, of which each step takes what has come and says what
 * it waits for.  Whatever goes wrong ends the connection, and tells everybody
 * who waits for it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/verifier/link.h"
#include "daemon/verifier/link_address.h"
#include "daemon/verifier/link_bytes.h"
#include "daemon/verifier/policy.h"

enum {
	LINKS_MAX = 256,
	KEPT_MS = 30 * 1000, /* without a question */
	/* Bytes that may come for one question. */
	BUDGET = STREAM_MESSAGE_MAX + 64 * 1024,
};

enum step {
	STEP_WAIT,
	STEP_ON, /* the state has changed */
	STEP_END,
};

enum link_state {
	LINK_FINDING, /* addresses */
	LINK_CONNECTING,
	LINK_ASKING_TLS,
	LINK_SHAKING,
	LINK_JUDGING,
	LINK_READY,
	LINK_STATES,
};

struct link {
	struct directory where;
	enum link_state state;
	bool retired;  /* not for new questions */
	bool answered; /* it has been of use */
	bool busy;     /* it is at work, and will be looked at again */
	struct link_address addresses;
	struct loop_watch watch;
	struct loop_timer timer; /* of an address, or of being idle */
	struct link_bytes bytes;
	int tls_id;
	struct verdict *judge;
	struct trust trust; /* of judge; what is in it is not owned */
	char how[VERDICT_TEXT];
	struct link_query *queries;
	struct link *next;
};

static struct {
	struct loop *loop;
	const struct config *config;
	const struct trust *trust;
	struct link *links;
	size_t n;
	bool evicting;
} all;

static void advance(struct link *);

void
link_init(
    struct loop *loop, const struct config *config, const struct trust *trust)
{
	all.loop = loop;
	all.config = config;
	all.trust = trust;
	for (struct link *l = all.links; l != NULL; l = l->next)
		l->retired = true;
}

size_t
link_count(void)
{
	return all.n;
}

static void
query_unlink(struct link_query *q)
{
	*q->prev = q->next;
	if (q->next != NULL)
		q->next->prev = q->prev;
	q->next = NULL;
	q->prev = NULL;
	q->link = NULL;
}

static void
query_finish(struct link_query *q, enum link_found found)
{
	snprintf(q->how, sizeof(q->how), "%s", q->link->how);
	query_unlink(q);
	q->found = found;
	q->answered(q);
}

static void
close_socket(struct link *l)
{
	loop_timer_cancel(all.loop, &l->timer);
	loop_unwatch(&l->watch);
	if (l->bytes.fd != -1)
		(void)close(l->bytes.fd);
	l->bytes.fd = -1;
}

static void
link_free(struct link *l)
{
	struct link **at = &all.links;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	all.n--;
	close_socket(l);
	link_address_end(&l->addresses);
	verdict_free(l->judge);
	link_tls_free(l->bytes.tls);
	stream_free(l->bytes.stream);
	free(l);
}

/* Ends it, and all that was asked over it. */
__attribute__((format(printf, 2, 3))) static enum step
fail(struct link *l, const char *fmt, ...)
{
	struct link_query *list = l->queries, *q;
	char why[VERDICT_TEXT];
	bool answered = l->answered;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	/* A call may ask again, or end others that wait here. */
	l->queries = NULL;
	if (list != NULL)
		list->prev = &list;
	l->retired = l->busy = true;
	while ((q = list) != NULL) {
		snprintf(q->why, sizeof(q->why), "%s", why);
		query_finish(q, q->kept && answered ? LINK_STALE : LINK_FAILED);
	}
	link_free(l);
	return STEP_END;
}

static struct link_query *
find_query(struct link *l, int id)
{
	struct link_query *q = l->queries;

	while (q != NULL && q->id != id)
		q = q->next;
	return q;
}

static int
take_entry(struct link_query *q, const struct stream_message *m)
{
	uint8_t *copy = malloc(m->certs.len + 1);

	/* At most one entry can be of that name. */
	if (q == NULL || q->certs.data != NULL || copy == NULL) {
		free(copy);
		return -1;
	}
	memcpy(copy, m->certs.data, m->certs.len);
	q->certs = (struct blob){ copy, m->certs.len };
	return 0;
}

static void
take_end(struct link *l, struct link_query *q, const struct stream_message *m)
{
	enum link_found found = LINK_FAILED;

	l->answered = true;
	if (m->code == STREAM_NO_SUCH_OBJECT && q->certs.data == NULL)
		found = LINK_NO_ENTRY;
	else if (m->code == 0)
		found = q->certs.data != NULL ? LINK_ENTRY : LINK_NO_ENTRY;
	else
		snprintf(q->why, sizeof(q->why), "it answers %d (%s)", m->code,
		    m->text);
	query_finish(q, found);
}

static int
take_message(struct link *l, const struct stream_message *m)
{
	struct link_query *q = find_query(l, m->id);

	if (m->kind == STREAM_ENTRY)
		return take_entry(q, m);
	if (m->kind != STREAM_END || q == NULL)
		return -1;
	take_end(l, q, m);
	return 0;
}

static void
send_queries(struct link *l)
{
	for (struct link_query *q = l->queries; q != NULL; q = q->next) {
		if (q->id != 0)
			continue;
		q->id = stream_search(l->bytes.stream, q->dn);
		l->bytes.budget += BUDGET;
	}
}

/* Nobody asks anything: it is kept for those who may. */
static enum step
rest(struct link *l)
{
	uint64_t until = loop_now(all.loop) + KEPT_MS;

	if (l->retired)
		return fail(l, "it is of an older configuration");
	if (loop_timer_set(all.loop, &l->timer, until) != 0)
		return fail(l, "no memory is left");
	return STEP_WAIT;
}

static enum step
step_ready(struct link *l)
{
	struct stream_message m;
	const char *why = "";
	int r, n;

	/* Who asks from now on sets it again. */
	loop_timer_cancel(all.loop, &l->timer);
	send_queries(l);
	if (link_bytes_send(&l->bytes) != 0)
		return fail(l, "it does not listen: %s", strerror(errno));
	do {
		if ((r = link_bytes_receive(&l->bytes, &why)) < 0)
			return fail(l, "%s", why);
		while ((n = stream_next(l->bytes.stream, &m)) > 0)
			if (take_message(l, &m) != 0)
				return fail(l, "it answers what was not asked");
		if (n < 0)
			return fail(l, "its answer is no LDAP, or too long");
	} while (r > 0);
	return l->queries == NULL ? rest(l) : STEP_WAIT;
}

static enum step
become_ready(struct link *l)
{
	l->state = LINK_READY;
	l->bytes.budget = 0;
	return STEP_ON;
}

static void
judged(struct verdict *v)
{
	struct link *l = all.links;

	while (l->judge != v)
		l = l->next;
	advance(l);
}

static enum step
step_judging(struct link *l)
{
	/* What it was copied from may have changed while it waited. */
	link_tls_trust(&l->trust, all.trust);
	if (l->judge == NULL) {
		l->judge = link_tls_judge(
		    l->bytes.tls, &l->trust, l->where.host, l->where.port);
		if (l->judge == NULL)
			return fail(l, "what it showed cannot be taken");
		l->judge->resume = judged;
	}
	if (!policy_run(l->judge))
		return STEP_WAIT;
	if (l->judge->error != 0)
		return fail(
		    l, "its certificate is refused: %s", l->judge->reason);
	snprintf(l->how, sizeof(l->how), "known by %s: %.400s",
	    l->judge->method, l->judge->evidence);
	return become_ready(l);
}

static enum step
step_shaking(struct link *l)
{
	const char *why = "no memory is left";

	if (l->bytes.tls == NULL &&
	    (l->bytes.tls = link_tls_new(l->bytes.fd, l->where.host)) == NULL)
		return fail(l, "%s", why);
	switch (link_tls_shake(l->bytes.tls, &why)) {
	case 0:
		return STEP_WAIT;
	case 1:
		l->state = LINK_JUDGING;
		return STEP_ON;
	default:
		return fail(l, "TLS fails: %s", why);
	}
}

/* What comes behind the answer comes from whoever is on the way (RFC 4511,
 * section 4.14.2). */
static enum step
step_asking_tls(struct link *l)
{
	struct stream_message m;
	const char *why = "";
	int r;

	if (l->tls_id == 0) {
		l->tls_id = stream_start_tls(l->bytes.stream);
		l->bytes.budget = LINK_BYTES_READ;
	}
	if (l->tls_id < 0 || link_bytes_send(&l->bytes) != 0)
		return fail(l, "it cannot be asked for TLS");
	while ((r = stream_next(l->bytes.stream, &m)) == 0) {
		if ((r = link_bytes_receive(&l->bytes, &why)) < 0)
			return fail(l, "%s", why);
		if (r == 0)
			return STEP_WAIT;
	}
	if (r < 0 || m.kind != STREAM_TLS || m.id != l->tls_id)
		return fail(l, "it answers something else than StartTLS");
	if (m.code != 0)
		return fail(l, "it refuses StartTLS: %s", m.text);
	if (stream_has_rest(l->bytes.stream))
		return fail(l, "there is more behind its answer to StartTLS");
	l->state = LINK_SHAKING;
	return STEP_ON;
}

static enum step
connected(struct link *l)
{
	loop_timer_cancel(all.loop, &l->timer);
	switch (l->where.kind) {
	case DIRECTORY_LDAP:
		l->state = LINK_ASKING_TLS;
		return STEP_ON;
	case DIRECTORY_LDAPS:
		l->state = LINK_SHAKING;
		return STEP_ON;
	case DIRECTORY_LDAPI:
		snprintf(l->how, sizeof(l->how), "on this machine");
		return become_ready(l);
	}
	return fail(l, "it is of no kind");
}

static void
ready(struct loop_watch *watch, uint32_t events)
{
	struct link *l = container_of(watch, struct link, watch);

	(void)events;
	/* Then nothing is waited for but its end. */
	if (l->state == LINK_JUDGING)
		(void)fail(l, "it closed the connection");
	else
		advance(l);
}

/* An address that does not answer leaves time for the others. */
static enum step
open_socket(struct link *l)
{
	int r, fd = link_address_socket(&l->addresses, &r);
	uint64_t until = loop_now(all.loop) + all.config->ldap_timeout / 4;

	if (fd == -1)
		return fail(l, "no connection: %s", strerror(r));
	l->bytes.fd = l->watch.fd = fd;
	l->watch.ready = ready;
	if (loop_watch(all.loop, &l->watch, EPOLLOUT) != 0 ||
	    loop_timer_set(all.loop, &l->timer, until) != 0)
		return fail(l, "no connection: %s", strerror(errno));
	return STEP_WAIT;
}

static enum step
step_connecting(struct link *l)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (l->bytes.fd == -1)
		return open_socket(l);
	if (getsockopt(l->bytes.fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	if (error == 0)
		return connected(l);
	close_socket(l);
	link_address_failed(&l->addresses, error);
	return STEP_ON;
}

static void
found(struct link_address *a)
{
	advance(container_of(a, struct link, addresses));
}

static enum step
step_finding(struct link *l)
{
	l->addresses.found = found;
	switch (link_address_find(&l->addresses, &l->where)) {
	case 0:
		return STEP_WAIT;
	case 1:
		l->state = LINK_CONNECTING;
		return STEP_ON;
	default:
		return fail(l, "%s", l->addresses.why);
	}
}

/* What the state waits for; EPOLLIN means that it has ended, too. */
static uint32_t
interest(const struct link *l)
{
	switch (l->state) {
	case LINK_CONNECTING:
		return EPOLLOUT;
	case LINK_SHAKING:
		return link_tls_wants_write(l->bytes.tls) ? EPOLLOUT : EPOLLIN;
	case LINK_JUDGING:
		return 0;
	default:
		return EPOLLIN |
		       (stream_output(l->bytes.stream).len > 0 ? EPOLLOUT : 0);
	}
}

static void
advance(struct link *l)
{
	static enum step (*const steps[LINK_STATES])(struct link *) = {
		[LINK_FINDING] = step_finding,
		[LINK_CONNECTING] = step_connecting,
		[LINK_ASKING_TLS] = step_asking_tls,
		[LINK_SHAKING] = step_shaking,
		[LINK_JUDGING] = step_judging,
		[LINK_READY] = step_ready,
	};
	enum step step;

	l->busy = true;
	do
		step = steps[l->state](l);
	while (step == STEP_ON);
	if (step == STEP_END)
		return;
	l->busy = false;
	if (l->bytes.fd != -1)
		loop_watch_set(&l->watch, interest(l));
}

/* An address has had its time, or the connection was idle for long. */
static void
expired(struct loop_timer *timer)
{
	struct link *l = container_of(timer, struct link, timer);

	if (l->state == LINK_CONNECTING) {
		close_socket(l);
		link_address_failed(&l->addresses, ETIMEDOUT);
		advance(l);
	} else if (l->queries != NULL) {
		advance(l);
	} else {
		(void)fail(l, "it was idle");
	}
}

static bool
equal(const struct directory *a, const struct directory *b)
{
	return a->kind == b->kind && a->port == b->port &&
	       strcmp(a->host, b->host) == 0 && strcmp(a->path, b->path) == 0;
}

/* The oldest that nobody uses; or else that has not come to an end of TLS. */
static struct link *
find_victim(void)
{
	struct link *idle = NULL, *slow = NULL;

	for (struct link *l = all.links; l != NULL; l = l->next) {
		if (l->busy)
			continue;
		if (l->queries == NULL)
			idle = l;
		else if (l->state != LINK_READY)
			slow = l;
	}
	return idle != NULL ? idle : slow;
}

/*
 * Clients choose the names that they claim, and so the directories: many of
 * them that are slow must not be in the way of one that has answered.  Who
 * loses a connection here does not take the room that was made.
 */
static bool
have_room(void)
{
	struct link *l;

	if (all.n < LINKS_MAX)
		return true;
	if (all.evicting || (l = find_victim()) == NULL)
		return false;
	all.evicting = true;
	(void)fail(l, "there are too many connections to directories");
	all.evicting = false;
	return true;
}

static struct link *
link_new(const struct directory *where)
{
	struct link *l = have_room() ? calloc(1, sizeof(*l)) : NULL;

	if (l == NULL || (l->bytes.stream = stream_new()) == NULL) {
		free(l);
		return NULL;
	}
	l->where = *where;
	l->bytes.fd = -1;
	l->timer.expired = expired;
	l->next = all.links;
	all.links = l;
	all.n++;
	return l;
}

int
link_ask(const struct directory *where, struct link_query *q, bool kept)
{
	struct link *l = all.links;

	while (l != NULL && (l->retired || !equal(&l->where, where) ||
				(!kept && l->answered)))
		l = l->next;
	q->kept = l != NULL;
	if (l == NULL && (l = link_new(where)) == NULL) {
		snprintf(q->why, sizeof(q->why),
		    "there are too many connections to directories");
		return -1;
	}
	q->id = 0;
	q->link = l;
	q->next = l->queries;
	q->prev = &l->queries;
	if (q->next != NULL)
		q->next->prev = &q->next;
	l->queries = q;
	/* From the loop: nothing is answered before this has returned. */
	if (l->state == LINK_READY || !q->kept)
		(void)loop_timer_set(all.loop, &l->timer, loop_now(all.loop));
	return 0;
}

void
link_give_up(struct link_query *q)
{
	struct link *l = q->link;

	query_unlink(q);
	(void)fail(l, "it does not answer");
}
