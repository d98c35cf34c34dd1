/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * staple_test: whom there is to ask about a chain, which answers take the
 * place of which, when the next one is asked for, and what is on the disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ipc/credential.h"
#include "daemon/verifier/staple.h"
#include "daemon/verifier/staple_file.h"
#include "test/unit/reply.h"

#define CN(text)                     \
	{                            \
		{                    \
			OID_CN, text \
		}                    \
	}
#define OCSP "\x30\x16\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x01\x86\x0a"
/* authorityInfoAccess: one URL of ten bytes */
#define RESPONDER(url)                                              \
	{                                                           \
		"1.3.6.1.5.5.7.1.1", "\x30\x18" OCSP url, 26, false \
	}

enum who { NOBODY, ROOT, TWIN, OTHER, LEAF, PLAIN, SECURE, USER, PEOPLE };

static const struct {
	enum who issuer;
	struct shape shape;
} people[PEOPLE] = {
	[ROOT] = { NOBODY, { .subject = CN("Root"), .ca = true } },
	[TWIN] = { NOBODY, { .subject = CN("Root"), .ca = true } },
	[OTHER] = { NOBODY, { .subject = CN("Other"), .ca = true } },
	[LEAF] = { ROOT,
	    { .subject = CN("Leaf"), .raw = { RESPONDER("http://a/b") } } },
	[PLAIN] = { ROOT, { .subject = CN("Plain") } },
	[SECURE] = { ROOT,
	    { .subject = CN("Secure"), .raw = { RESPONDER("https://a/") } } },
	[USER] = { ROOT,
	    { .subject = CN("User"), .raw = { RESPONDER("http://u@a") } } },
};

static struct holder holders[PEOPLE];
static struct crls *crls;

static int
make_people(void **state)
{
	for (int i = 1; i < PEOPLE; i++)
		holders[i] = holder_make(&people[i].shape,
		    people[i].issuer == NOBODY ? NULL
					       : &holders[people[i].issuer]);
	assert_non_null(crls = crls_new());
	return 0;
}

static int
free_people(void **state)
{
	for (int i = 0; i < PEOPLE; i++)
		holder_free(&holders[i]);
	crls_free(crls);
	return 0;
}

static struct blob
chain_of(enum who leaf, enum who next)
{
	static uint8_t buf[CHAIN_MAX];
	const struct holder *chain[] = { &holders[leaf], &holders[next] };

	return chain_make(chain, next == NOBODY ? 1 : 2, buf, sizeof(buf));
}

static struct anchors *
anchors_of(enum who who)
{
	const struct holder *one[] = { &holders[who] };
	gnutls_datum_t pem;
	struct anchors *anchors;
	char error[256];

	if (who == NOBODY)
		return NULL;
	pem = pem_make(one, 1);
	anchors = anchors_parse(&pem, error, sizeof(error));
	assert_non_null(anchors);
	gnutls_free(pem.data);
	return anchors;
}

static const struct {
	enum who leaf, next, anchor;
	const char *url; /* NULL: nobody is asked, because … */
	const char *trouble;
} chains[] = {
	{ LEAF, ROOT, NOBODY, "http://a/b", NULL },
	{ LEAF, NOBODY, ROOT, "http://a/b", NULL },
	{ LEAF, OTHER, ROOT, "http://a/b", NULL },
	{ LEAF, NOBODY, NOBODY, NULL, "issuer" },
	{ LEAF, OTHER, OTHER, NULL, "issuer" },
	/* The right name is not enough. */
	{ LEAF, TWIN, NOBODY, NULL, "issuer" },
	{ LEAF, NOBODY, TWIN, NULL, "issuer" },
	{ PLAIN, ROOT, NOBODY, NULL, "names no responder" },
	{ SECURE, ROOT, NOBODY, NULL, "names no responder" },
	{ USER, ROOT, NOBODY, NULL, "not asked" },
};

static void
whom_to_ask(void **state)
{
	static const uint8_t id[CHAIN_ID_SIZE] = { 7 };

	for (size_t i = 0; i < sizeof(chains) / sizeof(*chains); i++) {
		struct anchors *anchors = anchors_of(chains[i].anchor);
		struct staple *s = staple_new(
		    id, chain_of(chains[i].leaf, chains[i].next), anchors);

		assert_non_null(s);
		assert_memory_equal(s->id, id, sizeof(id));
		print_message("row %zu: %s%s\n", i, s->url, s->trouble);
		if (chains[i].url != NULL) {
			assert_string_equal(s->url, chains[i].url);
			assert_string_equal(s->server, "a:80");
			assert_string_equal(s->trouble, "");
		} else {
			assert_string_equal(s->url, "");
			assert_non_null(strstr(s->trouble, chains[i].trouble));
		}
		staple_free(s);
		anchors_free(anchors);
	}
	assert_null(staple_new(id, (struct blob){ NULL, 0 }, NULL));
	assert_null(staple_new(
	    id, (struct blob){ (const uint8_t *)"\0\0\0\1x", 5 }, NULL));
}

