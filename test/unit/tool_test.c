/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tool_test: addresses, words, escaping, tables and the relay of tlspool-cli.
 */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ipc/wire.h"
#include "tool/address.h"
#include "tool/clock.h"
#include "tool/id_row.h"
#include "tool/relay.h"
#include "tool/session_words.h"
#include "tool/table.h"
#include "tool/text.h"

static void
test_address(void **state)
{
	static const struct {
		const char *text, *host, *port; /* host NULL: refused */
	} cases[] = {
		{ "example.com", "example.com", "" },
		{ "example.com:25", "example.com", "25" },
		{ "example.com:smtp", "example.com", "smtp" },
		{ "192.0.2.1", "192.0.2.1", "" },
		{ "192.0.2.1:25", "192.0.2.1", "25" },
		{ "[2001:db8::1]", "2001:db8::1", "" },
		{ "[2001:db8::1]:25", "2001:db8::1", "25" },
		{ "2001:db8::1", "2001:db8::1", "" },
		{ "::1", "::1", "" },
		{ "", NULL, NULL },
		{ ":", NULL, NULL },
		{ ":25", NULL, NULL },
		{ "example.com:", NULL, NULL },
		{ "a:b:c", NULL, NULL },
		{ "[2001:db8::1", NULL, NULL },
		{ "[2001:db8::1]25", NULL, NULL },
		{ "[2001:db8::1]:", NULL, NULL },
		{ "[example.com]:25", NULL, NULL },
		{ "[]:25", NULL, NULL },
		{ "exa mple.com", NULL, NULL },
		{ "example.com\r\n", NULL, NULL },
	};
	struct address a;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (cases[i].host == NULL) {
			assert_int_equal(address_parse(cases[i].text, &a), -1);
			continue;
		}
		assert_int_equal(address_parse(cases[i].text, &a), 0);
		assert_string_equal(a.host, cases[i].host);
		assert_string_equal(a.port, cases[i].port);
	}
}

static void
test_address_long(void **state)
{
	char text[1024];
	struct address a;

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(address_parse(text, &a), -1);
	text[10] = ':';
	assert_int_equal(address_parse(text, &a), -1);
}

static void
test_address_listen(void **state)
{
	static const struct {
		const char *text, *host, *port;
	} cases[] = {
		{ "443", "", "443" },
		{ ":443", "", "443" },
		{ "*:443", "", "443" },
		{ "https", "", "https" },
		{ "127.0.0.1:443", "127.0.0.1", "443" },
		{ "[::1]:443", "::1", "443" },
		{ "", NULL, NULL },
		{ ":", NULL, NULL },
		{ "::1", NULL, NULL },
		{ "127.0.0.1:", NULL, NULL },
	};
	struct address a;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (cases[i].host == NULL) {
			assert_int_equal(
			    address_parse_listen(cases[i].text, &a), -1);
			continue;
		}
		assert_int_equal(address_parse_listen(cases[i].text, &a), 0);
		assert_string_equal(a.host, cases[i].host);
		assert_string_equal(a.port, cases[i].port);
	}
}

static void
test_address_numeric(void **state)
{
	struct address a;

	assert_int_equal(address_parse("192.0.2.1:1", &a), 0);
	assert_true(address_is_numeric(&a));
	assert_int_equal(address_parse("[::1]:1", &a), 0);
	assert_true(address_is_numeric(&a));
	assert_int_equal(address_parse("192.0.2.1.example.com", &a), 0);
	assert_false(address_is_numeric(&a));
}

/* A listening socket on 127.0.0.1; its port as text. */
static int
listener(char port[8])
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	snprintf(port, 8, "%u", ntohs(sin.sin_port));
	return fd;
}

