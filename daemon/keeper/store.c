/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * store: a B-tree whose keys are the name, a NUL and the key id, so that all
 * credentials of an identity stand together and names are in order.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/keeper/store.h"
#include "daemon/sys/database.h"
#include "daemon/sys/log.h"

enum {
	CACHE_BYTES = 4 << 20, /* whatever the number of identities */
	KEY_MAX = NAME_SIZE + KEY_ID_SIZE,
};

/* Where the number of identities is kept: no name begins with a NUL. */
static const uint8_t count_key[] = "\0count";

struct store {
	struct database base;
	DB_TXN *txn; /* NULL: nothing to commit */
	uint64_t count, committed_count;
};

static int
db_trouble(struct trouble *t, const char *what, int r)
{
	log_error("identity-database", "action=\"%s\" error=\"%s\"", what,
	    db_strerror(r));
	return trouble(t, EIO, "the identity database cannot be %s: %s", what,
	    db_strerror(r));
}

static void
on_error(const DB_ENV *env, const char *prefix, const char *text)
{
	log_error("identity-database", "text=\"%s\"", text);
}

static void
abandon(struct store *s)
{
	if (s->txn != NULL)
		(void)s->txn->abort(s->txn);
	s->txn = NULL;
	s->count = s->committed_count;
}

static int
read_count(struct store *s)
{
	DBT key = { .data = (void *)(uintptr_t)count_key,
		.size = sizeof(count_key) };
	DBT value = { .data = &s->count,
		.ulen = sizeof(s->count),
		.flags = DB_DBT_USERMEM };
	int r = s->base.db->get(s->base.db, NULL, &key, &value, 0);

	if (r == DB_NOTFOUND)
		r = 0;
	s->committed_count = s->count;
	return r;
}

static int
write_count(struct store *s)
{
	DBT key = { .data = (void *)(uintptr_t)count_key,
		.size = sizeof(count_key) };
	DBT value = { .data = &s->count, .size = sizeof(s->count) };

	if (s->count == s->committed_count)
		return 0;
	return s->base.db->put(s->base.db, s->txn, &key, &value, 0);
}

struct store *
store_open(const char *dir, struct trouble *t)
{
	const struct database_plan plan = {
		.file = "identities.db",
		.cache_bytes = CACHE_BYTES,
		.lasting = true,
		.on_error = on_error,
	};
	struct store *s;
	int r;

	if ((s = calloc(1, sizeof(*s))) == NULL) {
		trouble(t, ENOMEM, "out of memory");
		return NULL;
	}
	if ((r = database_open(&s->base, dir, &plan)) != 0 ||
	    (r = read_count(s)) != 0) {
		db_trouble(t, "opened", r);
		store_close(s);
		return NULL;
	}
	return s;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	abandon(s);
	database_close(&s->base);
	free(s);
}

static int
begin(struct store *s, struct trouble *t)
{
	int r;

	if (s->txn != NULL)
		return 0;
	if ((r = s->base.env->txn_begin(s->base.env, NULL, &s->txn, 0)) != 0)
		return db_trouble(t, "changed", r);
	return 0;
}

bool
store_dirty(const struct store *s)
{
	return s->txn != NULL;
}

int
store_commit(struct store *s, struct trouble *t)
{
	DB_TXN *txn = s->txn;
	int r;

	if (txn == NULL)
		return 0;
	if ((r = write_count(s)) != 0) {
		abandon(s);
		return db_trouble(t, "written", r);
	}
	s->txn = NULL; /* gone, whether the commit works or not */
	if ((r = txn->commit(txn, 0)) != 0) {
		s->count = s->committed_count;
		return db_trouble(t, "written", r);
	}
	s->committed_count = s->count;
	if ((r = database_checkpoint(&s->base)) != 0)
		log_warning("identity-database",
		    "action=checkpoint error=\"%s\"", db_strerror(r));
	return 0;
}

static size_t
make_key(uint8_t *key, const char *name, const uint8_t *id)
{
	size_t len = strlen(name) + 1;

	memcpy(key, name, len);
	memcpy(key + len, id, KEY_ID_SIZE);
	return len + KEY_ID_SIZE;
}

/* A key that the database holds: the name, and where its NUL is. */
static bool
is_key(const DBT *key)
{
	const uint8_t *data = key->data;

	return key->size > KEY_ID_SIZE + 1 &&
	       key->size - KEY_ID_SIZE <= NAME_SIZE && data[0] != '\0' &&
	       memchr(data, '\0', key->size) ==
		   data + key->size - KEY_ID_SIZE - 1;
}

static int
add_row(struct identity *identity, const DBT *value)
{
	uint8_t copy[RECORD_MAX + 1];

	if (identity->n == IDENTITY_CREDENTIALS || value->size > RECORD_MAX)
		return -1;
	memcpy(copy, value->data, value->size);
	if (reference_decode(copy, value->size, &identity->rows[identity->n]) !=
	    0)
		return -1;
	identity->n++;
	return 0;
}

/*
 * Collects the identity that stands first from a key on.  Broken records are
 * logged and passed over.
 */
