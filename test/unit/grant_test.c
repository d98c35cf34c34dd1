/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * grant_test: what front seals opens unchanged, for the worker that it was
 * made for, in its time; and nothing else opens.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/ipc/app.h"
#include "daemon/ipc/grant.h"

enum {
	WORKER = 3,
	NOW = 5000,
};

static const uint8_t key1[GRANT_KEY_SIZE] = { 1 };
static const uint8_t key2[GRANT_KEY_SIZE] = { 2 };
static const uint8_t key3[GRANT_KEY_SIZE] = { 3 };

static struct grant_keys
keys_of(uint32_t number, const uint8_t *key)
{
	struct grant_keys keys = { 0 };

	grant_keys_add(&keys, number, key);
	return keys;
}

static struct grant
sample(void)
{
	return (struct grant){
		.session = 77,
		.worker = WORKER,
		.uid = 1000,
		.gids = { (const uint8_t *)"\0\0\3\350\1\2\3\4", 8 },
		.unit = "nginx.service",
		.role = APP_ROLE_SERVER,
		.name = "www.example.com",
		.flags = APP_NO_REMOTE_CERT,
		.signatures = 1,
		.until = NOW + 1000,
		.disclose = true,
	};
}

static void
what_is_sealed_opens(void **state)
{
	struct grant_keys keys = keys_of(9, key1);
	struct grant g = sample(), back;
	uint8_t buf[GRANT_MAX + 1];
	int len;

	len = grant_seal(&keys, &g, buf);
	assert_in_range(len, GRANT_MAC_SIZE + MESSAGE_HEADER, GRANT_MAX);
	assert_int_equal(
	    grant_open(&keys, buf, (size_t)len, WORKER, NOW, &back), 0);
	assert_int_equal(back.key, 9);
	assert_int_equal(back.session, 77);
	assert_int_equal(back.worker, WORKER);
	assert_int_equal(back.uid, 1000);
	assert_int_equal(grant_ngids(&back), 2);
	assert_int_equal(grant_gid(&back, 0), 1000);
	assert_int_equal(grant_gid(&back, 1), 0x01020304);
	assert_string_equal(back.unit, "nginx.service");
	assert_int_equal(back.role, APP_ROLE_SERVER);
	assert_string_equal(back.name, "www.example.com");
	assert_int_equal(back.flags, APP_NO_REMOTE_CERT);
	assert_int_equal(back.signatures, 1);
	assert_int_equal(back.until, NOW + 1000);
	assert_true(back.disclose);
}

/* Root without groups, who names nothing. */
static void
the_least_grant_opens(void **state)
{
	struct grant_keys keys = keys_of(9, key1);
	struct grant g = { .until = NOW }, back;
	uint8_t buf[GRANT_MAX + 1];
	int len;

	len = grant_seal(&keys, &g, buf);
	assert_true(len > 0);
	assert_int_equal(grant_open(&keys, buf, (size_t)len, 0, NOW, &back), 0);
	assert_null(back.name);
	assert_null(back.unit);
	assert_int_equal(grant_ngids(&back), 0);
	assert_int_equal(back.signatures, 0);
	assert_false(back.disclose);
}

static void
the_greatest_grant_fits(void **state)
{
	static uint8_t gids[(GRANT_MAX_GIDS + 1) * 4];
	char name[APP_NAME_MAX + 2], unit[258];
	struct grant_keys keys = keys_of(UINT32_MAX, key1);
	struct grant g = sample(), back;
	uint8_t buf[GRANT_MAX + 1];
	int len;

	memset(gids, 0xff, sizeof(gids));
	memset(name, 'n', sizeof(name));
	memset(unit, 'u', sizeof(unit));
	name[APP_NAME_MAX] = unit[256] = '\0';
	g.gids = (struct blob){ gids, GRANT_MAX_GIDS * 4 };
	g.name = name;
	g.unit = unit;
	g.session = g.until = UINT64_MAX;
	g.worker = g.uid = g.flags = g.signatures = UINT32_MAX;
	len = grant_seal(&keys, &g, buf);
	assert_true(len > 0 && len <= GRANT_MAX);
	assert_int_equal(
	    grant_open(&keys, buf, (size_t)len, UINT32_MAX, NOW, &back), 0);
	assert_int_equal(grant_ngids(&back), GRANT_MAX_GIDS);
	assert_int_equal(grant_gid(&back, GRANT_MAX_GIDS - 1), UINT32_MAX);
	assert_string_equal(back.name, name);
	assert_string_equal(back.unit, unit);
	assert_int_equal(back.worker, UINT32_MAX);

	g.gids.len += 4;
	assert_int_equal(grant_seal(&keys, &g, buf), -1);
	assert_int_equal(errno, EMSGSIZE);
}

/* Each bit of each byte, of the message as well as of the MAC. */
static void
a_changed_grant_does_not_open(void **state)
{
	struct grant_keys keys = keys_of(9, key1);
	struct grant g = sample(), back;
	uint8_t sealed[GRANT_MAX + 1], buf[GRANT_MAX + 1];
	int len;

	len = grant_seal(&keys, &g, sealed);
	for (int bit = 0; bit < len * 8; bit++) {
		memcpy(buf, sealed, (size_t)len);
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		errno = 0;
		assert_int_equal(
		    grant_open(&keys, buf, (size_t)len, WORKER, NOW, &back),
		    -1);
		assert_int_equal(errno, EACCES);
	}
}