static void
test_address_connect(void **state)
{
	struct address a = { "127.0.0.1", "" };
	char error[256], port[8];
	int fd, sock;

	sock = listener(port);
	snprintf(a.port, sizeof(a.port), "%s", port);
	fd = address_connect(
	    &a, AF_UNSPEC, clock_ms() + 5000, true, error, sizeof(error));
	assert_int_equal(fd, -1); /* nobody listens yet */
	assert_non_null(strstr(error, "refused"));
	assert_int_equal(listen(sock, 1), 0);
	fd = address_connect(
	    &a, AF_UNSPEC, clock_ms() + 5000, true, error, sizeof(error));
	assert_int_not_equal(fd, -1);
	(void)close(fd);
	fd = address_connect(
	    &a, AF_INET6, clock_ms() + 5000, true, error, sizeof(error));
	assert_int_equal(fd, -1);
	(void)close(sock);
}

static void
test_escape(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "", "" },
		{ "mail.example.com", "mail.example.com" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "a\\b", "a\\\\b" },
		{ "\x1b[31mred", "\\x1b[31mred" },
		{ "a\nb\r\tc\x7f", "a\\x0ab\\x0d\\x09c\\x7f" },
		{ "\xc2\x9b", "\\xc2\\x9b" }, /* C1 CSI */
		{ "\xe2\x80\xae"
		  "x",
		    "\\xe2\\x80\\xaex" },	       /* RLO */
		{ "\xe2\x81\xa6", "\\xe2\\x81\\xa6" }, /* LRI */
		{ "\xff", "\\xff" },
		{ "\xc3", "\\xc3" },		       /* cut short */
		{ "\xc0\xaf", "\\xc0\\xaf" },	       /* longer than needed */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" }, /* surrogate */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "\xf0\x9f\x94\x92", "\xf0\x9f\x94\x92" },
	};
	char *out;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		out = text_escape(cases[i].in);
		assert_string_equal(out, cases[i].out);
		free(out);
	}
	assert_true(text_is_utf8("gr\xc3\xbc\xc3\x9f"));
	assert_false(text_is_utf8("gr\xfc"));
	assert_int_equal(text_width("gr\xc3\xbc\xc3\x9f"), 4);
}

static void
test_print_lines(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	text_print_lines(out, "-----BEGIN\nab\x1b\\\n-----END\n");
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, "-----BEGIN\nab\\x1b\\\n-----END\n");
	free(text);
}

static void
test_words(void **state)
{
	char buf[WORDS_MAX];

	assert_string_equal(words_elapsed(buf, 0), "0 s");
	assert_string_equal(words_elapsed(buf, 59), "59 s");
	assert_string_equal(words_elapsed(buf, 60), "1 min");
	assert_string_equal(words_elapsed(buf, 3600 + 120), "1 h 2 min");
	assert_string_equal(words_elapsed(buf, 86400 * 3 + 3600), "3 d 1 h");
	assert_string_equal(words_bytes(buf, 0), "0 B");
	assert_string_equal(words_bytes(buf, 1023), "1023 B");
	assert_string_equal(words_bytes(buf, 1024), "1.0 KiB");
	assert_string_equal(words_bytes(buf, 1024 * 1024 - 1), "1.0 MiB");
	assert_string_equal(words_bytes(buf, UINT64_MAX), "16.0 EiB");
	assert_string_equal(words_time(buf, 0), "-");
	assert_string_equal(words_time(buf, 1), "1970-01-01 00:00 UTC");
	assert_string_equal(words_time(buf, UINT64_MAX), "never");
	assert_string_equal(
	    words_rfc3339(buf, 951782400), "2000-02-29T00:00:00Z");
	assert_string_equal(words_validity(buf, 100, 100 + 86400 * 12 + 5, 100),
	    "expires in 12 days");
	assert_string_equal(
	    words_validity(buf, 100, 200, 200 + 3600), "expired 1 hour ago");
	assert_string_equal(words_validity(buf, 86400 * 2, 86400 * 3, 0),
	    "not valid for another 2 days");
	assert_string_equal(words_validity(buf, 0, 0, 100), "-");
	assert_string_equal(tls_word(0x0304), "1.3");
	assert_string_equal(tls_word(0), "-");
}

