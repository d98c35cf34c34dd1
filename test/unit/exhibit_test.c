/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * exhibit_test: what is shown of certificates, whatever stands in them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/verifier/exhibit.h"
#include "test/unit/authority.h"

enum { MANY = 200 };

static uint8_t list[APP_TRACE_CERTS_MAX];

/* Row number `at`, whose texts are in a buffer of the last call. */
static bool
row(struct blob rows, unsigned at, struct trace_cert *out)
{
	static uint8_t copy[APP_TRACE_CERTS_MAX + 1];
	struct blob item;

	for (unsigned i = 0; wire_list_next(&rows, &item) == 1; i++) {
		if (i != at)
			continue;
		memcpy(copy, item.data, item.len);
		assert_int_equal(
		    message_decode(&trace_cert_schema, copy, item.len, out), 0);
		return true;
	}
	return false;
}

static void
shows_a_chain(void **state)
{
	struct holder root = holder_make(
	    &(struct shape){ .subject = { { OID_CN, "Root" } }, .ca = true },
	    NULL);
	struct holder leaf = holder_make(
	    &(struct shape){ .subject = { { OID_CN, "x\x1b\xff" } },
		.alt = { { GNUTLS_SAN_DNSNAME, "www.example.com", 0 },
		    { GNUTLS_SAN_RFC822NAME, "anna@example.com", 0 },
		    { GNUTLS_SAN_URI, "https://example.com", 0 },
		    { GNUTLS_SAN_DNSNAME, "a\nb", 0 } } },
	    &root);
	const gnutls_x509_crt_t chain[] = { leaf.cert, root.cert };
	struct blob rows = exhibit_chain(chain, 2, list), item;
	struct trace_cert cert;
	uint8_t id[32];
	size_t len = sizeof(id);

	(void)state;
	assert_int_equal(wire_list_count(rows), 2);
	assert_true(row(rows, 0, &cert));
	assert_string_equal(cert.issuer, "CN=Root");
	assert_null(strpbrk(cert.subject, "\x1b\xff"));
	assert_true(cert.from > 0 && cert.until > cert.from);
	assert_int_equal(gnutls_x509_crt_get_key_id(
			     leaf.cert, GNUTLS_KEYID_USE_SHA256, id, &len),
	    0);
	assert_int_equal(cert.key.len, 32);
	assert_memory_equal(cert.key.data, id, 32);
	assert_int_equal(wire_list_count(cert.names), 3);
	assert_int_equal(wire_list_next(&cert.names, &item), 1);
	assert_memory_equal(item.data, "www.example.com", item.len);
	assert_int_equal(wire_list_next(&cert.names, &item), 1);
	assert_memory_equal(item.data, "anna@example.com", item.len);
	assert_int_equal(wire_list_next(&cert.names, &item), 1);
	assert_memory_equal(item.data, "a?b", item.len);
	assert_true(row(rows, 1, &cert));
	assert_string_equal(cert.subject, "CN=Root");
	assert_int_equal(cert.names.len, 0);
	holder_free(&root);
	holder_free(&leaf);
}

/* One that could not be read is there all the same, and is empty. */
static void
shows_what_is_none(void **state)
{
	gnutls_x509_crt_t cert;
	struct trace_cert shown;

	(void)state;
	assert_int_equal(gnutls_x509_crt_init(&cert), 0);
	assert_true(row(exhibit_chain(&cert, 1, list), 0, &shown));
	assert_string_equal(shown.subject, "");
	assert_int_equal(shown.until, 0);
	gnutls_x509_crt_deinit(cert);
	assert_int_equal(exhibit_chain(NULL, 0, list).len, 0);
}

static void
shows_a_raw_key(void **state)
{
	static const uint8_t hash[KEY_ID_SIZE] = { 1, 2, 3 };
	struct trace_cert shown;

	(void)state;
	assert_true(row(exhibit_key(hash, list), 0, &shown));
	assert_int_equal(shown.key.len, sizeof(hash));
	assert_memory_equal(shown.key.data, hash, sizeof(hash));
	assert_null(shown.subject);
	assert_int_equal(shown.until, 0);
}

/* As many as there is room for, and each of them whole. */
static void
is_bounded(void **state)
{
	char cn[60];
	struct holder one;
	gnutls_x509_crt_t chain[MANY];
	struct trace_cert cert;
	struct blob rows;

	(void)state;
	memset(cn, 'x', sizeof(cn) - 1);
	cn[sizeof(cn) - 1] = '\0';
	one =
	    holder_make(&(struct shape){ .subject = { { OID_CN, cn } } }, NULL);
	for (size_t i = 0; i < MANY; i++)
		chain[i] = one.cert;
	rows = exhibit_chain(chain, MANY, list);
	assert_in_range(rows.len, sizeof(list) - 512, sizeof(list));
	assert_in_range(wire_list_count(rows), 2, MANY - 1);
	assert_true(row(rows, (unsigned)wire_list_count(rows) - 1, &cert));
	assert_int_equal(strlen(cert.subject), strlen("CN=") + strlen(cn));
	holder_free(&one);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_a_chain),
		cmocka_unit_test(shows_what_is_none),
		cmocka_unit_test(shows_a_raw_key),
		cmocka_unit_test(is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
