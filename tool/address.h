/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * address: where to connect to, and where to listen, as people write it.
 */
#ifndef TLSPOOL_TOOL_ADDRESS_H
#define TLSPOOL_TOOL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
	ADDRESS_HOST_MAX = 256,
	ADDRESS_TEXT_MAX = 128, /* for address_text() */
};

struct address {
	char host[ADDRESS_HOST_MAX]; /* "": any; without brackets */
	char port[32];		     /* number or name of a service; "": none */
};

/*
 * "host", "host:port", "192.0.2.1:25", "[2001:db8::1]:25", "2001:db8::1" (an
 * IPv6 address without brackets has no port).  0, or -1: it is none of these.
 */
int address_parse(const char *text, struct address *);

/* "port", ":port", "*:port", "host:port": to listen at. */
int address_parse_listen(const char *text, struct address *);

/* Is the host an IP address, which no certificate can be asked for here? */
bool address_is_numeric(const struct address *);

/* "192.0.2.1:25", "[2001:db8::1]:25", "unix". */
char *address_text(
    char buf[ADDRESS_TEXT_MAX], const struct sockaddr *, socklen_t len);

/*
 * Connects to one of the addresses that the host has, one after the other, to
 * the end of the deadline (clock_ms()).  family: AF_UNSPEC, AF_INET, AF_INET6.
 * Tells of each try on standard error unless quiet.  Returns a blocking
 * socket, or -1 and one sentence.
 */
int address_connect(const struct address *, int family, int64_t deadline,
    bool quiet, char *error, size_t error_size);

#endif