static void
test_hex(void **state)
{
	uint8_t bytes[4];

	assert_int_equal(hex_decode("00fFa1", bytes, sizeof(bytes)), 3);
	assert_memory_equal(bytes, "\x00\xff\xa1", 3);
	assert_int_equal(hex_decode("", bytes, sizeof(bytes)), 0);
	assert_int_equal(hex_decode("0", bytes, sizeof(bytes)), -1);
	assert_int_equal(hex_decode("0g", bytes, sizeof(bytes)), -1);
	assert_int_equal(hex_decode("0x11", bytes, sizeof(bytes)), -1);
	assert_int_equal(hex_decode("0011223344", bytes, sizeof(bytes)), -1);
}

struct row {
	const char *name;
	uint8_t small;
	uint32_t middle;
	uint64_t large;
	bool yes;
	uint64_t when;
	struct blob key, names, counters;
};

static const char *
word(uint64_t v)
{
	return v == 1 ? "one" : "many";
}

#define R struct row
static const struct column columns[] = {
	COLUMN(R, TEXT, name, "name", "name"),
	COLUMN_WORD(R, NUMBER, small, "word", "word", word),
	COLUMN(R, NUMBER, middle, "middle", "middle"),
	COLUMN(R, BYTES, large, "large", "large"),
	COLUMN(R, BOOLEAN, yes, "yes", "yes"),
	COLUMN(R, TIME, when, "when", "when"),
	COLUMN(R, HEX, key, "key", "key"),
	COLUMN(R, LIST, names, "names", "names"),
	COLUMN(R, COUNTERS, counters, "counters", "counters"),
	COLUMN(R, TEXT, name, NULL, "only_json"),
	COLUMN(R, TEXT, name, "only people", NULL),
};
#undef R

static const uint8_t names[] = "\0\0\0\1a\0\0\0\2\x1b"
			       "b";
static const uint8_t counters[] = "\0\0\0\3x=1\0\0\0\4yy=2\0\0\0\1z";
static const struct row row = {
	.name = "evil\x1b[0m\xff",
	.small = 1,
	.middle = 70000,
	.large = 2048,
	.yes = true,
	.when = 0,
	.key = { (const uint8_t *)"\x0a\xff", 2 },
	.names = { names, sizeof(names) - 1 },
	.counters = { counters, sizeof(counters) - 1 },
};

static char *
record(bool json)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	record_print(
	    out, columns, sizeof(columns) / sizeof(columns[0]), json, &row);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void
test_record(void **state)
{
	char *text;

	text = record(false);
	assert_string_equal(text, "name         evil\\x1b[0m\\xff\n"
				  "word         one\n"
				  "middle       70000\n"
				  "large        2.0 KiB\n"
				  "yes          yes\n"
				  "when         -\n"
				  "key          0aff\n"
				  "names        a, \\x1bb\n"
				  "counters     x=1 yy=2 z\n"
				  "only people  evil\\x1b[0m\\xff\n");
	free(text);
	text = record(true);
	assert_string_equal(text,
	    "{\"name\":\"evil\\\\x1b[0m\\\\xff\",\"word\":\"one\","
	    "\"middle\":70000,\"large\":2048,\"yes\":true,\"when\":null,"
	    "\"key\":\"0aff\",\"names\":[\"a\",\"\\u001Bb\"],"
	    "\"counters\":{\"x\":1,\"yy\":2},"
	    "\"only_json\":\"evil\\\\x1b[0m\\\\xff\"}\n");
	free(text);
}

/* Runs a relay between two pairs until it is over or stuck. */
static void
pump(struct relay *r)
{
	struct pollfd p[RELAY_POLLFDS];

	for (int i = 0; i < 1000 && !relay_over(r); i++) {
		relay_interest(r, p);
		if (poll(p, RELAY_POLLFDS, 0) <= 0)
			return;
		relay_act(r, p);
	}
}

