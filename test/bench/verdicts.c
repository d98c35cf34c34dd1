/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * verdicts: what a verdict costs the process tlspool-verifier: made anew, by
 * pkix, and from the cache when a million others are in it (or the number that
 * is given); and what memory and disk that takes.  Those that fill the cache
 * say no, for want of a pin, because that is made quickly.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ipc/app.h"
#include "test/unit/verifier_play.h"

enum {
	WINDOW = 64,	  /* questions on their way */
	LOOKUPS = 200000, /* many at a time */
	SINGLE = 20000,	  /* one at a time */
	ANEW = 10000,
	MANY = 1000000,
};

static struct holder peer;

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
drain_log(void)
{
	while (channel_recv(play.control, &play.packet, 0) == 1)
		packet_close_fds(&play.packet);
}

static void
ask_about(unsigned long n, uint32_t number)
{
	char name[64];
	struct inquiry inquiry = { PLAY_WORKER, 60000, false, &peer, name };

	snprintf(name, sizeof(name), "host%lu.example.com", n);
	play_send(&inquiry, number);
}

static void
take_answer(bool yes)
{
	struct verify_ans ans;

	play_expect(play.worker, &verify_ans_schema, &ans);
	if ((ans.error == 0) != yes)
		fail_msg("%s", yes ? ans.reason : ans.name);
}

/* Spread over all of them, and the same in every run. */
static unsigned long
scatter(unsigned long i, unsigned long n)
{
	return (unsigned long)((i * UINT64_C(2654435761)) % n);
}

/* Seconds for `count` questions, about the first ones or scattered ones. */
static double
ask_all(unsigned long count, unsigned long of, unsigned window, bool yes)
{
	unsigned long sent = 0, done = 0;
	double begun = seconds();

	while (done < count) {
		for (; sent < count && sent < done + window; sent++)
			ask_about(
			    of == 0 ? sent : scatter(sent, of), (uint32_t)sent);
		take_answer(yes);
		if (++done % 1000 == 0)
			drain_log();
	}
	drain_log();
	return seconds() - begun;
}

/* Resident, in MiB; of memory that is its own. */
static double
memory(void)
{
	char path[64], line[256];
	unsigned long kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)play.pid);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "RssAnon: %lu", &kib) == 1)
			break;
	fclose(f);
	return (double)kib / 1024;
}

static double
disk(void)
{
	char path[sizeof(play.state) + 300];
	double bytes = 0;
	struct dirent *e;
	struct stat st;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/verifier/cache", play.state);
	dir = opendir(path);
	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL)
		if (fstatat(dirfd(dir), e->d_name, &st, 0) == 0 &&
		    S_ISREG(st.st_mode))
			bytes += (double)st.st_blocks * 512;
	closedir(dir);
	return bytes / (1 << 20);
}

static unsigned long wanted = MANY;

static void
measure(void **state)
{
	static const struct shape wild = {
		.alt = { { GNUTLS_SAN_DNSNAME, "*.example.com", 0 } }
	};
	double anew, repeated, empty, fill, many, single;

	(void)state;
	peer = holder_make(&wild, &play.root);
	play.cache_size = (unsigned)(wanted + ANEW);
	play_configure();
	anew = ask_all(ANEW, 0, WINDOW, true);
	repeated = ask_all(LOOKUPS, ANEW, WINDOW, true);
	/* Another policy: what was remembered does not count any more. */
	play.more = "negative-age = 1h\n[trust]\nclient-policy = pin\n";
	play_configure();
	empty = memory();
	fill = ask_all(wanted, 0, WINDOW, false);
	many = ask_all(LOOKUPS, wanted, WINDOW, false);
	single = ask_all(SINGLE, wanted, 1, false);
	assert_int_equal(play_counter("cached"), wanted + ANEW);
	assert_int_equal(play_counter("cache-found"), 2 * LOOKUPS + SINGLE);
	printf("made anew by pkix, and remembered    %.0f a second\n"
	       "from the cache, of %d          %.0f a second\n"
	       "remembered, up to %-9lu          %.0f a second\n"
	       "from the cache, of these             %.0f a second\n"
	       "the same, one at a time              %.1f us each\n"
	       "memory of the verifier               %.1f MiB (%.1f before)\n"
	       "disk                                 %.0f MiB\n",
	    ANEW / anew, ANEW, LOOKUPS / repeated, wanted,
	    (double)wanted / fill, LOOKUPS / many, single / SINGLE * 1e6,
	    memory(), empty, disk());
	holder_free(&peer);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(measure) };

	if (argc > 1)
		wanted = strtoul(argv[1], NULL, 10);
	if (wanted == 0) {
		(void)fprintf(stderr, "usage: verdicts [NUMBER]\n");
		return 1;
	}
	return cmocka_run_group_tests(tests, play_begin, play_end);
}