static const struct {
	const char *title;
	struct reply reply;
	enum who signer; /* 0: ROOT */
	const char *why; /* NULL: it is taken */
	bool revoked;
} answers[] = {
	{ "an expired one", { .from = -DAY, .until = -60 }, NOBODY,
	    "out of date", false },
	{ "a forged one", { .from = -60 }, OTHER, "nobody", false },
	{ "one that does not know", { .status = REPLY_UNKNOWN }, NOBODY,
	    "unknown", false },
	{ "a good one", { .from = -2 * HOUR }, NOBODY, NULL, false },
	{ "the same again", { .from = -2 * HOUR }, NOBODY, NULL, false },
	{ "an older one", { .from = -3 * HOUR }, NOBODY, "older", false },
	{ "a newer one", { .from = -HOUR }, NOBODY, NULL, false },
	{ "one that does not know, newer",
	    { .status = REPLY_UNKNOWN, .from = -60 }, NOBODY, "unknown",
	    false },
	{ "a forged one, newer", { .from = -60 }, OTHER, "nobody", false },
	{ "a revocation that is older",
	    { .status = REPLY_REVOKED, .from = -2 * HOUR }, NOBODY, "older",
	    false },
	{ "a revocation that is newer",
	    { .status = REPLY_REVOKED, .from = -600 }, NOBODY, NULL, true },
	{ "a good one that is older", { .from = -HOUR }, NOBODY, "older",
	    true },
	{ "a good one that is newer", { .from = -60 }, NOBODY, NULL, false },
};

static void
what_is_taken(void **state)
{
	static const uint8_t id[CHAIN_ID_SIZE] = { 7 };
	struct staple *s = staple_new(id, chain_of(LEAF, ROOT), NULL);
	time_t now = time(NULL);
	bool any = false;

	assert_non_null(s);
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct reply r = answers[i].reply;
		gnutls_datum_t answer, before = s->answer;
		const char *why = "not said";
		int rv;

		r.cert = &holders[LEAF];
		r.issuer = &holders[ROOT];
		r.signer =
		    &holders[answers[i].signer != NOBODY ? answers[i].signer
							 : ROOT];
		answer = reply_make(&r);
		rv = staple_take(s, (struct blob){ answer.data, answer.size },
		    crls, now, &why);
		print_message(
		    "%s: %s\n", answers[i].title, why == NULL ? "taken" : why);
		if (answers[i].why == NULL) {
			any = true;
			assert_int_equal(rv, 0);
			assert_null(why);
			assert_int_equal(s->answer.size, answer.size);
			assert_memory_equal(
			    s->answer.data, answer.data, answer.size);
		} else {
			assert_int_equal(rv, -1);
			assert_non_null(strstr(why, answers[i].why));
			assert_ptr_equal(s->answer.data, before.data);
		}
		assert_int_equal(s->revoked, answers[i].revoked);
		assert_int_equal(staple_is_fresh(s, now), any);
		assert_false(staple_is_fresh(s, now + 2 * HOUR));
		gnutls_free(answer.data);
	}
	staple_free(s);
}

static void
when_to_ask(void **state)
{
	static const struct {
		time_t left; /* of the life of the answer; 0: none */
		unsigned failures;
		time_t wait;
		bool fetched;
	} rows[] = {
		{ 0, 0, 0 },
		{ 0, 0, 1, true },
		{ 1000, 0, 501 },
		{ 1, 0, 1 },
		{ 0, 1, 5 },
		{ 0, 2, 10 },
		{ 0, 3, 20 },
		{ 0, 10, 2560 },
		{ 0, 11, 3600 },
		{ 0, 4000000000, 3600 },
		/* More often, before it is too late. */
		{ 1000, 1, 5 },
		{ 1000, 20, 501 },
		{ 100 * DAY, 20, 3600 },
		{ 6, 20, 3600 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct staple s = { .failures = rows[i].failures,
			.fetched = rows[i].fetched ? 4000 : 0,
			.until = 5000 + rows[i].left,
			.answer.size = rows[i].left > 0 };

		assert_int_equal(staple_wait(&s, 5000), rows[i].wait);
	}
}

static void
servers(void **state)
{
	static const struct {
		const char *url, *server; /* NULL: it is not asked */
	} rows[] = {
		{ "http://OCSP.Example.org", "ocsp.example.org:80" },
		{ "http://ocsp.example.org./a?b", "ocsp.example.org:80" },
		{ "HTTP://ocsp.example.org:8080/", "ocsp.example.org:8080" },
		{ "http://127.0.0.1/", "127.0.0.1:80" },
		{ "http://[::1]:81/", "[::1]:81" },
		{ "https://ocsp.example.org/", NULL },
		{ "ftp://ocsp.example.org/", NULL },
		{ "file:///etc/passwd", NULL },
		{ "gopher://a/", NULL },
		{ "ocsp.example.org", NULL },
		{ "http://", NULL },
		{ "http://user@a/", NULL },
		{ "http://user:word@a/", NULL },
		{ "http://a_b/", NULL },
		{ "http://a,b/", NULL },
		{ "http://a..b/", NULL },
		{ "http://a:99999/", NULL },
		{ "http://a:b/", NULL },
		{ "http://[::1/", NULL },
		{ "http://[::1%25lo]/", NULL },
		{ "http://a b/", NULL },
		{ "", NULL },
	};
	char server[HTTP_SERVER];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int r = http_server(rows[i].url, server);

		print_message(
		    "%s: %s\n", rows[i].url, r == 0 ? server : "not asked");
		assert_int_equal(r, rows[i].server == NULL ? -1 : 0);
		if (rows[i].server != NULL)
			assert_string_equal(server, rows[i].server);
	}
}

