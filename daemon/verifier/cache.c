/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * cache: how long a verdict holds, and what is done when the database fails.
 *
 * Time is that of the wall, which certificates and the DNS go by as well.
 * What was made in the future was made by a clock that was wrong; and when
 * the clock is seen to be set back, everything is forgotten.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/sys/log.h"
#include "daemon/verifier/cache.h"
#include "daemon/verifier/cachedir.h"

enum {
	RETRY = 60 * 1000,   /* milliseconds without a cache */
	SET_BACK = 2 * 1000, /* milliseconds that a clock may differ */
};

struct cache {
	char *dir, *boot;
	struct cache_limits limits;
	struct verdicts *db; /* NULL: not open */
	uint64_t retry;	     /* ms: it is not opened before */
	uint64_t paused;     /* ms: it is not to fail again before */
	int64_t offset;	     /* ms of the wall before those of up */
	bool timed;	     /* offset is set */
	uint64_t generation;
	struct cache_counters counters;
};

struct cache *
cache_new(const char *dir, const char *boot)
{
	struct cache *c = calloc(1, sizeof(*c));

	if (c == NULL || (c->dir = strdup(dir)) == NULL ||
	    (c->boot = strdup(boot)) == NULL) {
		cache_free(c);
		return NULL;
	}
	return c;
}

static void
leave(struct cache *c)
{
	if (c->db == NULL)
		return;
	verdicts_close(c->db);
	c->db = NULL;
	if (cachedir_leave(c->dir) != 0)
		log_warning("cache-failed", "folder=%s reason=\"%s\"", c->dir,
		    strerror(errno));
}

void
cache_free(struct cache *c)
{
	if (c == NULL)
		return;
	leave(c);
	free(c->dir);
	free(c->boot);
	free(c);
}

void
cache_limit(struct cache *c, const struct cache_limits *limits)
{
	c->limits = *limits;
	if (limits->size == 0)
		leave(c);
}

uint64_t
cache_generation(const struct cache *c)
{
	return c->generation;
}

void
cache_renew(struct cache *c)
{
	c->generation++;
}

const struct cache_counters *
cache_counters(const struct cache *c)
{
	return &c->counters;
}

/* No cache for a while. */
static void
give_up(struct cache *c, const struct cache_clock *now, const char *reason)
{
	log_warning("cache-failed",
	    "folder=%s reason=\"%s\" effect=\"%s\" retry=%ds", c->dir, reason,
	    "no verdict is remembered", RETRY / 1000);
	c->retry = now->up + RETRY;
}

/* A disk that is full is not to be filled with what nobody can read. */
static int
put_away(struct cache *c, const char *reason, int error)
{
	bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;

	c->counters.broken++;
	log_warning("cache-broken", "folder=%s reason=\"%s\" effect=\"%s\"",
	    c->dir, reason,
	    full ? "it is removed and begun anew"
		 : "it is set aside and begun anew");
	return full ? cachedir_empty(c->dir) : cachedir_set_aside(c->dir);
}

/* error 0: the folder; else of the database. */
static int
try_open(struct cache *c, int *error)
{
	bool whole;

	*error = 0;
	if (cachedir_enter(c->dir, c->boot, &whole) != 0)
		return -1;
	if (!whole && (put_away(c,
			   "the machine went down while it was "
			   "written, or it is not ours",
			   0) != 0 ||
			  cachedir_enter(c->dir, c->boot, &whole) != 0))
		return -1;
	c->db = verdicts_open(c->dir, error);
	return c->db != NULL ? 0 : -1;
}

static void
open_cache(struct cache *c, const struct cache_clock *now)
{
	int error;

	if (try_open(c, &error) == 0)
		return;
	if (error != 0 && put_away(c, verdicts_error(error), error) == 0) {
		if (try_open(c, &error) == 0)
			return;
		/* What was set aside may have the place that it needs. */
		if (cachedir_empty(c->dir) == 0 &&
		    cachedir_forget_aside(c->dir) == 0 &&
		    try_open(c, &error) == 0)
			return;
	}
	give_up(c, now, error != 0 ? verdicts_error(error) : strerror(errno));
}

/* The database, or NULL: there is none now. */
static struct verdicts *
database(struct cache *c, const struct cache_clock *now)
{
	if (c->db == NULL && c->limits.size > 0 && now->up >= c->retry)
		open_cache(c, now);
	return c->db;
}

