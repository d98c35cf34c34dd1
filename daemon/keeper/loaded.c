/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * loaded: a hash table of pairs of key and certificate, and the order in which
 * they were used last.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/keeper/loaded.h"
#include "daemon/sys/log.h"

enum {
	BUCKETS = 2048,
	LOOK_AGAIN = 1000, /* milliseconds */
};

struct entry {
	struct entry *chain;	     /* in the bucket */
	struct entry *newer, *older; /* in the order of use */
	char *key, *cert;
	struct credential *credential;
	struct credential *before; /* what it took the place of, for a while */
	uint64_t looked, replaced;
	bool complained;
};

struct loaded {
	struct entry *buckets[BUCKETS];
	struct entry *newest, *oldest;
	size_t n, max;
};

struct credential *
credential_hold(struct credential *c)
{
	c->held++;
	return c;
}

void
credential_release(struct credential *c)
{
	if (c == NULL || --c->held > 0)
		return;
	chain_free(c->chain);
	key_free(c->key);
	free(c);
}

struct credential *
credential_join(struct key *key, struct chain *chain, struct trouble *t)
{
	struct credential *c = NULL;

	if (memcmp(key->id, chain->id, KEY_ID_SIZE) != 0)
		trouble(t, EINVAL,
		    "the private key does not belong to the certificate");
	else if ((c = calloc(1, sizeof(*c))) == NULL)
		trouble(t, ENOMEM, "out of memory");
	if (c == NULL) {
		key_free(key);
		chain_free(chain);
		return NULL;
	}
	c->held = 1;
	c->key = key;
	c->chain = chain;
	return c;
}

struct credential *
credential_load(const char *key_ref, const char *cert, struct trouble *t)
{
	struct credential *c;
	struct chain *chain;
	struct stamp stamp;
	struct key *key;
	struct file f;

	if (file_load(cert, "the certificate", &f, t) != 0)
		return NULL;
	stamp = f.stamp;
	chain = chain_parse(f.data, f.len, t);
	file_free(&f);
	if (chain == NULL)
		return NULL;
	if ((key = key_load(key_ref, chain, t)) == NULL) {
		chain_free(chain);
		return NULL;
	}
	if ((c = credential_join(key, chain, t)) != NULL)
		c->cert_stamp = stamp;
	return c;
}

/* FNV-1a: the paths are the administrator's. */
static size_t
bucket_of(const char *key, const char *cert)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *key != '\0'; key++)
		h = (h ^ (uint8_t)*key) * UINT64_C(1099511628211);
	for (; *cert != '\0'; cert++)
		h = (h ^ (uint8_t)*cert) * UINT64_C(1099511628211);
	return (size_t)(h % BUCKETS);
}

static void
unlink_order(struct loaded *l, struct entry *e)
{
	*(e->newer != NULL ? &e->newer->older : &l->newest) = e->older;
	*(e->older != NULL ? &e->older->newer : &l->oldest) = e->newer;
}

static void
make_newest(struct loaded *l, struct entry *e)
{
	e->newer = NULL;
	e->older = l->newest;
	*(l->newest != NULL ? &l->newest->newer : &l->oldest) = e;
	l->newest = e;
}

static void
entry_remove(struct loaded *l, struct entry *e)
{
	struct entry **at = &l->buckets[bucket_of(e->key, e->cert)];

	while (*at != e)
		at = &(*at)->chain;
	*at = e->chain;
	unlink_order(l, e);
	l->n--;
	credential_release(e->credential);
	credential_release(e->before);
	free(e->key);
	free(e->cert);
	free(e);
}

struct loaded *
loaded_new(size_t max)
{
	struct loaded *l = calloc(1, sizeof(*l));

	if (l != NULL)
		l->max = max;
	return l;
}

void
loaded_flush(struct loaded *l)
{
	while (l->oldest != NULL)
		entry_remove(l, l->oldest);
}

void
loaded_free(struct loaded *l)
{
	if (l == NULL)
		return;
	loaded_flush(l);
	free(l);
}

size_t
loaded_count(const struct loaded *l)
{
	return l->n;
}

static struct entry *
find(struct loaded *l, const char *key, const char *cert)
{
	struct entry *e = l->buckets[bucket_of(key, cert)];

	while (e != NULL && (strcmp(e->key, key) || strcmp(e->cert, cert)))
		e = e->chain;
	return e;
}