/* What staple_file_each() has called with. */
static unsigned calls;

static void
expect(const uint8_t id[CHAIN_ID_SIZE], struct blob chain, struct blob answer)
{
	uint8_t right[CHAIN_ID_SIZE];

	calls++;
	assert_int_equal(chain_id(chain, right), 0);
	assert_memory_equal(id, right, CHAIN_ID_SIZE);
	assert_int_equal(answer.len, 6);
	assert_memory_equal(answer.data, "answer", 6);
}

static unsigned
each(const char *folder, time_t now, size_t most)
{
	calls = 0;
	staple_file_each(folder, now, most, expect);
	return calls;
}

static void
spoil(const char *folder, const char *name, const char *data, size_t len)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_non_null(f = fopen(path, "w"));
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static bool
is_there(const char *folder, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return access(path, F_OK) == 0;
}

static void
on_the_disk(void **state)
{
	char top[] = "/tmp/tlspool-staple-XXXXXX", folder[64], name[80];
	const struct blob chain = { (const uint8_t *)"\0\0\0\1x", 5 };
	const struct blob second = { (const uint8_t *)"\0\0\0\1y", 5 };
	const struct blob answer = { (const uint8_t *)"answer", 6 };
	const struct blob older = { (const uint8_t *)"something older", 15 };
	uint8_t id[CHAIN_ID_SIZE], id2[CHAIN_ID_SIZE];
	time_t now = time(NULL);

	assert_non_null(mkdtemp(top));
	snprintf(folder, sizeof(folder), "%s/ocsp", top);
	assert_int_equal(chain_id(chain, id), 0);
	assert_int_equal(chain_id(second, id2), 0);
	assert_int_equal(each(folder, now, 9), 0);
	staple_file_remove(folder, id);
	assert_int_equal(staple_file_write(folder, id, chain, older), 0);
	assert_int_equal(staple_file_write(folder, id, chain, answer), 0);
	assert_int_equal(staple_file_write(folder, id2, second, answer), 0);
	assert_int_equal(each(folder, now, 9), 2);
	assert_int_equal(each(folder, now, 1), 1);
	staple_file_remove(folder, id2);
	assert_int_equal(each(folder, now, 9), 1);
	/* What is something else does not stay. */
	memset(name, '0', 64);
	name[64] = '\0';
	spoil(folder, name, "\0\0\0\5\0\0\0\1x\0\0\0\6answer", 19);
	spoil(folder, "note", "hello", 5);
	spoil(folder, "empty", "", 0);
	assert_int_equal(each(folder, now, 9), 1);
	assert_false(is_there(folder, name));
	assert_false(is_there(folder, "note"));
	assert_false(is_there(folder, "empty"));
	/* Nor what is old. */
	assert_int_equal(each(folder, now + STAPLE_FILE_OLD + 60, 9), 0);
	assert_int_equal(each(folder, now, 9), 0);
	assert_int_equal(rmdir(folder), 0);
	/* Where there is no place for it, it fails and leaves nothing. */
	spoil(top, "ocsp", "", 0);
	assert_int_equal(staple_file_write(folder, id, chain, answer), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(unlink(folder), 0);
	assert_int_equal(rmdir(top), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whom_to_ask),
		cmocka_unit_test(what_is_taken),
		cmocka_unit_test(when_to_ask),
		cmocka_unit_test(servers),
		cmocka_unit_test(on_the_disk),
	};

	return cmocka_run_group_tests(tests, make_people, free_people);
}