static void
failed(struct cache *c, int error, const struct cache_clock *now)
{
	bool again = now->up < c->paused;

	verdicts_give_up(c->db);
	c->db = NULL;
	c->paused = now->up + RETRY;
	if (put_away(c, verdicts_error(error), error) != 0)
		give_up(c, now, strerror(errno));
	else if (again)
		give_up(c, now, "it has just failed before");
}

static void
look_at_clock(struct cache *c, const struct cache_clock *now)
{
	int64_t offset = (int64_t)(now->wall * 1000) - (int64_t)now->up;

	if (c->timed && offset < c->offset - SET_BACK) {
		log_notice("clock-set-back", "seconds=%lld effect=\"%s\"",
		    (long long)(c->offset - offset) / 1000,
		    "the verdicts of the cache are forgotten");
		cache_flush(c);
		c->timed = false;
	}
	/* The wall is read in whole seconds, and may seem late by one. */
	if (!c->timed || offset > c->offset)
		c->offset = offset;
	c->timed = true;
}

static uint64_t
sum(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* When the cache forgets it. */
static uint64_t
end_of(const struct cache *c, const struct admin_cache_row *row)
{
	uint64_t age =
	    row->error == 0 ? c->limits.max_age : c->limits.negative_age;
	uint64_t end = sum(row->made, age);

	return end < row->until ? end : row->until;
}

static bool
holds(const struct cache *c, const struct admin_cache_row *row,
    const struct cache_clock *now)
{
	return row->made <= now->wall && now->wall < end_of(c, row);
}

bool
cache_find(struct cache *c, const uint8_t key[ENTRY_KEY],
    const struct cache_clock *now, struct cache_hit *hit)
{
	struct verdicts *db;
	int r;

	look_at_clock(c, now);
	if ((db = database(c, now)) == NULL)
		return false;
	if ((r = verdicts_get(db, key, &hit->entry)) == 0 &&
	    entry_decode(key, hit->entry.data, hit->entry.len, &hit->row) != 0)
		r = EINVAL;
	if (r == 0 && holds(c, &hit->row, now)) {
		c->counters.found++;
		return true;
	}
	c->counters.missed++;
	if (r != 0 && r != VERDICTS_NONE)
		failed(c, r, now);
	return false;
}

void
cache_forget(struct cache *c, const uint8_t key[ENTRY_KEY],
    const struct cache_clock *now)
{
	struct verdicts *db = database(c, now);
	int r;

	if (db != NULL && (r = verdicts_remove(db, key)) != 0)
		failed(c, r, now);
}

void
cache_store(struct cache *c, const struct admin_cache_row *row,
    const struct cache_clock *now)
{
	struct verdicts *db;
	unsigned gone;
	int r;

	look_at_clock(c, now);
	if (!holds(c, row, now)) {
		cache_forget(c, row->key.data, now);
		return;
	}
	if ((db = database(c, now)) == NULL)
		return;
	r = verdicts_put(db, row->key.data, row, c->limits.size, &gone);
	if (r == EMSGSIZE)
		return;
	if (r != 0) {
		failed(c, r, now);
		return;
	}
	c->counters.stored++;
	c->counters.dropped += gone;
}

enum cache_step
cache_next(struct cache *c, const uint8_t *after, uint64_t basis,
    const struct cache_clock *now, unsigned *patience, struct cache_hit *hit)
{
	struct verdicts *db = database(c, now);
	struct verdicts_entry *e = &hit->entry;
	int r;

	if (db == NULL)
		return CACHE_END;
	for (; *patience > 0; after = e->key) {
		--*patience;
		if ((r = verdicts_next(db, after, e)) == VERDICTS_NONE)
			return CACHE_END;
		if (r != 0) {
			failed(c, r, now);
			return CACHE_END;
		}
		/* One of another version is none of ours. */
		if (entry_decode(e->key, e->data, e->len, &hit->row) == 0 &&
		    hit->row.basis == basis && holds(c, &hit->row, now)) {
			hit->row.until = end_of(c, &hit->row);
			return CACHE_ROW;
		}
	}
	return CACHE_MORE;
}

void
cache_flush(struct cache *c)
{
	bool open = c->db != NULL;

	cache_renew(c);
	verdicts_close(c->db);
	c->db = NULL;
	if (cachedir_empty(c->dir) != 0 && errno != ENOENT)
		log_warning("cache-failed", "folder=%s reason=\"%s\"", c->dir,
		    strerror(errno));
	/* An empty folder is as good as none. */
	if (open)
		c->retry = 0;
}

uint64_t
cache_count(struct cache *c, const struct cache_clock *now)
{
	struct verdicts *db = database(c, now);

	return db != NULL ? verdicts_count(db) : 0;
}
