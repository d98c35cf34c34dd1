/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * cache_test: verdicts that are remembered: for how long, how many, and what
 * becomes of a cache that is damaged, or whose process is killed.
 */
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ipc/app.h"
#include "daemon/sys/log.h"
#include "daemon/verifier/cache.h"

enum {
	NOW = 1000000, /* seconds */
	FULL = 300,    /* entries */
	BASIS = 7,
};

/* Berkeley DB does not free all of an environment whose log it cannot read;
 * this is for builds that look for leaks. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:__os_malloc";
}

static char top[64], dir[80];
static char events[1024]; /* that were logged as warnings, or worse */
static const struct cache_limits usual = { FULL, 600, 10 };
static const struct cache_clock start = { NOW, 5000 };

static void
note(int priority, const char *event, const char *text)
{
	size_t len = strlen(events);

	(void)text;
	if (priority <= LOG_WARNING)
		snprintf(events + len, sizeof(events) - len, "%s ", event);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
set_up(void **state)
{
	(void)state;
	log_to(note);
	events[0] = '\0';
	snprintf(top, sizeof(top), "/tmp/tlspool-cache-XXXXXX");
	if (mkdtemp(top) == NULL)
		return -1;
	snprintf(dir, sizeof(dir), "%s/cache", top);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	return nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct cache *
open_in(const char *boot)
{
	struct cache *c = cache_new(dir, boot);

	assert_non_null(c);
	cache_limit(c, &usual);
	return c;
}

static struct cache *
open_cache(void)
{
	return open_in("this boot");
}

static const uint8_t *
key_of(unsigned n)
{
	static uint8_t key[ENTRY_KEY];

	memset(key, 0, sizeof(key));
	/* Not in the order of their numbers. */
	key[0] = (uint8_t)(n * 37);
	key[1] = (uint8_t)(n >> 8);
	key[2] = (uint8_t)n;
	return key;
}

static struct cache_clock
later(uint64_t seconds)
{
	return (struct cache_clock){ start.wall + seconds,
		start.up + seconds * 1000 };
}

/* What is put under a number, so that it can be known again. */
static void
put_as(struct cache *c, unsigned n, uint32_t error, uint64_t until,
    const struct cache_clock *now)
{
	char name[64], reason[64];
	struct admin_cache_row row = {
		.key = { key_of(n), ENTRY_KEY },
		.name = name,
		.role = APP_ROLE_SERVER,
		.made = now->wall,
		.until = until,
		.basis = BASIS,
		.error = error,
		.alert = error != 0 ? 42 : 0,
		.reason = error != 0 ? reason : NULL,
		.method = error != 0 ? NULL : "pkix",
		.evidence = error != 0 ? NULL : reason,
	};

	snprintf(name, sizeof(name), "host%u.example.com", n);
	snprintf(reason, sizeof(reason), "because of %u", n);
	cache_store(c, &row, now);
}

static void
put(struct cache *c, unsigned n)
{
	put_as(c, n, 0, UINT64_MAX, &start);
}

/* Is it there?  What is there must be what was put. */
static bool
has_at(struct cache *c, unsigned n, const struct cache_clock *now)
{
	static struct cache_hit hit;
	char name[64], reason[64];

	if (!cache_find(c, key_of(n), now, &hit))
		return false;
	snprintf(name, sizeof(name), "host%u.example.com", n);
	snprintf(reason, sizeof(reason), "because of %u", n);
	assert_string_equal(hit.row.name, name);
	assert_string_equal(
	    hit.row.error == 0 ? hit.row.evidence : hit.row.reason, reason);
	assert_memory_equal(hit.row.key.data, key_of(n), ENTRY_KEY);
	return true;
}

static bool
has(struct cache *c, unsigned n)
{
	return has_at(c, n, &start);
}

static const struct age_case {
	const char *what;
	uint32_t error;
	uint64_t until;
	uint64_t after; /* seconds */
	bool there;
} ages[] = {
	{ "at once", 0, UINT64_MAX, 0, true },
	{ "a yes, for its age", 0, UINT64_MAX, 599, true },
	{ "a yes, no longer", 0, UINT64_MAX, 600, false },
	{ "a no, for its age", 1, UINT64_MAX, 9, true },
	{ "a no, no longer", 1, UINT64_MAX, 10, false },
	{ "until its end", 0, NOW + 5, 4, true },
	{ "not behind its end", 0, NOW + 5, 5, false },
	{ "an end of a no", 1, NOW + 5, 5, false },
	{ "no end that is later than its age", 0, NOW + 1000, 700, false },
	{ "it has ended already", 0, NOW, 0, false },
	{ "it ended long ago", 0, 1, 0, false },
};

static void
holds_for_its_time(void **state)
{
	struct cache *c = open_cache();

	(void)state;
	for (unsigned i = 0; i < sizeof(ages) / sizeof(ages[0]); i++) {
		struct cache_clock then = later(ages[i].after);

		put_as(c, i, ages[i].error, ages[i].until, &start);
		if (has_at(c, i, &then) != ages[i].there)
			fail_msg("%s", ages[i].what);
	}
	cache_free(c);
	assert_string_equal(events, "");
}

static void
limits_can_change(void **state)
{
	struct cache *c = open_cache();
	struct cache_limits limits = { FULL, 60, 0 };
	struct cache_clock then = later(100);

	(void)state;
	put(c, 1);
	put_as(c, 2, 1, UINT64_MAX, &start);
	assert_true(has(c, 2));
	assert_true(has_at(c, 1, &then));
	cache_limit(c, &limits);
	assert_false(has_at(c, 1, &then));
	assert_false(has(c, 2));
	/* What is not to be remembered is not, nor what it replaces. */
	put(c, 3);
	put_as(c, 3, 1, UINT64_MAX, &start);
	assert_false(has(c, 3));
	limits.negative_age = 10;
	cache_limit(c, &limits);
	assert_false(has(c, 3));
	limits.size = 0;
	cache_limit(c, &limits);
	put(c, 4);
	assert_false(has(c, 4));
	assert_false(has(c, 1));
	assert_int_equal(cache_count(c, &start), 0);
	cache_limit(c, &usual);
	assert_true(has(c, 1));
	assert_false(has(c, 4));
	cache_free(c);
	assert_string_equal(events, "");
}

/* A clock that was wrong when it was made, or is set back now. */
static void
clocks_jump(void **state)
{
	const struct cache_clock before = { NOW - 100, 5000 };
	struct cache *c = open_cache();
	struct cache_clock now;

	(void)state;
	put(c, 1);
	cache_free(c);
	c = open_cache();
	assert_false(has_at(c, 1, &before)); /* it is of the future */
	cache_free(c);
	c = open_cache();
	assert_true(has(c, 1));
	now = later(300);
	assert_true(has_at(c, 1, &now));
	/* 300 s later, and only 200 by the wall: not one second longer. */
	now.wall -= 100;
	assert_false(has_at(c, 1, &now));
	assert_false(has(c, 1));
	put_as(c, 2, 0, UINT64_MAX, &now);
	assert_true(has_at(c, 2, &now));
	now.wall += 100;
	assert_true(has_at(c, 2, &now));
	now.wall--;
	assert_true(has_at(c, 2, &now)); /* whole seconds are not exact */
	now.wall -= 3;
	assert_false(has_at(c, 2, &now));
	cache_free(c);
}

static void
survives(void **state)
{
	struct cache *c = open_cache();

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		put(c, i);
	cache_forget(c, key_of(7), &start);
	cache_free(c);
	/* In another boot as well, since it was closed. */
	c = open_in("the next boot");
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(has(c, i), i != 7);
	assert_int_equal(cache_count(c, &start), 99);
	cache_free(c);
	assert_string_equal(events, "");
}

static void
the_oldest_go(void **state)
{
	struct cache *c = open_cache();
	struct cache_limits less = { FULL / 10, 600, 10 };

	(void)state;
	for (unsigned i = 0; i < FULL; i++)
		put(c, i);
	put(c, 0); /* is young again */
	for (unsigned i = FULL; i < FULL + 50; i++)
		put(c, i);
	assert_int_equal(cache_count(c, &start), FULL);
	assert_int_equal(cache_counters(c)->dropped, 50);
	for (unsigned i = 0; i < FULL + 50; i++)
		assert_int_equal(has(c, i), i == 0 || i > 50);
	cache_free(c);
	c = open_cache();
	cache_limit(c, &less);
	for (unsigned i = 0; i < 100; i++)
		put(c, FULL + 50 + i);
	assert_int_equal(cache_count(c, &start), FULL / 10);
	assert_true(has(c, FULL + 149));
	assert_false(has(c, FULL + 49));
	cache_free(c);
	assert_string_equal(events, "");
}

static void
is_listed(void **state)
{
	static struct cache_hit hit;
	struct cache *c = open_cache();
	uint8_t last[ENTRY_KEY];
	const uint8_t *after = NULL;
	unsigned n = 0, patience, rounds = 0;
	enum cache_step step = CACHE_MORE;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		put_as(c, i, i % 2, i % 5 == 0 ? NOW + 1 : UINT64_MAX, &start);
	while (step != CACHE_END) {
		struct cache_clock now = later(2);

		patience = 7;
		while ((step = cache_next(c, after, BASIS, &now, &patience,
			    &hit)) != CACHE_END) {
			memcpy(last, hit.entry.key, sizeof(last));
			after = last;
			if (step == CACHE_MORE)
				break;
			assert_int_equal(
			    hit.row.until, NOW + (hit.row.error ? 10 : 600));
			n++;
			if (patience == 0)
				break;
		}
		assert_true(++rounds < 100);
	}
	assert_int_equal(n, 80); /* the others have ended */
	assert_true(rounds > 100 / 7);
	patience = 200;
	assert_int_equal(
	    cache_next(c, NULL, BASIS + 1, &start, &patience, &hit), CACHE_END);
	cache_free(c);
}

static void
is_flushed(void **state)
{
	struct cache *c = open_cache();
	uint64_t before;

	(void)state;
	cache_flush(c); /* there is nothing yet */
	put(c, 1);
	before = cache_generation(c);
	cache_flush(c);
	assert_int_not_equal(cache_generation(c), before);
	assert_false(has(c, 1));
	put(c, 2);
	assert_true(has(c, 2));
	cache_free(c);
	c = open_cache();
	assert_false(has(c, 1));
	assert_true(has(c, 2));
	cache_free(c);
	assert_string_equal(events, "");
}

/*
 * Damage.
 */

static void
path_of(const char *name, char path[256])
{
	snprintf(path, 256, "%s/%s", dir, name);
}

static void
overwrite(const char *name, long from, long len)
{
	char path[256];
	unsigned seed = 1;
	FILE *f;

	path_of(name, path);
	f = fopen(path, "r+");
	assert_non_null(f);
	assert_int_equal(fseek(f, from, SEEK_SET), 0);
	for (long i = 0; i < len; i++) {
		seed = seed * 1103515245 + 12345;
		fputc((int)(seed >> 16 & 0xff), f);
	}
	assert_int_equal(fclose(f), 0);
}

static void
cut(const char *name, long len)
{
	char path[256];

	path_of(name, path);
	assert_int_equal(truncate(path, len), 0);
}

static void
lose(const char *name)
{
	char path[256];

	path_of(name, path);
	assert_int_equal(unlink(path), 0);
}

static void
noise_in_all(void)
{
	overwrite("verdicts.db", 0, 100000);
	overwrite("ages.db", 0, 100000);
	overwrite("log.0000000001", 0, 100000);
}

static void
noise_in_pages(void)
{
	overwrite("verdicts.db", 4096, 20000);
}

static void
noise_in_ages(void)
{
	overwrite("ages.db", 5000, 4000);
}

static void
noise_in_first_page(void)
{
	overwrite("verdicts.db", 0, 512);
}

static void
noise_in_log(void)
{
	overwrite("log.0000000001", 0, 4096);
}

static void
cut_short(void)
{
	cut("verdicts.db", 10000);
}

static void
cut_to_nothing(void)
{
	cut("verdicts.db", 0);
	cut("ages.db", 0);
	cut("log.0000000001", 0);
}

static void
lose_log(void)
{
	lose("log.0000000001");
}

static void
lose_tree(void)
{
	lose("verdicts.db");
}

static void
lose_ages(void)
{
	lose("ages.db");
}

/* As if Berkeley DB was of another century. */
static void
other_version(void)
{
	overwrite("verdicts.db", 16, 4);
}

static void
lose_mark(void)
{
	lose("boot");
}

static void
noise_in_mark(void)
{
	overwrite("boot", 0, 20);
}

static void
folder_in_place(void)
{
	char path[256];

	lose("verdicts.db");
	path_of("verdicts.db", path);
	assert_int_equal(mkdir(path, 0700), 0);
}

static const struct damage {
	const char *what;
	void (*make)(void);
	bool killed;  /* the one before was not closed */
	bool noticed; /* it must be */
} damages[] = {
	{ "noise everywhere", noise_in_all, false, true },
	{ "noise in the pages", noise_in_pages, false, true },
	{ "noise in the first page", noise_in_first_page, false, true },
	{ "noise in the index", noise_in_ages, false, false },
	{ "noise in the log", noise_in_log, false, true },
	{ "noise in the log, killed", noise_in_log, true, true },
	{ "noise everywhere, killed", noise_in_all, true, true },
	{ "cut short", cut_short, false, true },
	{ "cut short, killed", cut_short, true, false },
	{ "cut to nothing", cut_to_nothing, false, false },
	{ "no log", lose_log, false, true },
	{ "no tree", lose_tree, false, false },
	{ "no index", lose_ages, false, true },
	{ "another version", other_version, false, true },
	{ "no mark", lose_mark, false, true },
	{ "another mark", noise_in_mark, false, true },
	{ "a folder in the place of the tree", folder_in_place, false, true },
};

/* What is there is what was put (has() looks), and it works on. */
static void
use(struct cache *c, const char *what, unsigned *found)
{
	*found = 0;
	for (unsigned i = 0; i < FULL; i++)
		*found += has(c, i);
	for (unsigned i = 0; i < FULL; i++)
		put(c, i + 1000);
	for (unsigned i = 0; i < FULL; i++)
		if (!has(c, i + 1000))
			fail_msg("%s: it does not work on", what);
}

static void
fill_and_end(bool kill_it)
{
	struct cache *c;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		c = open_cache();
		for (unsigned i = 0; i < FULL; i++)
			put(c, i);
		if (kill_it)
			raise(SIGKILL);
		cache_free(c);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, kill_it ? SIGKILL : 0);
}

static void
damage_is_set_aside(void **state)
{
	char aside[100];
	struct cache *c;
	unsigned found;

	(void)state;
	snprintf(aside, sizeof(aside), "%s.bad", dir);
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		const struct damage *d = &damages[i];

		fill_and_end(d->killed);
		d->make();
		events[0] = '\0';
		c = open_cache();
		use(c, d->what, &found);
		cache_free(c);
		if (d->noticed && strstr(events, "cache-broken") == NULL)
			fail_msg("%s: nobody noticed", d->what);
		if (d->noticed && access(aside, F_OK) != 0)
			fail_msg("%s: it was not set aside", d->what);
		if (strstr(events, "cache-failed") != NULL)
			fail_msg("%s: there was no cache", d->what);
		/* The next one has nothing to complain of. */
		events[0] = '\0';
		c = open_cache();
		use(c, d->what, &found);
		cache_free(c);
		if (events[0] != '\0' || found != 0)
			fail_msg("%s: then %s", d->what, events);
		nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	}
}