static void
test_relay(void **state)
{
	int left[2], right[2];
	struct relay r;
	char buf[16];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, left), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, right), 0);
	assert_int_equal(
	    relay_init(&r, left[1], left[1], right[1], right[1]), 0);
	assert_int_equal(write(left[0], "ping", 4), 4);
	pump(&r);
	assert_int_equal(read(right[0], buf, sizeof(buf)), 4);
	/* Half a close goes through, and the other half still works. */
	assert_int_equal(shutdown(left[0], SHUT_WR), 0);
	pump(&r);
	assert_int_equal(read(right[0], buf, sizeof(buf)), 0);
	assert_false(relay_over(&r));
	assert_int_equal(write(right[0], "pong!", 5), 5);
	(void)close(right[0]);
	pump(&r);
	assert_true(relay_over(&r));
	assert_int_equal(r.back.error, 0);
	assert_int_equal(read(left[0], buf, sizeof(buf)), 5);
	assert_int_equal(read(left[0], buf, sizeof(buf)), 0);
	relay_free(&r);
	(void)close(left[0]);
	(void)close(left[1]);
	(void)close(right[1]);
}

/* A reader that does not read: nothing is lost, and poll(2) would wait. */
static void
test_relay_slow(void **state)
{
	int in[2], out[2], plain[2], i;
	struct relay r;
	uint32_t n = 0, seen = 0, numbers[256];
	size_t got, sent = 0, taken = 0;
	ssize_t k;

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, plain), 0);
	assert_int_equal(relay_init(&r, in[0], out[1], plain[1], plain[1]), 0);
	(void)close(in[1]);
	for (i = 0; i < 4000; i++) {
		for (size_t j = 0; j < 256; j++)
			numbers[j] = n + (uint32_t)j;
		k = send(plain[0], numbers, sizeof(numbers), MSG_DONTWAIT);
		if (k > 0) {
			assert_int_equal(k % 4, 0);
			n += (uint32_t)k / 4;
			sent += (size_t)k;
		}
		pump(&r);
		if (i % 3 != 0)
			continue;
		got = sizeof(numbers);
		if (taken < sent && r.back.bytes > taken) {
			if (r.back.bytes - taken < got)
				got = (size_t)(r.back.bytes - taken);
			k = read(out[0], numbers, got);
			assert_int_equal(k % 4, 0);
			for (size_t j = 0; j < (size_t)k / 4; j++)
				assert_int_equal(numbers[j], seen++);
			taken += (size_t)k;
		}
	}
	assert_true(taken > 100000);
	assert_true(sent > taken);
	/* The reader goes away. */
	(void)close(out[0]);
	pump(&r);
	assert_true(r.back.over && r.back.write_failed);
	assert_int_equal(r.back.error, EPIPE);
	relay_free(&r);
	(void)close(in[0]);
	(void)close(out[1]);
	(void)close(plain[0]);
	(void)close(plain[1]);
}

static void
test_relay_echo(void **state)
{
	struct relay r;
	char buf[16];
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(relay_init_echo(&r, pair[1]), 0);
	assert_int_equal(write(pair[0], "hello", 5), 5);
	assert_int_equal(shutdown(pair[0], SHUT_WR), 0);
	pump(&r);
	assert_true(relay_over(&r));
	assert_int_equal(read(pair[0], buf, sizeof(buf)), 5);
	assert_int_equal(read(pair[0], buf, sizeof(buf)), 0);
	relay_free(&r);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_address_long),
		cmocka_unit_test(test_address_listen),
		cmocka_unit_test(test_address_numeric),
		cmocka_unit_test(test_address_connect),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_print_lines),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_relay),
		cmocka_unit_test(test_relay_slow),
		cmocka_unit_test(test_relay_echo),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
