/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * voucher_test: what the keeper vouches for is believed, in its time; and
 * nothing else is.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/ipc/voucher.h"

enum { NOW = 5000, UNTIL = 6000 };

static const uint8_t first[CHAIN_ID_SIZE] = { 1 };
static const uint8_t second[CHAIN_ID_SIZE] = { 2 };
static const uint8_t other[CHAIN_ID_SIZE] = { 3 };

static struct grant_keys
keys_of(uint8_t n)
{
	const uint8_t key[GRANT_KEY_SIZE] = { n };
	struct grant_keys keys = { 0 };

	grant_keys_add(&keys, n, key);
	return keys;
}

/* For the first two. */
static struct blob
seal(const struct grant_keys *keys, uint8_t buf[VOUCHER_MAX])
{
	uint8_t ids[2 * CHAIN_ID_SIZE];
	struct voucher v = { { ids, sizeof(ids) }, UNTIL };
	int len;

	memcpy(ids, first, CHAIN_ID_SIZE);
	memcpy(ids + CHAIN_ID_SIZE, second, CHAIN_ID_SIZE);
	len = voucher_seal(keys, &v, buf);
	assert_true(len > 0);
	return (struct blob){ buf, (size_t)len };
}

static void
is_believed(void **state)
{
	struct grant_keys keys = keys_of(7), newer = keys_of(7);
	uint8_t buf[VOUCHER_MAX], copy[VOUCHER_MAX];
	struct blob sealed = seal(&keys, buf);

	memcpy(copy, buf, sizeof(copy));
	assert_int_equal(voucher_check(&keys, sealed, NOW, first), 0);
	assert_int_equal(voucher_check(&keys, sealed, NOW, second), 0);
	assert_int_equal(voucher_check(&keys, sealed, UNTIL, first), 0);
	/* Looking at it has not changed it. */
	assert_memory_equal(buf, copy, sealed.len);
	/* The key before the current one opens it, too. */
	grant_keys_add(&newer, 8, (const uint8_t[GRANT_KEY_SIZE]){ 8 });
	assert_int_equal(voucher_check(&newer, sealed, NOW, first), 0);
	grant_keys_add(&newer, 9, (const uint8_t[GRANT_KEY_SIZE]){ 9 });
	assert_int_equal(voucher_check(&newer, sealed, NOW, first), -1);
	assert_int_equal(errno, EACCES);
}

static void
has_its_limits(void **state)
{
	struct grant_keys keys = keys_of(7), strange = keys_of(8);
	struct grant_keys none = { 0 };
	uint8_t buf[VOUCHER_MAX];
	struct blob sealed = seal(&keys, buf);
	struct voucher many = { .until = UNTIL };
	uint8_t ids[(VOUCHER_CHAINS + 1) * CHAIN_ID_SIZE] = { 0 };

	assert_int_equal(voucher_check(&keys, sealed, NOW, other), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(voucher_check(&keys, sealed, UNTIL + 1, first), -1);
	assert_int_equal(errno, ETIMEDOUT);
	assert_int_equal(voucher_check(&strange, sealed, NOW, first), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(voucher_check(&none, sealed, NOW, first), -1);
	assert_int_equal(errno, EACCES);
	for (size_t i = 0; i < sealed.len; i++) {
		buf[i] ^= 0x40;
		assert_int_equal(voucher_check(&keys, sealed, NOW, first), -1);
		assert_int_equal(errno, EACCES);
		buf[i] ^= 0x40;
	}
	for (size_t len = 0; len < sealed.len; len++)
		assert_int_equal(
		    voucher_check(&keys, (struct blob){ buf, len }, NOW, first),
		    -1);
	many.chains = (struct blob){ ids, sizeof(ids) };
	assert_int_equal(voucher_seal(&keys, &many, buf), -1);
	assert_int_equal(voucher_seal(&none, &many, buf), -1);
}

/* Under the same keys, one is never taken for the other. */
static void
is_no_grant(void **state)
{
	struct grant_keys keys = keys_of(7);
	struct grant g = { .session = 1, .signatures = 1, .until = UNTIL };
	uint8_t voucher[VOUCHER_MAX + 1], grant[GRANT_MAX + 1];
	struct blob sealed = seal(&keys, voucher);
	int len = grant_seal(&keys, &g, grant);

	assert_true(len > 0 && len <= VOUCHER_MAX);
	assert_int_equal(voucher_check(&keys,
			     (struct blob){ grant, (size_t)len }, NOW, first),
	    -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(
	    grant_open(&keys, voucher, sealed.len, 0, NOW, &g), -1);
	assert_int_equal(errno, EBADMSG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_believed),
		cmocka_unit_test(has_its_limits),
		cmocka_unit_test(is_no_grant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
