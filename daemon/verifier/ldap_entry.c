/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * ldap_entry: a bounded table of what is being asked and what was answered, which
 * is kept for no longer than it takes those who waited to read it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ipc/hash.h"
#include "daemon/verifier/dn.h"
#include "daemon/verifier/ldap_entry.h"

enum {
	MAX_ENTRIES = 1024,
	KEPT_MS = 2000,
	KEY_SIZE = DN_SIZE + 512,
};

struct entry {
	UT_hash_handle hh; /* in the order of asking */
	char key[KEY_SIZE];
	char dn[DN_SIZE];
	struct directory directories[LDAP_DIRECTORIES];
	size_t n, at;
	uint64_t deadline;	 /* of all of them, milliseconds */
	bool again;		 /* over a connection of its own */
	bool under_way;		 /* else: until deadline it is known */
	struct loop_timer timer; /* of this directory */
	struct waiter *waiters;
	struct link_query query;
	struct ldap_answer answer;
};

static struct {
	struct loop *loop;
	const struct config *config;
	struct entry *entries;
} all;

static void ask(struct entry *);

void
ldap_entry_init(struct loop *loop, const struct config *config)
{
	all.loop = loop;
	all.config = config;
}

static void
entry_free(struct entry *e)
{
	HASH_DEL(all.entries, e);
	loop_timer_cancel(all.loop, &e->timer);
	free((void *)(uintptr_t)e->query.certs.data);
	free(e);
}

static void
finish(struct entry *e, enum link_found found)
{
	struct waiter *list = e->waiters, *w;

	loop_timer_cancel(all.loop, &e->timer);
	e->answer.found = found;
	e->answer.certs = e->query.certs;
	memcpy(e->answer.how, e->query.how, sizeof(e->answer.how));
	e->under_way = false;
	e->deadline = loop_now(all.loop) + KEPT_MS;
	e->waiters = NULL;
	if (list != NULL)
		list->prev = &list;
	while ((w = list) != NULL) {
		waiter_leave(w);
		w->answered(w);
	}
}

/* The first one that fails is what people are told of: it is the one that
 * should have answered. */
static void
next(struct entry *e, const char *why)
{
	if (e->answer.why[0] == '\0')
		snprintf(e->answer.why, sizeof(e->answer.why), "%.250s: %.250s",
		    e->answer.from, why);
	e->at++;
	e->again = false;
	ask(e);
}

static void
answered(struct link_query *query)
{
	struct entry *e = container_of(query, struct entry, query);

	if (query->found == LINK_FAILED) {
		next(e, query->why);
	} else if (query->found == LINK_STALE) {
		e->again = true;
		ask(e);
	} else {
		finish(e, query->found);
	}
}

static void
too_late(struct loop_timer *timer)
{
	struct entry *e = container_of(timer, struct entry, timer);
	char why[64];

	link_give_up(&e->query);
	snprintf(why, sizeof(why), "no answer within %u ms",
	    all.config->ldap_timeout);
	next(e, why);
}

/* Each of those that are left has an equal part of the time that is left. */
static void
ask(struct entry *e)
{
	uint64_t now = loop_now(all.loop);

	free((void *)(uintptr_t)e->query.certs.data);
	e->query.certs = (struct blob){ NULL, 0 };
	for (; e->at < e->n && now < e->deadline; e->at++) {
		uint64_t until = now + (e->deadline - now) / (e->n - e->at);

		directory_text(&e->directories[e->at], e->answer.from);
		if (loop_timer_set(all.loop, &e->timer, until) == 0 &&
		    link_ask(&e->directories[e->at], &e->query, !e->again) == 0)
			return;
		if (e->answer.why[0] == '\0')
			snprintf(e->answer.why, sizeof(e->answer.why),
			    "%.250s: %.250s", e->answer.from, e->query.why);
	}
	finish(e, LINK_FAILED);
}

static bool
have_room(void)
{
	struct entry *e, *following;

	if (HASH_COUNT(all.entries) < MAX_ENTRIES)
		return true;
	HASH_ITER(hh, all.entries, e, following)
	{
		if (e->under_way)
			continue;
		entry_free(e);
		return true;
	}
	return false;
}

static struct entry *
find(const char *key)
{
	struct entry *e = NULL;

	HASH_FIND_STR(all.entries, key, e);
	if (e == NULL || e->under_way || e->deadline > loop_now(all.loop))
		return e;
	entry_free(e);
	return NULL;
}

static struct entry *
entry_new(const char *key, const struct directory *directories, size_t n,
    const char *dn)
{
	struct entry *e = have_room() ? calloc(1, sizeof(*e)) : NULL;

	if (e == NULL)
		return NULL;
	snprintf(e->key, sizeof(e->key), "%s", key);
	snprintf(e->dn, sizeof(e->dn), "%s", dn);
	memcpy(e->directories, directories, n * sizeof(*directories));
	e->n = n;
	e->query.dn = e->dn;
	e->query.answered = answered;
	e->timer.expired = too_late;
	e->under_way = true;
	e->deadline = loop_now(all.loop) + all.config->ldap_timeout;
	HASH_ADD_STR(all.entries, key, e);
	ask(e);
	return e;
}

const struct ldap_answer *
ldap_entry_ask(const char *group, const struct directory *directories, size_t n,
    const char *dn, struct waiter *waiter)
{
	static const struct ldap_answer full = { .found = LINK_FAILED,
		.why = "too many entries are asked for" };
	struct entry *e;
	char key[KEY_SIZE];

	snprintf(key, sizeof(key), "%.500s %s", group, dn);
	if ((e = find(key)) == NULL &&
	    (e = entry_new(key, directories, n, dn)) == NULL)
		return &full;
	if (!e->under_way)
		return &e->answer;
	if (waiter->prev == NULL)
		waiter_join(&e->waiters, waiter);
	return NULL;
}
