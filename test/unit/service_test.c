/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * service_test: MX and SRV records, good ones and any bytes at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/verifier/service.h"

#define MX  DNS_TYPE_MX
#define SRV DNS_TYPE_SRV

static const struct question_case {
	const char *service;
	uint32_t port;
	unsigned type;
	const char *owner;
} questions[] = {
	{ "smtp", 25, MX, "example.com" },
	{ "SMTP", 25, MX, "example.com" },
	{ "smtp", 587, SRV, "_smtp._tcp.example.com" },
	{ "xmpp-client", 5222, SRV, "_xmpp-client._tcp.example.com" },
	{ "", 25, 0, NULL },
	{ "a.b", 443, 0, NULL },
	{ "a b", 443, 0, NULL },
	{ "-", 443, 0, NULL },
};

static const struct rdata_case {
	const char *what;
	unsigned type;
	uint32_t port;
	const char *data;
	size_t len;
	const char *name; /* NULL: none */
} rdata[] = {
#define RDATA(text) text, sizeof(text) - 1
	{ "MX", MX, 25, RDATA("\0\12\2mx\7EXAMPLE\0"), "mx.example" },
	{ "no MX (RFC 7505)", MX, 25, RDATA("\0\0\0"), NULL },
	{ "empty", MX, 25, "", 0, NULL },
	{ "only the preference", MX, 25, RDATA("\0\12"), NULL },
	{ "without its end", MX, 25, RDATA("\0\12\2mx"), NULL },
	{ "a label too long for it", MX, 25, RDATA("\0\12\5mx\0"), NULL },
	{ "compressed", MX, 25, RDATA("\0\12\300\14\0"), NULL },
	{ "more behind it", MX, 25, RDATA("\0\12\2mx\0x"), NULL },
	{ "a NUL in it", MX, 25, RDATA("\0\12\3m\0x\0"), NULL },
	{ "a dot in it", MX, 25, RDATA("\0\12\3m.x\0"), NULL },
	{ "a space in it", MX, 25, RDATA("\0\12\3m x\0"), NULL },
	{ "SRV", SRV, 993, RDATA("\0\1\0\2\3\341\2mx\3com\0"), "mx.com" },
	{ "SRV of another port", SRV, 994, RDATA("\0\1\0\2\3\341\2mx\0"),
	    NULL },
	{ "no service", SRV, 993, RDATA("\0\1\0\2\3\341\0"), NULL },
	{ "SRV cut short", SRV, 993, RDATA("\0\1\0\2\3"), NULL },
};

static void
asks(void **state)
{
	char owner[DOMAIN_SIZE], long_name[DOMAIN_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		const struct question_case *c = &questions[i];

		assert_int_equal(
		    service_question(owner, c->service, c->port, "example.com"),
		    c->type);
		if (c->type != 0)
			assert_string_equal(owner, c->owner);
	}
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_int_equal(service_question(owner, "imaps", 993, long_name), 0);
}

static void
reads(void **state)
{
	struct service_host hosts[SERVICE_MAX_HOSTS];
	static struct resolver_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(rdata) / sizeof(*rdata); i++) {
		const struct rdata_case *c = &rdata[i];
		size_t n;

		answer.nrecords = 1;
		answer.records[0] =
		    (struct blob){ (const uint8_t *)c->data, c->len };
		n = service_hosts(hosts, c->type, c->port, &answer);
		if (n != (c->name != NULL ? 1 : 0) ||
		    (n == 1 && (strcmp(hosts[0].name, c->name) != 0 ||
				   hosts[0].port != c->port)))
			fail_msg("%s: %zu", c->what, n);
	}
}

/* No more than there is room for. */
static void
stops(void **state)
{
	struct service_host hosts[SERVICE_MAX_HOSTS];
	static struct resolver_answer answer;

	(void)state;
	answer.nrecords = RESOLVER_MAX_RECORDS;
	for (size_t i = 0; i < RESOLVER_MAX_RECORDS; i++)
		answer.records[i] =
		    (struct blob){ (const uint8_t *)rdata[0].data,
			    rdata[0].len };
	assert_int_equal(
	    service_hosts(hosts, MX, 25, &answer), SERVICE_MAX_HOSTS);
}

/* RFC 2782: the least priority first; by chance among equals, but never one
 * of another priority before; "." and port 0 are nowhere. */
static void
orders(void **state)
{
	static const uint8_t last[] = "\0\2\0\0\1\xbb\4last",
			     never[] = "\0\0\0\0\0\0\4zero",
			     root[] = "\0\0\0\0\1\xbb",
			     cut[] = "\0\0\0\0\1\xbb\5cut",
			     heavy[] = "\0\1\xff\xff\1\xbb\5heavy",
			     light[] = "\0\1\0\0\1\xbb\5light";
	struct resolver_answer a = { .state = RESOLVER_SECURE,
		.nrecords = 6,
		.records = { { last, sizeof(last) }, { never, sizeof(never) },
		    { root, sizeof(root) }, { cut, sizeof(cut) },
		    { light, sizeof(light) }, { heavy, sizeof(heavy) } } };
	unsigned first[2] = { 0 };

	(void)state;
	for (int i = 0; i < 400; i++) {
		struct service_host hosts[SERVICE_MAX_HOSTS];
		bool is_light;

		assert_int_equal(service_order(hosts, 2, &a), 2);
		assert_int_equal(
		    service_order(hosts, SERVICE_MAX_HOSTS, &a), 3);
		is_light = strcmp(hosts[0].name, "light") == 0;
		first[is_light]++;
		assert_string_equal(
		    hosts[0].name, is_light ? "light" : "heavy");
		assert_string_equal(
		    hosts[1].name, is_light ? "heavy" : "light");
		assert_string_equal(hosts[2].name, "last");
		assert_int_equal(hosts[2].port, 443);
	}
	/* One in 65,536, were it left to chance alone. */
	assert_in_range(first[1], 0, 20);
	a.nrecords = 0;
	assert_int_equal(service_order(&(struct service_host){ 0 }, 1, &a), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks),
		cmocka_unit_test(reads),
		cmocka_unit_test(stops),
		cmocka_unit_test(orders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
