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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks),
		cmocka_unit_test(reads),
		cmocka_unit_test(stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