static void
a_grant_of_another_length_does_not_open(void **state)
{
	struct grant_keys keys = keys_of(9, key1);
	struct grant g = sample(), back;
	uint8_t sealed[GRANT_MAX + 1], buf[GRANT_MAX + 2];
	int len;

	len = grant_seal(&keys, &g, sealed);
	for (size_t cut = 0; cut < (size_t)len; cut++) {
		memcpy(buf, sealed, cut);
		errno = 0;
		assert_int_equal(
		    grant_open(&keys, buf, cut, WORKER, NOW, &back), -1);
		assert_int_equal(errno,
		    cut < MESSAGE_HEADER + GRANT_MAC_SIZE ? EBADMSG : EACCES);
	}
	memcpy(buf, sealed, (size_t)len);
	buf[len] = 0;
	assert_int_equal(
	    grant_open(&keys, buf, (size_t)len + 1, WORKER, NOW, &back), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(
	    grant_open(&keys, buf, GRANT_MAX + 1, WORKER, NOW, &back), -1);
	assert_int_equal(errno, EBADMSG);
}

static void
worker_and_time_are_checked(void **state)
{
	static const struct {
		const char *name;
		uint32_t worker;
		uint64_t now;
		int error; /* 0: it opens */
	} cases[] = {
		{ "its worker, in time", WORKER, NOW, 0 },
		{ "the last moment", WORKER, NOW + 1000, 0 },
		{ "too late", WORKER, NOW + 1001, ETIMEDOUT },
		{ "another worker", WORKER + 1, NOW, EACCES },
		{ "worker 0", 0, NOW, EACCES },
		{ "another worker, too late", 0, NOW + 1001, EACCES },
	};
	struct grant_keys keys = keys_of(9, key1);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct grant g = sample(), back;
		uint8_t buf[GRANT_MAX + 1];
		int len, rv;

		len = grant_seal(&keys, &g, buf);
		errno = 0;
		rv = grant_open(&keys, buf, (size_t)len, cases[i].worker,
		    cases[i].now, &back);
		assert_int_equal(rv, cases[i].error == 0 ? 0 : -1);
		assert_int_equal(errno, cases[i].error);
	}
}

static void
keys_live_for_two_rotations(void **state)
{
	struct grant_keys keys = keys_of(1, key1);
	struct grant g = sample(), back;
	uint8_t sealed[GRANT_MAX + 1], buf[GRANT_MAX + 1];
	size_t len;

	len = (size_t)grant_seal(&keys, &g, sealed);
	grant_keys_add(&keys, 2, key2);
	memcpy(buf, sealed, len);
	assert_int_equal(grant_open(&keys, buf, len, WORKER, NOW, &back), 0);
	assert_int_equal(back.key, 1);
	grant_keys_add(&keys, 3, key3);
	memcpy(buf, sealed, len);
	assert_int_equal(grant_open(&keys, buf, len, WORKER, NOW, &back), -1);
	assert_int_equal(errno, EACCES);
	len = (size_t)grant_seal(&keys, &g, sealed);
	assert_int_equal(grant_open(&keys, sealed, len, WORKER, NOW, &back), 0);
	assert_int_equal(back.key, 3);
}

/* A process without a key opens nothing: not even what the zero key made. */
static void
without_keys_nothing_works(void **state)
{
	static const uint8_t zero[GRANT_KEY_SIZE];
	struct grant_keys none = { 0 }, keys = keys_of(1, zero);
	struct grant g = sample(), back;
	uint8_t buf[GRANT_MAX + 1];
	int len;

	assert_int_equal(grant_seal(&none, &g, buf), -1);
	len = grant_seal(&keys, &g, buf);
	assert_int_equal(
	    grant_open(&none, buf, (size_t)len, WORKER, NOW, &back), -1);
	assert_int_equal(errno, EACCES);
	keys = keys_of(2, key2);
	assert_int_equal(
	    grant_open(&keys, buf, (size_t)len, WORKER, NOW, &back), -1);
	assert_int_equal(errno, EACCES);
}

/* Only front has the key; but front, too, can be wrong. */
static void
half_a_group_is_refused(void **state)
{
	struct grant_keys keys = keys_of(9, key1);
	struct grant g = sample(), back;
	uint8_t buf[GRANT_MAX + 1];
	int len;

	g.gids.len = 7;
	len = grant_seal(&keys, &g, buf);
	assert_true(len > 0);
	assert_int_equal(
	    grant_open(&keys, buf, (size_t)len, WORKER, NOW, &back), -1);
	assert_int_equal(errno, EBADMSG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_opens),
		cmocka_unit_test(the_least_grant_opens),
		cmocka_unit_test(the_greatest_grant_fits),
		cmocka_unit_test(a_changed_grant_does_not_open),
		cmocka_unit_test(a_grant_of_another_length_does_not_open),
		cmocka_unit_test(worker_and_time_are_checked),
		cmocka_unit_test(keys_live_for_two_rotations),
		cmocka_unit_test(without_keys_nothing_works),
		cmocka_unit_test(half_a_group_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
