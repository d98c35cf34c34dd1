/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * loaded_test: the cache of credentials is bounded and never takes one away
 * from who holds it, and a grant is remembered until its time is over.
 */
#include <config.h>

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/keeper/grants.h"
#include "daemon/keeper/loaded.h"
#include "test/unit/paper.h"

enum {
	PAIRS = 6,
	ROOM = 3,
	NOW = 1000,
};

static char dir[64], keys[PAIRS][128], certs[PAIRS][128];

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void
write_pair(int i)
{
	struct paper p = paper_make(&(struct paper_wish){ .name = "a.test" });
	const struct paper *chain[] = { &p };

	snprintf(keys[i], sizeof(keys[i]), "file:%s/%d.key", dir, i);
	snprintf(certs[i], sizeof(certs[i]), "%s/%d.crt", dir, i);
	paper_write_key(&p, keys[i] + 5);
	paper_write_chain(chain, 1, certs[i]);
	paper_free(&p);
}

static int
set_up(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/tlspool-loaded-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	for (int i = 0; i < PAIRS; i++)
		write_pair(i);
	return 0;
}

static int
tear_down(void **state)
{
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
the_cache_is_bounded(void **state)
{
	struct loaded *l = loaded_new(ROOM);
	struct credential *held, *c;
	struct trouble t;

	held = loaded_get(l, keys[0], certs[0], NOW, &t);
	assert_non_null(held);
	for (int round = 0; round < 3; round++)
		for (int i = 1; i < PAIRS; i++) {
			c = loaded_get(l, keys[i], certs[i], NOW, &t);
			assert_non_null(c);
			credential_release(c);
			assert_true(loaded_count(l) <= ROOM);
		}
	/* It is out of the cache, and still what it was. */
	assert_string_equal(held->chain->names[0], "a.test");
	c = loaded_get(l, keys[0], certs[0], NOW, &t);
	assert_ptr_not_equal(c, held);
	assert_memory_equal(c->chain->id, held->chain->id, KEY_ID_SIZE);
	credential_release(c);
	credential_release(held);
	/* A list does not push out what is in use. */
	c = loaded_peek(l, keys[1], certs[1], NOW, &t);
	credential_release(c);
	c = loaded_peek(l, keys[0], certs[0], NOW, &t);
	assert_int_equal(c->held, 2);
	credential_release(c);
	loaded_free(l);
}

static void
pairs_must_belong_together(void **state)
{
	struct loaded *l = loaded_new(ROOM);
	struct trouble t;

	assert_null(loaded_get(l, keys[0], certs[1], NOW, &t));
	assert_non_null(strstr(t.text, "does not belong"));
	assert_null(loaded_get(l, "pkcs11:token=x", certs[1], NOW, &t));
	assert_int_equal(t.error, EOPNOTSUPP);
	assert_non_null(strstr(t.text, "pkcs11-modules"));
	assert_null(loaded_get(l, "relative", certs[1], NOW, &t));
	assert_null(loaded_get(l, keys[0], "/nonexistent", NOW, &t));
	assert_int_equal(t.error, ENOENT);
	assert_int_equal(loaded_count(l), 0);
	loaded_free(l);
}

/* A second has not passed: nobody looks.  An administrator always does. */
static void
files_are_looked_at_once_a_second(void **state)
{
	struct loaded *l = loaded_new(ROOM);
	struct credential *first, *c;
	struct trouble t;

	first = loaded_get(l, keys[0], certs[0], NOW, &t);
	write_pair(0);
	c = loaded_get(l, keys[0], certs[0], NOW + 999, &t);
	assert_ptr_equal(c, first);
	credential_release(c);
	c = loaded_get(l, keys[0], certs[0], NOW + 1000, &t);
	assert_ptr_not_equal(c, first);
	credential_release(c);
	credential_release(first);
	write_pair(0);
	first = loaded_get(l, keys[0], certs[0], NOW + 1001, &t);
	c = loaded_renew(l, keys[0], certs[0], NOW + 1001, &t);
	assert_ptr_not_equal(c, first);
	credential_release(c);
	credential_release(first);
	/* Bad news for the administrator are none for those served. */
	assert_int_equal(truncate(certs[0], 10), 0);
	assert_null(loaded_renew(l, keys[0], certs[0], NOW + 1002, &t));
	c = loaded_get(l, keys[0], certs[0], NOW + 5000, &t);
	assert_non_null(c);
	credential_release(c);
	loaded_free(l);
}

static void
present(struct grants *grants, uint64_t session, uint64_t until, uint64_t now,
    int expected, struct presented *p)
{
	static const uint8_t key[GRANT_KEY_SIZE] = { 7 };
	struct grant_keys keys_of_pool = { 0 };
	struct grant g = {
		.session = session, .worker = 2, .signatures = 1, .until = until
	};
	uint8_t sealed[GRANT_MAX];
	struct trouble t;
	int len;

	grant_keys_add(&keys_of_pool, 1, key);
	len = grant_seal(&keys_of_pool, &g, sealed);
	assert_int_equal(
	    grants_present(&keys_of_pool, (struct blob){ sealed, (size_t)len },
		2, now, p, &t),
	    expected);
	if (expected != 0)
		assert_int_equal(t.error, EACCES);
}

static void
a_grant_is_remembered_for_its_time(void **state)
{
	struct loaded *l = loaded_new(ROOM);
	struct grants *grants = grants_new();
	struct credential *c;
	struct presented p;
	struct trouble t;
	struct use *use;

	c = loaded_get(l, keys[0], certs[0], NOW, &t);
	present(grants, 1, NOW + 50, NOW, 0, &p);
	assert_null(grants_find(grants, &p));
	use = grants_begin(grants, &p);
	grants_allow(use, &c, 1);
	assert_ptr_equal(grants_begin(grants, &p), use);
	assert_ptr_equal(grants_key(use, c->chain->id), c);
	assert_int_equal(c->held, 3);
	/* Used up: what it was given is given back, and it stays known. */
	use->signatures = 0;
	grants_allow(use, &c, 1);
	assert_null(grants_key(use, c->chain->id));
	assert_int_equal(c->held, 2);
	grants_sweep(grants, NOW + 50);
	assert_ptr_equal(grants_find(grants, &p), use);
	grants_sweep(grants, NOW + 51);
	assert_int_equal(grants_count(grants), 0);
	present(grants, 1, NOW + 50, NOW + 51, -1, &p);
	/* The worker's end is the end of its grants, and no new beginning. */
	present(grants, 2, NOW + 99, NOW, 0, &p);
	use = grants_begin(grants, &p);
	grants_allow(use, &c, 1);
	grants_end_worker(grants, 1);
	assert_int_equal(use->signatures, 1);
	grants_end_worker(grants, 2);
	assert_int_equal(use->signatures, 0);
	assert_int_equal(grants_begin(grants, &p)->signatures, 0);
	credential_release(c);
	grants_free(grants);
	loaded_free(l);
}

static void
keys_have_a_size(void **state)
{
	static const struct {
		gnutls_pk_algorithm_t pk;
		unsigned bits;
		const char *why; /* NULL: fine */
	} rows[] = {
		{ GNUTLS_PK_RSA, 2047, "too weak" },
		{ GNUTLS_PK_RSA, 2048, NULL },
		{ GNUTLS_PK_RSA, 16384, NULL },
		{ GNUTLS_PK_RSA, 16385, "too large" },
		{ GNUTLS_PK_RSA_PSS, 16392, "too large" },
		{ GNUTLS_PK_ECDSA, 224, "too weak" },
		{ GNUTLS_PK_ECDSA, 521, NULL },
		{ GNUTLS_PK_EDDSA_ED25519, 256, NULL },
		{ GNUTLS_PK_DSA, 3072, "cannot be used" },
	};
	struct trouble t;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (chain_check_key(rows[i].pk, rows[i].bits, &t) == 0)
			assert_null(rows[i].why);
		else if (rows[i].why == NULL ||
			 strstr(t.text, rows[i].why) == NULL)
			fail_msg("row %zu: %s", i, t.text);
	}
}

static int
begin(void **state)
{
	return signer_begin();
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_cache_is_bounded),
		TEST(pairs_must_belong_together),
		TEST(files_are_looked_at_once_a_second),
		TEST(a_grant_is_remembered_for_its_time),
		TEST(keys_have_a_size),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