/* A file that noise is in, at every place. */
static void
no_noise_is_believed(void **state)
{
	struct cache *c;
	struct stat st;
	char path[256];
	unsigned found;

	(void)state;
	path_of("verdicts.db", path);
	for (long from = 0;; from += 3001) {
		fill_and_end(false);
		assert_int_equal(stat(path, &st), 0);
		if (from + 3 > st.st_size)
			break;
		overwrite("verdicts.db", from, 3);
		c = open_cache();
		use(c, "three bytes", &found);
		cache_free(c);
		nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	}
}

/* The machine went down: what is on the disk may be of different times. */
static void
another_boot_begins_anew(void **state)
{
	struct cache *c;

	(void)state;
	fill_and_end(true);
	c = open_cache(); /* only the process */
	assert_true(has(c, 1));
	assert_true(has(c, FULL - 1));
	cache_free(c);
	assert_string_equal(events, "");
	fill_and_end(true);
	c = open_in("the next boot");
	assert_false(has(c, 1));
	put(c, 1);
	assert_true(has(c, 1));
	cache_free(c);
	assert_non_null(strstr(events, "cache-broken"));
	c = open_in(""); /* which is not known, but it was closed */
	assert_true(has(c, 1));
	cache_free(c);
}

/* A hundred ends in the middle of it. */
static void
kills_leave_it_whole(void **state)
{
	struct cache *c;
	unsigned found = 0;
	int status;
	pid_t pid;

	(void)state;
	for (unsigned round = 0; round < 100; round++) {
		if ((pid = fork()) == 0) {
			c = open_cache();
			for (unsigned i = 0;; i++) {
				put(c, i % 1000);
				(void)has(c, (i * 7) % 1000);
			}
		}
		usleep(1000 + round * 200);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGKILL);
		c = open_cache();
		for (unsigned i = 0; i < 1000; i++)
			found += has(c, i);
		assert_true(cache_count(c, &start) <= FULL);
		cache_free(c);
	}
	assert_string_equal(events, "");
	assert_true(found > 0);
}