static int
collect(struct store *s, uint8_t *start, size_t len, struct identity *identity)
{
	DBT key = { .data = start, .size = (uint32_t)len };
	DBT value = { 0 };
	uint32_t step = DB_SET_RANGE;
	DBC *cursor;
	int r;

	memset(identity, 0, sizeof(*identity));
	if ((r = s->base.db->cursor(s->base.db, s->txn, &cursor, 0)) != 0)
		return r;
	while ((r = cursor->get(cursor, &key, &value, step)) == 0) {
		step = DB_NEXT;
		if (!is_key(&key))
			continue;
		if (identity->name[0] == '\0')
			memcpy(
			    identity->name, key.data, key.size - KEY_ID_SIZE);
		else if (strcmp(identity->name, key.data) != 0)
			break;
		if (add_row(identity, &value) != 0)
			log_error("identity-record",
			    "identity=%s error=\"broken record\"",
			    identity->name);
	}
	(void)cursor->close(cursor);
	if (r == DB_NOTFOUND)
		r = 0;
	if (r != 0)
		identity_clear(identity);
	return r;
}

int
store_next(struct store *s, const char *after, struct identity *identity,
    struct trouble *t)
{
	uint8_t start[NAME_SIZE + 1];
	size_t len = strlen(after);
	int r;

	if (len >= NAME_SIZE)
		return trouble(t, ENOKEY, "no such identity");
	/* Behind every key of that name, and before every longer name. */
	memcpy(start, after, len);
	start[len] = '\001';
	if ((r = collect(s, start, len + 1, identity)) != 0)
		return db_trouble(t, "read", r);
	if (identity->name[0] == '\0')
		return trouble(t, ENOKEY, "there are no more identities");
	return 0;
}

int
store_find(struct store *s, const char *name, struct identity *identity,
    struct trouble *t)
{
	uint8_t start[NAME_SIZE];
	size_t len = strlen(name) + 1;
	int r;

	if (len > NAME_SIZE || len == 1)
		return trouble(t, ENOKEY, "there is no such identity");
	memcpy(start, name, len);
	if ((r = collect(s, start, len, identity)) != 0)
		return db_trouble(t, "read", r);
	if (identity->n == 0 || strcmp(identity->name, name) != 0) {
		identity_clear(identity);
		return trouble(t, ENOKEY, "there is no identity %s", name);
	}
	return 0;
}

/* Is there room for one more, or one to be replaced? */
static int
check_room(struct store *s, const char *name, const uint8_t *id, bool *first,
    struct trouble *t)
{
	struct identity identity;
	bool known = false;

	*first = false;
	if (store_find(s, name, &identity, t) != 0) {
		*first = t->error == ENOKEY;
		return *first ? 0 : -1;
	}
	for (size_t i = 0; i < identity.n; i++)
		if (memcmp(identity.rows[i].id, id, KEY_ID_SIZE) == 0)
			known = true;
	if (!known && identity.n == IDENTITY_CREDENTIALS)
		trouble(t, E2BIG, "%s has %d credentials already", name,
		    IDENTITY_CREDENTIALS);
	else
		known = true;
	identity_clear(&identity);
	return known ? 0 : -1;
}

int
store_put(struct store *s, const char *name, const struct reference *ref,
    struct trouble *t)
{
	uint8_t record[RECORD_MAX], name_and_id[KEY_MAX];
	DBT key = { .data = name_and_id }, value = { .data = record };
	bool first;
	int len, r;

	if (strlen(name) >= NAME_SIZE)
		return trouble(t, ENAMETOOLONG, "the name is too long");
	if ((len = reference_encode(ref, record, sizeof(record))) == -1)
		return trouble(t, ENAMETOOLONG,
		    "the path of key or certificate is longer than %d bytes",
		    REFERENCE_MAX);
	if (check_room(s, name, ref->id, &first, t) != 0 || begin(s, t) != 0)
		return -1;
	key.size = (uint32_t)make_key(name_and_id, name, ref->id);
	value.size = (uint32_t)len;
	if ((r = s->base.db->put(s->base.db, s->txn, &key, &value, 0)) != 0) {
		abandon(s);
		return db_trouble(t, "changed", r);
	}
	if (first)
		s->count++;
	return 0;
}

int
store_remove(
    struct store *s, const char *name, const uint8_t *id, struct trouble *t)
{
	uint8_t name_and_id[KEY_MAX];
	DBT key = { .data = name_and_id };
	struct identity rest;
	int r;

	if (strlen(name) >= NAME_SIZE)
		return trouble(t, ENOKEY, "there is no such identity");
	if (begin(s, t) != 0)
		return -1;
	key.size = (uint32_t)make_key(name_and_id, name, id);
	r = s->base.db->del(s->base.db, s->txn, &key, 0);
	if (r == DB_NOTFOUND)
		return trouble(
		    t, ENOKEY, "%s has no credential with that key", name);
	if (r != 0) {
		abandon(s);
		return db_trouble(t, "changed", r);
	}
	if (store_find(s, name, &rest, t) == 0)
		identity_clear(&rest);
	else if (t->error == ENOKEY && s->count > 0)
		s->count--;
	return 0;
}

uint64_t
store_count(const struct store *s)
{
	return s->count;
}
