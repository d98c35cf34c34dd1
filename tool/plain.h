/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * plain: the conversation with a server before TLS.  Nothing that it says can
 * be trusted; it is bounded in length and in time, and not a byte of it is
 * carried over into TLS.
 */
#ifndef TLSPOOL_TOOL_PLAIN_H
#define TLSPOOL_TOOL_PLAIN_H

#include <stddef.h>
#include <stdint.h>

enum {
	PLAIN_LINE_MAX = 8192,	     /* bytes, the end of the line included */
	PLAIN_TOTAL_MAX = 64 * 1024, /* bytes of the whole conversation */
};

struct plain {
	int fd;
	int64_t deadline;  /* clock_ms() */
	const char *host;  /* the name of the server, for dialects that say
			      whom they want */
	const char *me;	   /* a domain to greet with */
	size_t start, len; /* of what is in buf and not yet read */
	size_t total;	   /* bytes received */
	uint8_t buf[PLAIN_LINE_MAX];
	char error[512]; /* the sentence, after -1 */
};

/* Sets the sentence; returns -1. */
int plain_fail(struct plain *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* All of these return 0, or -1 and a sentence. */

int plain_send(struct plain *, const void *, size_t len);
int plain_printf(struct plain *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* One line without its CRLF (or LF); a NUL in it is refused. */
int plain_line(struct plain *, char line[PLAIN_LINE_MAX]);

/* Exactly len bytes. */
int plain_bytes(struct plain *, void *, size_t len);

/*
 * The last word before TLS has been read: anything that came behind it was
 * put there by somebody who wants it to be taken for protected (command and
 * response injection: RFC 3207 section 6, CVE-2011-0411, CVE-2021-23222).
 */
int plain_end(struct plain *);

#endif