static void
a_full_disk_is_no_outage(void **state)
{
	const struct rlimit little = { 300 * 1024, 300 * 1024 };
	struct cache_limits large = { 100000, 600, 10 };
	struct cache *c;
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		/* Files that cannot grow are the nearest to a full disk. */
		signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &little) != 0)
			_exit(2);
		c = open_cache();
		cache_limit(c, &large);
		for (unsigned i = 0; i < 20000; i++) {
			put(c, i % 65536);
			(void)has(c, i);
		}
		if (strstr(events, "cache-broken") == NULL)
			_exit(3);
		cache_free(c);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	c = open_cache();
	put(c, 1);
	assert_true(has(c, 1));
	cache_free(c);
}

static void
what_cannot_be_written_is_no_outage(void **state)
{
	struct cache_clock now = start;
	struct cache *c;
	char missing[160];

	(void)state;
	snprintf(missing, sizeof(missing), "%s/no/such/folder", top);
	c = cache_new(missing, "");
	cache_limit(c, &usual);
	put(c, 1);
	assert_false(has(c, 1));
	assert_false(has(c, 2));
	assert_string_equal(events, "cache-failed "); /* said once */
	snprintf(missing, sizeof(missing), "%s/no", top);
	assert_int_equal(mkdir(missing, 0700), 0);
	snprintf(missing, sizeof(missing), "%s/no/such", top);
	assert_int_equal(mkdir(missing, 0700), 0);
	put(c, 1);
	assert_false(has(c, 1)); /* not yet */
	now = later(61);
	put_as(c, 1, 0, UINT64_MAX, &now);
	assert_true(has_at(c, 1, &now));
	cache_free(c);
	assert_string_equal(events, "cache-failed ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(holds_for_its_time),
		TEST(limits_can_change),
		TEST(clocks_jump),
		TEST(survives),
		TEST(the_oldest_go),
		TEST(is_listed),
		TEST(is_flushed),
		TEST(damage_is_set_aside),
		TEST(no_noise_is_believed),
		TEST(another_boot_begins_anew),
		TEST(kills_leave_it_whole),
		TEST(a_full_disk_is_no_outage),
		TEST(what_cannot_be_written_is_no_outage),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
