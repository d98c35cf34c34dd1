/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * verdicts: a B-tree by key, and one by serial number, which is kept by
 * Berkeley DB as an index of the first: its front is the oldest.
 *
 * Nothing here waits for the disk.  What the process has written survives its
 * end; whether it survives that of the machine is for cachedir.c to judge.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/sys/database.h"
#include "daemon/sys/log.h"
#include "daemon/verifier/verdicts.h"

enum {
	CACHE_BYTES = 8 << 20, /* of pages, whatever the number of entries */
	/* That go for one that comes: where the bound was made lower, it is
	 * reached step by step. */
	MOST_GONE = 8,
	/* Berkeley DB opens files to see whether one is due. */
	CHECKPOINT_EVERY = 64, /* changes */
};

struct verdicts {
	struct database base; /* by key */
	DB *ages;	      /* by serial number */
	uint64_t next;	      /* serial number */
	uint64_t count;
	unsigned changes; /* since the log was looked at */
};

const char *
verdicts_error(int error)
{
	return db_strerror(error);
}

static void
on_error(const DB_ENV *env, const char *prefix, const char *text)
{
	(void)env;
	(void)prefix;
	/* One trouble makes many of them; the cache says it once. */
	log_debug("cache-database", "text=\"%s\"", text);
}

/* Berkeley DB waits for the disk before a page is written whose change is in
 * the log; the loop of the verifier has no time for that. */
static int
no_fsync(int fd)
{
	(void)fd;
	return 0;
}

static int
serial_of(DB *ages, const DBT *key, const DBT *data, DBT *result)
{
	(void)ages;
	(void)key;
	if (data->size < ENTRY_SERIAL)
		return DB_DONOTINDEX;
	memset(result, 0, sizeof(*result));
	result->data = data->data;
	result->size = ENTRY_SERIAL;
	return 0;
}

/* The serial number behind the newest. */
static int
find_next(struct verdicts *s)
{
	uint8_t last[ENTRY_SERIAL];
	DBT key = {
		.data = last, .ulen = sizeof(last), .flags = DB_DBT_USERMEM
	};
	DBT value = { .flags = DB_DBT_USERMEM | DB_DBT_PARTIAL };
	struct wire_reader reader = { last, sizeof(last) };
	DBC *cursor;
	int r;

	if ((r = s->ages->cursor(s->ages, NULL, &cursor, 0)) != 0)
		return r;
	r = cursor->get(cursor, &key, &value, DB_LAST);
	(void)cursor->close(cursor);
	if (r == DB_NOTFOUND)
		return 0;
	if (r == 0 && wire_get_u64(&reader, &s->next) == 0)
		s->next++;
	return r;
}

static int
read_count(struct verdicts *s)
{
	DB_BTREE_STAT *stat = NULL;
	int r = s->ages->stat(s->ages, NULL, &stat, DB_FAST_STAT);

	if (r == 0)
		s->count = stat->bt_nkeys;
	free(stat);
	return r;
}

/* What is not in the index would stay for ever. */
static int
check_index(struct verdicts *s)
{
	DBT key = { .flags = DB_DBT_PARTIAL };
	DBT value = { .flags = DB_DBT_PARTIAL };
	DBC *cursor;
	int r;

	if (s->count > 0)
		return 0;
	if ((r = s->base.db->cursor(s->base.db, NULL, &cursor, 0)) != 0)
		return r;
	r = cursor->get(cursor, &key, &value, DB_FIRST);
	(void)cursor->close(cursor);
	return r == DB_NOTFOUND ? 0 : r == 0 ? EINVAL : r;
}

struct verdicts *
verdicts_open(const char *dir, int *error)
{
	const struct database_plan plan = {
		.file = "verdicts.db",
		.cache_bytes = CACHE_BYTES,
		.checksums = true,
		.on_error = on_error,
	};
	struct verdicts *s = calloc(1, sizeof(*s));

	*error = ENOMEM;
	if (s == NULL)
		return NULL;
	(void)db_env_set_func_fsync(no_fsync);
	/* DB_RECNUM: so that their number is known without counting. */
	if ((*error = database_open(&s->base, dir, &plan)) != 0 ||
	    (*error = database_tree(
		 &s->base, &plan, "ages.db", DB_RECNUM, &s->ages)) != 0 ||
	    (*error = s->base.db->associate(
		 s->base.db, NULL, s->ages, serial_of, 0)) != 0 ||
	    (*error = find_next(s)) != 0 || (*error = read_count(s)) != 0 ||
	    (*error = check_index(s)) != 0) {
		verdicts_give_up(s);
		return NULL;
	}
	return s;
}

