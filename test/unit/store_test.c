/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * store_test: the database of identities, also when its process is killed.
 */
#include <config.h>

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/keeper/store.h"

static char dir[64];

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static int
set_up(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/tlspool-store-XXXXXX");
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct store *
open_store(void)
{
	struct trouble t;
	struct store *s = store_open(dir, &t);

	if (s == NULL)
		fail_msg("%s", t.text);
	return s;
}

static void
put(struct store *s, const char *name, uint8_t id, const char *key)
{
	char cert[] = "/cert", copy[64];
	struct reference ref = { .id = { id }, .key = copy, .cert = cert };
	struct trouble t;

	snprintf(copy, sizeof(copy), "%s", key);
	if (store_put(s, name, &ref, &t) != 0)
		fail_msg("%s", t.text);
}

static void
commit(struct store *s)
{
	struct trouble t;

	if (store_commit(s, &t) != 0)
		fail_msg("%s", t.text);
}

static void
what_is_put_is_found(void **state)
{
	struct store *s = open_store();
	struct identity found;
	struct trouble t;

	put(s, "a.example", 2, "file:/two");
	put(s, "a.example", 1, "file:/one");
	put(s, "a.exampl", 9, "file:/other");
	put(s, "a.example.com", 9, "file:/other");
	put(s, "a.example", 1, "file:/replaced");
	commit(s);
	assert_int_equal(store_find(s, "a.example", &found, &t), 0);
	assert_int_equal(found.n, 2);
	assert_string_equal(found.rows[0].key, "file:/replaced");
	assert_string_equal(found.rows[1].key, "file:/two");
	identity_clear(&found);
	assert_int_equal(store_find(s, "a.exam", &found, &t), -1);
	assert_int_equal(t.error, ENOKEY);
	assert_int_equal(store_find(s, "", &found, &t), -1);
	assert_int_equal(t.error, ENOKEY);
	assert_int_equal(store_count(s), 3);
	store_close(s);

	s = open_store();
	assert_int_equal(store_find(s, "a.example", &found, &t), 0);
	assert_int_equal(found.n, 2);
	identity_clear(&found);
	assert_int_equal(store_count(s), 3);
	store_close(s);
}

static void
what_is_removed_is_gone(void **state)
{
	const uint8_t one[KEY_ID_SIZE] = { 1 }, two[KEY_ID_SIZE] = { 2 };
	struct store *s = open_store();
	struct identity found;
	struct trouble t;

	put(s, "b.example", 1, "file:/one");
	put(s, "b.example", 2, "file:/two");
	assert_int_equal(store_count(s), 1);
	assert_int_equal(store_remove(s, "b.example", one, &t), 0);
	assert_int_equal(store_count(s), 1);
	assert_int_equal(store_remove(s, "b.example", one, &t), -1);
	assert_int_equal(t.error, ENOKEY);
	assert_int_equal(store_remove(s, "b.example", two, &t), 0);
	assert_int_equal(store_count(s), 0);
	commit(s);
	assert_int_equal(store_find(s, "b.example", &found, &t), -1);
	assert_int_equal(t.error, ENOKEY);
	store_close(s);
}

static void
an_identity_has_a_limit(void **state)
{
	char key[] = "file:/k", cert[] = "/c";
	struct reference ref = { .id = { 99 }, .key = key, .cert = cert };
	struct store *s = open_store();
	struct trouble t;

	for (uint8_t i = 0; i < IDENTITY_CREDENTIALS; i++)
		put(s, "c.example", i, "file:/k");
	assert_int_equal(store_put(s, "c.example", &ref, &t), -1);
	assert_int_equal(t.error, E2BIG);
	put(s, "c.example", 3, "file:/replaced");
	store_close(s);
}

static void
pages_are_in_order(void **state)
{
	struct store *s = open_store();
	char name[64], at[NAME_SIZE] = "";
	struct identity found;
	struct trouble t;
	int n = 0;

	for (int i = 99; i >= 0; i--) {
		snprintf(name, sizeof(name), "host%02d.example", i);
		put(s, name, 1, "file:/k");
		put(s, name, 2, "file:/k");
	}
	/* A name that begins with another one is behind it. */
	put(s, "host00.example.com", 1, "file:/k");
	commit(s);
	while (store_next(s, at, &found, &t) == 0) {
		assert_true(strcmp(at, found.name) < 0);
		memcpy(at, found.name, sizeof(at));
		identity_clear(&found);
		n++;
	}
	assert_int_equal(t.error, ENOKEY);
	assert_int_equal(n, 101);
	store_close(s);
}

static void
what_is_not_committed_is_lost(void **state)
{
	struct store *s = open_store();
	struct identity found;
	struct trouble t;

	put(s, "kept.example", 1, "file:/k");
	commit(s);
	put(s, "lost.example", 1, "file:/k");
	store_close(s);
	s = open_store();
	assert_int_equal(store_find(s, "kept.example", &found, &t), 0);
	identity_clear(&found);
	assert_int_equal(store_find(s, "lost.example", &found, &t), -1);
	assert_int_equal(store_count(s), 1);
	store_close(s);
}

/* Writes until it is killed, and says which commit was the last. */
static void
write_for_ever(int out)
{
	struct store *s = open_store();
	char name[64];

	for (int i = 0;; i++) {
		for (int j = 0; j < 50; j++) {
			snprintf(name, sizeof(name), "n%d-%d.example", i, j);
			put(s, name, 1, "file:/some/path/to/a/key");
		}
		commit(s);
		if (write(out, &i, sizeof(i)) != sizeof(i))
			_exit(1);
	}
}

static void
a_killed_writer_loses_nothing(void **state)
{
	int p[2], last = -1, status;
	struct identity found;
	struct trouble t;
	struct store *s;
	char name[64];
	pid_t pid;

	for (int round = 0; round < 5; round++) {
		assert_int_equal(pipe(p), 0);
		if ((pid = fork()) == 0)
			write_for_ever(p[1]);
		close(p[1]);
		for (int i = 0; i < 10 + 7 * round; i++)
			assert_int_equal(
			    read(p[0], &last, sizeof(last)), sizeof(last));
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		while (read(p[0], &last, sizeof(last)) == sizeof(last))
			;
		close(p[0]);
		s = open_store();
		for (int i = 0; i <= last; i++) {
			snprintf(name, sizeof(name), "n%d-49.example", i);
			assert_int_equal(store_find(s, name, &found, &t), 0);
			identity_clear(&found);
		}
		/* A transaction is there as a whole or not at all. */
		assert_int_equal(store_count(s) % 50, 0);
		store_close(s);
	}
}

static void
records_can_be_anything(void **state)
{
	char key[] = "file:/k", cert[] = "/c";
	struct reference ref = { .id = { 1, 2 },
		.key = key,
		.cert = cert,
		.added = 77 },
			 back;
	uint8_t buf[RECORD_MAX + 1], copy[RECORD_MAX + 1];
	int len = reference_encode(&ref, buf, RECORD_MAX);

	assert_true(len > 0);
	memcpy(copy, buf, (size_t)len);
	assert_int_equal(reference_decode(copy, (size_t)len, &back), 0);
	assert_memory_equal(back.id, ref.id, KEY_ID_SIZE);
	assert_string_equal(back.key, key);
	assert_string_equal(back.cert, cert);
	assert_int_equal(back.added, 77);
	free(back.key);
	free(back.cert);
	for (int cut = 0; cut < len; cut++) {
		memcpy(copy, buf, (size_t)len);
		if (reference_decode(copy, (size_t)cut, &back) == 0) {
			/* Only the optional field is missing. */
			assert_int_equal(back.added, 0);
			free(back.key);
			free(back.cert);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    what_is_put_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    what_is_removed_is_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    an_identity_has_a_limit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    pages_are_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    what_is_not_committed_is_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_killed_writer_loses_nothing, set_up, tear_down),
		cmocka_unit_test(records_can_be_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
