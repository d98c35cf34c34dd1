/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * log: makes a line of an event, safe to be shown on a terminal, and hands it
 * to the parent, to a function, or, before either is known, to stderr.
 */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ipc/channel.h"
#include "daemon/ipc/control.h"
#include "daemon/sys/log.h"

enum {
	TEXT_MAX = 2000, /* bytes of an escaped line: less than a CONTROL_LOG */
};

static atomic_int level = LOG_INFO;
static atomic_int parent = -1;
static void (*_Atomic sink)(int, const char *, const char *);
static atomic_uint dropped;

void
log_level(int priority)
{
	atomic_store(&level, priority);
}

void
log_to_parent(int sock)
{
	atomic_store(&parent, sock);
}

void
log_to(void (*function)(int priority, const char *event, const char *text))
{
	atomic_store(&sink, function);
}

/*
 * The length of the UTF-8 sequence at s that may be shown as it is, or 0.
 * Overlong forms and surrogates are not UTF-8 (RFC 3629); U+0080 to U+009F
 * are control characters that some terminals obey.
 */
static size_t
utf8_printable(const unsigned char *s)
{
	size_t n, i;

	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f && s[0] != '\\';
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	for (i = 1; i < n; i++) /* a NUL is no continuation: it ends here */
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xc2 && s[1] < 0xa0) || (s[0] == 0xe0 && s[1] < 0xa0) ||
	    (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* Copies text to out, of TEXT_MAX + 8 bytes; what does not fit becomes "…". */
static void
escape(const char *text, bool truncated, char *out)
{
	static const char hex[] = "0123456789abcdef", mark[] = "…";
	const unsigned char *s = (const unsigned char *)text;
	size_t len = 0, n;

	while (*s != '\0') {
		if (len + 4 > TEXT_MAX) {
			truncated = true;
			break;
		}
		if ((n = utf8_printable(s)) > 0) {
			memcpy(out + len, s, n);
			len += n;
			s += n;
		} else if (*s == '\\') {
			out[len++] = '\\';
			out[len++] = '\\';
			s++;
		} else {
			out[len++] = '\\';
			out[len++] = 'x';
			out[len++] = hex[*s >> 4];
			out[len++] = hex[*s & 15];
			s++;
		}
	}
	if (truncated) {
		memcpy(out + len, mark, sizeof(mark) - 1);
		len += sizeof(mark) - 1;
	}
	out[len] = '\0';
}

void
log_clean(const char *text, char *out, size_t size)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len = 0, n;

	while (*s != '\0') {
		n = *s == '\\' ? 1 : utf8_printable(s);
		if (len + (n == 0 ? 1 : n) >= size)
			break;
		if (n == 0) {
			out[len++] = '?';
			s++;
			continue;
		}
		memcpy(out + len, s, n);
		len += n;
		s += n;
	}
	out[len] = '\0';
}

/* 0, or -1 where there is no room for the line now. */
static int
deliver(int priority, const char *event, const char *text)
{
	void (*function)(int, const char *, const char *) = atomic_load(&sink);
	int sock = atomic_load(&parent);
	struct control_log msg = {
		.priority = (uint8_t)priority,
		.event = event,
		.text = text,
	};

	if (function != NULL)
		function(priority, event, text);
	else if (sock != -1)
		return message_send(
		    sock, &control_log_schema, 0, &msg, NULL, 0, 0);
	else
		(void)fprintf(stderr, "%s %s\n", event, text);
	return 0;
}

void
log_flush(void)
{
	unsigned lines = atomic_exchange(&dropped, 0);
	char text[32];

	if (lines == 0)
		return;
	(void)snprintf(text, sizeof(text), "lines=%u", lines);
	if (deliver(LOG_WARNING, "log-dropped", text) != 0)
		atomic_fetch_add(&dropped, lines);
}

void
log_event(int priority, const char *event, const char *fmt, ...)
{
	char raw[TEXT_MAX + 1], text[TEXT_MAX + 8];
	int saved = errno, n;
	va_list ap;

	if (priority > atomic_load(&level))
		return;
	va_start(ap, fmt);
	n = vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	if (n < 0)
		raw[0] = '\0';
	escape(raw, n >= (int)sizeof(raw), text);
	log_flush();
	if (deliver(priority, event, text) != 0)
		atomic_fetch_add(&dropped, 1);
	errno = saved;
}