void
verdicts_close(struct verdicts *s)
{
	if (s == NULL)
		return;
	if (s->ages != NULL)
		(void)s->ages->close(s->ages, s->base.given_up ? DB_NOSYNC : 0);
	database_close(&s->base);
	free(s);
}

void
verdicts_give_up(struct verdicts *s)
{
	database_give_up(&s->base);
	verdicts_close(s);
}

uint64_t
verdicts_count(const struct verdicts *s)
{
	return s->count;
}

int
verdicts_get(
    struct verdicts *s, const uint8_t key[ENTRY_KEY], struct verdicts_entry *e)
{
	DBT k = { .data = e->key, .size = ENTRY_KEY };
	DBT value = {
		.data = e->data, .ulen = ENTRY_MAX, .flags = DB_DBT_USERMEM
	};
	int r;

	memcpy(e->key, key, ENTRY_KEY);
	r = s->base.db->get(s->base.db, NULL, &k, &value, 0);
	e->len = value.size;
	return r == DB_NOTFOUND ? VERDICTS_NONE : r;
}

int
verdicts_next(
    struct verdicts *s, const uint8_t *after, struct verdicts_entry *e)
{
	uint8_t start[ENTRY_KEY + 1] = { 0 };
	DBT key = { .data = start, .size = after == NULL ? 0 : sizeof(start) };
	DBT value = {
		.data = e->data, .ulen = ENTRY_MAX, .flags = DB_DBT_USERMEM
	};
	DBC *cursor;
	int r;

	/* With a NUL more it stands before the next one. */
	if (after != NULL)
		memcpy(start, after, ENTRY_KEY);
	if ((r = s->base.db->cursor(s->base.db, NULL, &cursor, 0)) != 0)
		return r;
	r = cursor->get(cursor, &key, &value, DB_SET_RANGE);
	if (r == 0 && key.size != ENTRY_KEY)
		r = EINVAL; /* nobody has put that */
	if (r == 0)
		memcpy(e->key, key.data, ENTRY_KEY);
	e->len = value.size;
	(void)cursor->close(cursor);
	return r == DB_NOTFOUND ? VERDICTS_NONE : r;
}

static int
checkpoint(struct verdicts *s)
{
	if (++s->changes < CHECKPOINT_EVERY)
		return 0;
	s->changes = 0;
	return database_checkpoint(&s->base);
}

static int
drop_oldest(struct verdicts *s, DB_TXN *txn, uint64_t count, uint64_t most,
    unsigned *gone)
{
	DBT key = { 0 };
	DBT value = { .flags = DB_DBT_PARTIAL };
	DBC *cursor;
	int r;

	if (count <= most)
		return 0;
	if ((r = s->ages->cursor(s->ages, txn, &cursor, 0)) != 0)
		return r;
	while (count - *gone > most && *gone < MOST_GONE) {
		if ((r = cursor->get(cursor, &key, &value, DB_NEXT)) != 0)
			break;
		if ((r = cursor->del(cursor, 0)) != 0)
			break;
		++*gone;
	}
	(void)cursor->close(cursor);
	return r == DB_NOTFOUND ? 0 : r;
}

int
verdicts_put(struct verdicts *s, const uint8_t key[ENTRY_KEY],
    const struct admin_cache_row *row, uint64_t most, unsigned *gone)
{
	uint8_t data[ENTRY_MAX];
	int len = entry_encode(key, s->next, row, data), r;
	DBT k = { .data = (void *)(uintptr_t)key, .size = ENTRY_KEY };
	DBT value = { .data = data };
	DB_TXN *txn = NULL;
	bool fresh;

	*gone = 0;
	if (len < 0)
		return EMSGSIZE;
	value.size = (uint32_t)len;
	if ((r = s->base.env->txn_begin(s->base.env, NULL, &txn, 0)) != 0)
		return r;
	r = s->base.db->exists(s->base.db, txn, &k, 0);
	fresh = r == DB_NOTFOUND;
	if ((r != 0 && !fresh) ||
	    (r = s->base.db->put(s->base.db, txn, &k, &value, 0)) != 0 ||
	    (r = drop_oldest(s, txn, s->count + fresh, most, gone)) != 0) {
		(void)txn->abort(txn);
		return r;
	}
	if ((r = txn->commit(txn, 0)) != 0)
		return r;
	s->next++;
	s->count += fresh;
	s->count -= *gone;
	return checkpoint(s);
}

int
verdicts_remove(struct verdicts *s, const uint8_t key[ENTRY_KEY])
{
	DBT k = { .data = (void *)(uintptr_t)key, .size = ENTRY_KEY };
	int r = s->base.db->del(s->base.db, NULL, &k, DB_AUTO_COMMIT);

	if (r == DB_NOTFOUND)
		return 0;
	if (r != 0)
		return r;
	s->count--;
	return checkpoint(s);
}
