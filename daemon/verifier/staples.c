/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * staples: each has a timer, and a place in the queue when that has expired.
 * Few questions are under way at once, and fewer to one server, so that one
 * that hangs holds up none but its own.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ipc/verify.h"
#include "daemon/sys/log.h"
#include "daemon/verifier/staple_file.h"
#include "daemon/verifier/staples.h"
#include "daemon/verifier/verify.h"

enum {
	/* Milliseconds: workers ask again every hour while they serve. */
	UNUSED = 24 * 60 * 60 * 1000,
	SECOND = 1000,
	FOLDER = 4096,
	TOLD = 1024, /* that a worker is told at first; it asks for others */
};

static struct {
	struct staple *table;
	TAILQ_HEAD(, staple) queue;
	struct staple *asked[STAPLES_AT_ONCE]; /* under way */
	unsigned under_way;
	uint64_t fetched, failed;
} staples = { .queue = TAILQ_HEAD_INITIALIZER(staples.queue) };

static const char *
folder(char path[FOLDER])
{
	snprintf(path, FOLDER, "%s/verifier/ocsp", role.config->state);
	return path;
}

/* No question about it is under way any more. */
static void
end_question(struct staple *s)
{
	for (unsigned i = 0; i < staples.under_way; i++)
		if (staples.asked[i] == s) {
			staples.asked[i] = staples.asked[--staples.under_way];
			break;
		}
	s->post = NULL;
}

static void
forget(struct staple *s)
{
	http_cancel(s->post);
	end_question(s);
	if (s->queued)
		TAILQ_REMOVE(&staples.queue, s, queue);
	loop_timer_cancel(role.loop, &s->timer);
	HASH_DEL(staples.table, s);
	staple_free(s);
}

/* For good. */
static void
drop(struct staple *s)
{
	char path[FOLDER];

	staple_file_remove(folder(path), s->id);
	forget(s);
}

/*
 * The workers.
 */

static void
tell(const struct staple *s, struct edge *worker)
{
	struct staple_ans ans = { .chain = { s->id, CHAIN_ID_SIZE },
		.answer = { s->answer.data, s->answer.size },
		.until = (uint64_t)s->until };

	/* Where it cannot be told, it asks again. */
	(void)edge_send(worker, &staple_ans_schema, 0, &ans, NULL, 0);
}

static void
tell_all(const struct staple *s)
{
	for (uint32_t i = 0; i < CONFIG_MAX_WORKERS; i++) {
		struct edge *worker = role_edge(ROLE_WORKER, i);

		if ((s->workers & UINT64_C(1) << i) && worker != NULL)
			tell(s, worker);
	}
}

void
staples_edge_up(struct edge *worker)
{
	time_t now = time(NULL);
	size_t n = 0;

	for (struct staple *s = staples.table; s != NULL; s = s->hh.next)
		if (staple_is_fresh(s, now) && n++ < TOLD)
			tell(s, worker);
}

void
staples_edge_down(const struct edge *edge)
{
	for (struct staple *s = staples.table; s != NULL; s = s->hh.next)
		s->workers &= ~(UINT64_C(1) << edge->index);
}

/*
 * The questions.
 */

static void
plan(struct staple *s)
{
	time_t now = time(NULL), wait = staple_wait(s, now);

	s->next = now + wait;
	(void)loop_timer_set(role.loop, &s->timer,
	    loop_now(role.loop) + (uint64_t)wait * SECOND);
}

static void
note_failure(struct staple *s, const char *why)
{
	staples.failed++;
	s->failures++;
	snprintf(s->trouble, sizeof(s->trouble), "%s", why);
	plan(s);
	log_warning("staple-failed",
	    "subject=\"%s\" url=\"%s\" reason=\"the responder %s\" "
	    "failures=%u retry=%llds effect=\"%s\"",
	    s->subject, s->url, why, s->failures,
	    (long long)(s->next - time(NULL)),
	    staple_is_fresh(s, time(NULL)) ? "the answer before stays"
					   : "nothing is stapled");
}

static void
note_answer(struct staple *s)
{
	char path[FOLDER];

	staples.fetched++;
	s->failures = 0;
	s->trouble[0] = '\0';
	s->fetched = time(NULL);
	plan(s);
	if (staple_file_write(folder(path), s->id, s->chain,
		(struct blob){ s->answer.data, s->answer.size }) != 0)
		log_warning("staple-not-kept", "folder=%s reason=\"%s\"", path,
		    strerror(errno));
	if (s->revoked)
		log_error("staple-revoked",
		    "subject=\"%s\" url=\"%s\" effect=\"its peers are told; "
		    "get another certificate\"",
		    s->subject, s->url);
	else
		log_info("staple-fetched",
		    "subject=\"%s\" url=\"%s\" valid=%llds next=%llds",
		    s->subject, s->url, (long long)(s->until - s->fetched),
		    (long long)(s->next - s->fetched));
	tell_all(s);
}

static void run_queue(void);

static void
fetched(void *arg, const char *why, struct blob answer)
{
	struct staple *s = arg;
	char text[STAPLE_TROUBLE];

	s->post = NULL;
	staples.under_way--;
	if (why == NULL &&
	    staple_take(s, answer, verify_trust.crls, time(NULL), &why) != 0) {
		snprintf(text, sizeof(text), "sent an answer that %s", why);
		why = text;
	}
	if (why == NULL)
		note_answer(s);
	else
		note_failure(s, why);
	run_queue();
}

static bool
is_free(const struct staple *wanted)
{
	unsigned n = 0;

	for (unsigned i = 0; i < staples.under_way; i++)
		if (strcmp(staples.asked[i]->server, wanted->server) == 0)
			n++;
	return n < STAPLES_OF_ONE;
}