static struct entry *
entry_add(struct loaded *l, const char *key, const char *cert, uint64_t now,
    struct trouble *t)
{
	struct entry *e, **bucket = &l->buckets[bucket_of(key, cert)];
	struct credential *c;

	if ((c = credential_load(key, cert, t)) == NULL)
		return NULL;
	if ((e = calloc(1, sizeof(*e))) == NULL ||
	    (e->key = strdup(key)) == NULL ||
	    (e->cert = strdup(cert)) == NULL) {
		trouble(t, ENOMEM, "out of memory");
		credential_release(c);
		if (e != NULL)
			free(e->key);
		free(e);
		return NULL;
	}
	e->credential = c;
	e->looked = now;
	e->chain = *bucket;
	*bucket = e;
	make_newest(l, e);
	if (++l->n > l->max)
		entry_remove(l, l->oldest);
	return e;
}

static bool
unchanged(const struct entry *e)
{
	const char *path = key_path(e->key);
	struct stamp s;

	if (stamp_take(e->cert, &s) != 0 ||
	    !stamp_same(&s, &e->credential->cert_stamp))
		return false;
	return path == NULL || (stamp_take(path, &s) == 0 &&
				   stamp_same(&s, &e->credential->key->stamp));
}

static void
drop_before(struct entry *e)
{
	credential_release(e->before);
	e->before = NULL;
}

static void
replace(struct entry *e, struct credential *c, uint64_t now)
{
	drop_before(e);
	e->before = e->credential;
	e->replaced = now;
	e->credential = c;
	e->complained = false;
}

/*
 * Between the renames of the two files of a renewal, key and certificate do
 * not match: so the old pair serves until there is a new one.
 */
static void
look_again(struct entry *e, uint64_t now)
{
	struct credential *c;
	struct trouble t;

	if (now - e->looked < LOOK_AGAIN)
		return;
	e->looked = now;
	drop_before(e);
	if (unchanged(e)) {
		e->complained = false;
		return;
	}
	if ((c = credential_load(e->key, e->cert, &t)) != NULL) {
		log_info(
		    "credential-changed", "cert=%s key=%s", e->cert, e->key);
		replace(e, c, now);
	} else if (!e->complained) {
		log_warning("credential-stale",
		    "cert=%s key=%s error=\"%s\" note=\"the one before goes "
		    "on\"",
		    e->cert, e->key, t.text);
		e->complained = true;
	}
}

struct credential *
loaded_get(struct loaded *l, const char *key, const char *cert, uint64_t now,
    struct trouble *t)
{
	struct entry *e = find(l, key, cert);

	if (e != NULL) {
		look_again(e, now);
		unlink_order(l, e);
		make_newest(l, e);
	} else if ((e = entry_add(l, key, cert, now, t)) == NULL) {
		return NULL;
	}
	return credential_hold(e->credential);
}

struct credential *
loaded_renew(struct loaded *l, const char *key, const char *cert, uint64_t now,
    struct trouble *t)
{
	struct entry *e = find(l, key, cert);
	struct credential *c;

	if (e == NULL || unchanged(e))
		return loaded_get(l, key, cert, now, t);
	/* What serves others goes on, where the new state is bad. */
	if ((c = credential_load(key, cert, t)) == NULL)
		return NULL;
	replace(e, c, now);
	return credential_hold(c);
}

uint64_t
loaded_until(struct loaded *l, const char *key, const char *cert)
{
	const struct entry *e = find(l, key, cert);

	return e != NULL ? e->looked + LOOK_AGAIN : 0;
}

struct credential *
loaded_before(struct loaded *l, const char *key, const char *cert, uint64_t now)
{
	struct entry *e = find(l, key, cert);

	if (e == NULL || e->before == NULL)
		return NULL;
	if (now - e->replaced < LOOK_AGAIN)
		return credential_hold(e->before);
	drop_before(e);
	return NULL;
}

struct credential *
loaded_peek(struct loaded *l, const char *key, const char *cert, uint64_t now,
    struct trouble *t)
{
	if (find(l, key, cert) != NULL)
		return loaded_get(l, key, cert, now, t);
	return credential_load(key, cert, t);
}

void
loaded_forget(struct loaded *l, const char *key, const char *cert)
{
	struct entry *e = find(l, key, cert);

	if (e != NULL)
		entry_remove(l, e);
}
