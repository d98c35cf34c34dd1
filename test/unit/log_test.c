/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * Tests of the log: what is shown of hostile bytes, and what happens where
 * there is no room.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ipc/channel.h"
#include "daemon/ipc/control.h"
#include "daemon/sys/log.h"

static char seen[4096];
static unsigned lines;

static void
sink(int priority, const char *event, const char *text)
{
	(void)snprintf(seen, sizeof(seen), "%d %s %s", priority, event, text);
	lines++;
}

static const struct escape_case {
	const char *name, *text, *shown, *clean;
} escapes[] = {
	{ "plain", "a=b c", "a=b c", "a=b c" },
	{ "UTF-8", "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x91",
	    "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x91",
	    "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x91" },
	{ "newline", "a\nforged-event", "a\\x0aforged-event",
	    "a?forged-event" },
	{ "terminal", "\x1b[2J\x7f", "\\x1b[2J\\x7f", "?[2J?" },
	{ "C1 control",
	    "\xc2\x9b"
	    "2J",
	    "\\xc2\\x9b2J", "??2J" },
	{ "backslash", "a\\x0a", "a\\\\x0a", "a\\x0a" },
	{ "lone byte", "\xff\x80", "\\xff\\x80", "??" },
	{ "overlong", "\xc0\xaf\xe0\x80\xaf", "\\xc0\\xaf\\xe0\\x80\\xaf",
	    "?????" },
	{ "surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80", "???" },
	{ "beyond", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "????" },
	{ "cut", "\xe2\x82", "\\xe2\\x82", "??" },
};

static void
escaping(void **state)
{
	char expected[256], clean[256];

	log_to(sink);
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		const struct escape_case *c = &escapes[i];

		log_event(LOG_INFO, "event", "%s", c->text);
		(void)snprintf(
		    expected, sizeof(expected), "6 event %s", c->shown);
		if (strcmp(seen, expected) != 0)
			fail_msg("%s: %s", c->name, seen);
		log_clean(c->text, clean, sizeof(clean));
		if (strcmp(clean, c->clean) != 0)
			fail_msg("%s: %s", c->name, clean);
	}
	log_to(NULL);
}

static void
cleaning_stays_in_bounds(void **state)
{
	char out[5];

	log_clean("\xf0\x9f\x94\x91\xf0\x9f\x94\x91", out, sizeof(out));
	assert_string_equal(out, "\xf0\x9f\x94\x91");
	log_clean("ab\xf0\x9f\x94\x91", out, sizeof(out));
	assert_string_equal(out, "ab");
	log_clean("abcdef", out, 1);
	assert_string_equal(out, "");
}

static void
truncation(void **state)
{
	static char text[5000];

	log_to(sink);
	memset(text, 'x', sizeof(text) - 1);
	log_event(LOG_INFO, "event", "%s", text);
	assert_true(strlen(seen) < 2100);
	assert_string_equal(seen + strlen(seen) - 3, "\xe2\x80\xa6");
	memset(text, 1, sizeof(text) - 1);
	log_event(LOG_INFO, "event", "%s", text);
	assert_true(strlen(seen) < 2100);
	assert_string_equal(seen + strlen(seen) - 3, "\xe2\x80\xa6");
	log_to(NULL);
}

static void
levels(void **state)
{
	log_to(sink);
	lines = 0;
	log_level(LOG_WARNING);
	log_info("event", "%d", 1);
	log_warning("event", "%d", 1);
	log_error("event", "%d", 1);
	assert_int_equal(lines, 2);
	log_level(LOG_INFO);
	log_to(NULL);
}

/* Receives one line: its event and text into `seen`; false: there is none. */
static bool
receive(int sock)
{
	static struct packet packet;
	struct control_log msg;

	if (channel_recv(sock, &packet, 0) != 1)
		return false;
	assert_int_equal(packet_decode(&control_log_schema, &packet, &msg), 0);
	(void)snprintf(
	    seen, sizeof(seen), "%u %s %s", msg.priority, msg.event, msg.text);
	return true;
}

static void
dropped_lines_are_counted(void **state)
{
	unsigned sent = 0, received = 0, dropped = 0, n;
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv), 0);
	log_to_parent(sv[0]);
	for (; sent < 5000; sent++)
		log_info("event", "line=%u", sent);
	while (receive(sv[1]))
		received++;
	assert_true(received > 0 && received < sent);
	log_flush();
	assert_true(receive(sv[1]));
	assert_int_equal(sscanf(seen, "4 log-dropped lines=%u", &n), 1);
	dropped = n;
	assert_int_equal(received + dropped, sent);
	log_flush();
	assert_false(receive(sv[1]));
	log_to_parent(-1);
	(void)close(sv[0]);
	(void)close(sv[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escaping),
		cmocka_unit_test(cleaning_stays_in_bounds),
		cmocka_unit_test(truncation),
		cmocka_unit_test(levels),
		cmocka_unit_test(dropped_lines_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
