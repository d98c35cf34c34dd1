/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * text: escaping, and figures in words.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tool/command.h"
#include "tool/text.h"

/*
 * The character at s: its code point, and its length in bytes; 0 where it is
 * not well-formed UTF-8 (RFC 3629: no surrogates, no longer forms).
 */
static size_t
utf8(const unsigned char *s, uint32_t *point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len, i;

	*point = s[0];
	if (s[0] < 0x80)
		return 1;
	len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	*point &= 0x7fU >> len;
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | (s[i] & 0x3f);
	}
	if (*point < least[len] || *point > 0x10ffff ||
	    (*point >= 0xd800 && *point <= 0xdfff))
		return 0;
	return len;
}

/* Would it do something else than show itself? */
static bool
is_unsafe(uint32_t point)
{
	static const struct {
		uint32_t first, last;
	} bad[] = {
		{ 0, 0x1f },	       /* C0 */
		{ 0x7f, 0x9f },	       /* DEL, C1 */
		{ 0xad, 0xad },	       /* soft hyphen */
		{ 0x61c, 0x61c },      /* Arabic letter mark */
		{ 0x180e, 0x180e },    /* Mongolian vowel separator */
		{ 0x200b, 0x200f },    /* zero width, direction marks */
		{ 0x2028, 0x202e },    /* line ends, direction */
		{ 0x2060, 0x206f },    /* word joiner, isolates */
		{ 0xfe00, 0xfe0f },    /* variation selectors */
		{ 0xfeff, 0xfeff },    /* byte order mark */
		{ 0xfff0, 0xffff },    /* specials */
		{ 0xe0000, 0x10ffff }, /* tags, private use */
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (point >= bad[i].first && point <= bad[i].last)
			return true;
	return false;
}

/* How a character is shown: itself (its length), or escaped (0). */
static size_t
shown(const unsigned char *s)
{
	uint32_t point;
	size_t len = utf8(s, &point);

	return len != 0 && !is_unsafe(point) ? len : 0;
}

static void
escape_byte(char out[5], unsigned char byte)
{
	snprintf(out, 5, "\\x%02x", byte);
}

char *
text_escape(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	char *copy, *out;
	size_t len;

	if ((copy = malloc(strlen(text) * 4 + 1)) == NULL)
		out_of_memory();
	out = copy;
	while (*s != '\0') {
		if (*s == '\\') {
			*out++ = '\\';
			*out++ = '\\';
			s++;
		} else if ((len = shown(s)) > 0) {
			memcpy(out, s, len);
			out += len;
			s += len;
		} else {
			escape_byte(out, *s++);
			out += 4;
		}
	}
	*out = '\0';
	return copy;
}

bool
text_is_utf8(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	uint32_t point;
	size_t len;

	for (; *s != '\0'; s += len)
		if ((len = utf8(s, &point)) == 0)
			return false;
	return true;
}

size_t
text_width(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		if (((unsigned char)*text & 0xc0) != 0x80)
			n++;
	return n;
}

void
text_print(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	char escaped[5];
	size_t len;

	while (*s != '\0') {
		if ((len = shown(s)) > 0) {
			(void)fwrite(s, 1, len, out);
			s += len;
		} else {
			escape_byte(escaped, *s++);
			fputs(escaped, out);
		}
	}
}

void
text_print_lines(FILE *out, const char *text)
{
	char *copy = strdup(text), *line, *rest = copy;

	if (copy == NULL)
		out_of_memory();
	while ((line = strsep(&rest, "\n")) != NULL) {
		text_print(out, line);
		if (rest != NULL)
			fputc('\n', out);
	}
	free(copy);
}

char *
words_elapsed(char buf[WORDS_MAX], uint64_t s)
{
	uint64_t min = s / 60, h = s / 3600, d = s / 86400;

	if (d > 0)
		snprintf(
		    buf, WORDS_MAX, "%" PRIu64 " d %" PRIu64 " h", d, h % 24);
	else if (h > 0)
		snprintf(buf, WORDS_MAX, "%" PRIu64 " h %" PRIu64 " min", h,
		    min % 60);
	else if (min > 0)
		snprintf(buf, WORDS_MAX, "%" PRIu64 " min", min);
	else
		snprintf(buf, WORDS_MAX, "%" PRIu64 " s", s);
	return buf;
}

char *
words_bytes(char buf[WORDS_MAX], uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB",
		"EiB" };
	double v = (double)bytes / 1024;
	size_t i = 0;

	if (bytes < 1024) {
		snprintf(buf, WORDS_MAX, "%" PRIu64 " B", bytes);
		return buf;
	}
	while (v >= 1023.95 && i + 1 < sizeof(units) / sizeof(units[0])) {
		v /= 1024;
		i++;
	}
	snprintf(buf, WORDS_MAX, "%.1f %s", v, units[i]);
	return buf;
}

/* False past the year 9999: such a time is none, but "never". */
static bool
utc(uint64_t when, struct tm *tm)
{
	time_t t = (time_t)when;

	return when <= UINT64_C(253402300799) && gmtime_r(&t, tm) != NULL;
}

char *
words_time(char buf[WORDS_MAX], uint64_t when)
{
	struct tm tm;

	if (when == 0)
		snprintf(buf, WORDS_MAX, "-");
	else if (!utc(when, &tm) ||
		 strftime(buf, WORDS_MAX, "%Y-%m-%d %H:%M UTC", &tm) == 0)
		snprintf(buf, WORDS_MAX, "never");
	return buf;
}

char *
words_rfc3339(char buf[WORDS_MAX], uint64_t when)
{
	struct tm tm;

	if (!utc(when, &tm) ||
	    strftime(buf, WORDS_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(buf, WORDS_MAX, "9999-12-31T23:59:59Z");
	return buf;
}

/* "12 days", "1 hour": the largest unit that there is at least one of. */
static void
roughly(char *buf, size_t size, uint64_t seconds)
{
	static const struct {
		uint64_t seconds;
		const char *unit;
	} units[] = {
		{ 86400, "day" },
		{ 3600, "hour" },
		{ 60, "minute" },
		{ 1, "second" },
	};
	size_t i = 0;
	uint64_t n;

	while (i < 3 && seconds < units[i].seconds)
		i++;
	n = seconds / units[i].seconds;
	snprintf(
	    buf, size, "%" PRIu64 " %s%s", n, units[i].unit, n == 1 ? "" : "s");
}

char *
words_validity(char buf[WORDS_MAX], uint64_t from, uint64_t until, uint64_t now)
{
	char span[32];

	if (until == 0) {
		snprintf(buf, WORDS_MAX, "-");
	} else if (now < from) {
		roughly(span, sizeof(span), from - now);
		snprintf(buf, WORDS_MAX, "not valid for another %s", span);
	} else if (now > until) {
		roughly(span, sizeof(span), now - until);
		snprintf(buf, WORDS_MAX, "expired %s ago", span);
	} else {
		roughly(span, sizeof(span), until - now);
		snprintf(buf, WORDS_MAX, "expires in %s", span);
	}
	return buf;
}