static void
ask(struct staple *s)
{
	uint8_t request[OCSP_REQUEST_MAX];
	size_t len = staple_request_make(s, request);

	TAILQ_REMOVE(&staples.queue, s, queue);
	s->queued = false;
	if (len > 0)
		s->post = http_post(s->url, "application/ocsp-request",
		    (struct blob){ request, len }, fetched, s);
	if (s->post != NULL)
		staples.asked[staples.under_way++] = s;
	else
		note_failure(s, "cannot be asked");
}

static void
run_queue(void)
{
	struct staple *s, *next;

	for (s = TAILQ_FIRST(&staples.queue);
	     s != NULL && staples.under_way < STAPLES_AT_ONCE; s = next) {
		next = TAILQ_NEXT(s, queue);
		if (is_free(s))
			ask(s);
	}
}

/* Nobody serves with it any more, or nobody should. */
static bool
is_over(const struct staple *s)
{
	return loop_now(role.loop) - s->asked_at > UNUSED ||
	       s->expires < time(NULL);
}

static void
expired(struct loop_timer *timer)
{
	struct staple *s = container_of(timer, struct staple, timer);

	if (is_over(s)) {
		drop(s);
		return;
	}
	if (s->url[0] == '\0' || s->queued || s->post != NULL)
		return;
	TAILQ_INSERT_TAIL(&staples.queue, s, queue);
	s->queued = true;
	run_queue();
}

/*
 * The table.
 */

const struct staple *
staples_find(const uint8_t id[CHAIN_ID_SIZE])
{
	struct staple *s;

	HASH_FIND(hh, staples.table, id, CHAIN_ID_SIZE, s);
	return s;
}

/* That nobody has asked for for the longest time. */
static void
make_room(void)
{
	struct staple *oldest = staples.table;

	if (HASH_COUNT(staples.table) < STAPLES_MAX)
		return;
	for (struct staple *s = staples.table; s != NULL; s = s->hh.next)
		if (s->asked_at < oldest->asked_at)
			oldest = s;
	drop(oldest);
}

static struct staple *
add(const uint8_t id[CHAIN_ID_SIZE], struct blob chain)
{
	struct staple *s = staple_new(id, chain, verify_trust.anchors);

	if (s == NULL)
		return NULL;
	make_room();
	HASH_ADD(hh, staples.table, id, CHAIN_ID_SIZE, s);
	s->timer.expired = expired;
	s->asked_at = loop_now(role.loop);
	if (s->url[0] == '\0')
		log_notice("staple-impossible", "subject=\"%s\" reason=\"%s\"",
		    s->subject, s->trouble);
	return s;
}

/* What was kept is judged as if it had just come. */
static void
take_kept(
    const uint8_t id[CHAIN_ID_SIZE], struct blob chain, struct blob answer)
{
	struct staple *s = add(id, chain);
	const char *why;

	if (s == NULL || s->url[0] == '\0')
		return;
	if (staple_take(s, answer, verify_trust.crls, time(NULL), &why) != 0)
		log_info(
		    "staple-not-used", "reason=\"the answer kept %s\"", why);
	plan(s);
}

void
staples_begin(void)
{
	char path[FOLDER];

	if (role.config->ocsp_staple)
		staple_file_each(
		    folder(path), time(NULL), STAPLES_MAX, take_kept);
}

int
staple_request(struct edge *edge, struct packet *packet, void *msg)
{
	const struct staple_req *req = msg;
	uint8_t id[CHAIN_ID_SIZE];
	struct staple *s;

	(void)packet;
	if (!role.config->ocsp_staple || edge->index >= CONFIG_MAX_WORKERS)
		return 0;
	if (role.grant_keys == NULL || chain_id(req->chain, id) != 0 ||
	    voucher_check(
		role.grant_keys, req->voucher, loop_now(role.loop), id) != 0) {
		log_warning("voucher-refused", "worker=%u reason=\"%s\"",
		    edge->index,
		    errno == ETIMEDOUT ? "its time is over"
		    : errno == ENOENT  ? "it is about other chains"
				       : "it was not made by this pool");
		return 0;
	}
	HASH_FIND(hh, staples.table, id, CHAIN_ID_SIZE, s);
	if (s == NULL) {
		if ((s = add(id, req->chain)) == NULL)
			return 0;
		if (s->url[0] != '\0')
			plan(s);
	}
	s->asked_at = loop_now(role.loop);
	s->workers |= UINT64_C(1) << edge->index;
	if (staple_is_fresh(s, time(NULL)))
		tell(s, edge);
	return 0;
}

void
staples_configure(void)
{
	struct staple *s, *next;

	http_init(role.loop, role.config->ocsp_timeout);
	HASH_ITER(hh, staples.table, s, next)
	{
		/* Perhaps there is another anchor now. */
		if (s->url[0] == '\0')
			forget(s);
		else if (s->failures > 0 && s->post == NULL && !s->queued)
			(void)loop_timer_set(
			    role.loop, &s->timer, loop_now(role.loop));
	}
}

void
staples_stop(void)
{
	struct staple *s, *next;

	HASH_ITER(hh, staples.table, s, next)
	{
		forget(s);
	}
}

struct staples_counters
staples_count(void)
{
	struct staples_counters c = { .fetched = staples.fetched,
		.failed = staples.failed };
	time_t now = time(NULL);

	for (struct staple *s = staples.table; s != NULL; s = s->hh.next) {
		c.chains++;
		c.fresh += staple_is_fresh(s, now);
	}
	return c;
}
