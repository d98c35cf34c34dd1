/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * address: parsing, printing, and connecting to.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool/address.h"
#include "tool/clock.h"

/* Copies len bytes of text; -1 where they are none, or too many. */
static int
copy(char *out, size_t size, const char *text, size_t len)
{
	if (len == 0 || len >= size)
		return -1;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
			return -1;
	memcpy(out, text, len);
	out[len] = '\0';
	return 0;
}

int
address_parse(const char *text, struct address *a)
{
	const char *end, *colon;
	struct in6_addr in6;

	*a = (struct address){ "", "" };
	if (*text == '[') {
		if ((end = strchr(text, ']')) == NULL ||
		    copy(a->host, sizeof(a->host), text + 1,
			(size_t)(end - text - 1)) != 0 ||
		    strchr(a->host, ':') == NULL)
			return -1;
		if (end[1] == '\0')
			return 0;
		return end[1] == ':' ? copy(a->port, sizeof(a->port), end + 2,
					   strlen(end + 2))
				     : -1;
	}
	colon = strchr(text, ':');
	if (colon == NULL)
		return copy(a->host, sizeof(a->host), text, strlen(text));
	if (strchr(colon + 1, ':') != NULL) {
		if (inet_pton(AF_INET6, text, &in6) != 1)
			return -1;
		return copy(a->host, sizeof(a->host), text, strlen(text));
	}
	if (copy(a->host, sizeof(a->host), text, (size_t)(colon - text)) != 0)
		return -1;
	return copy(a->port, sizeof(a->port), colon + 1, strlen(colon + 1));
}

int
address_parse_listen(const char *text, struct address *a)
{
	*a = (struct address){ "", "" };
	if (strncmp(text, "*:", 2) == 0)
		text++;
	if (*text == ':')
		text++;
	if (strchr(text, ':') == NULL)
		return copy(a->port, sizeof(a->port), text, strlen(text));
	return address_parse(text, a) == 0 && *a->port != '\0' ? 0 : -1;
}

bool
address_is_numeric(const struct address *a)
{
	struct in6_addr in6;
	struct in_addr in;

	return inet_pton(AF_INET, a->host, &in) == 1 ||
	       strchr(a->host, ':') != NULL ||
	       inet_pton(AF_INET6, a->host, &in6) == 1;
}

char *
address_text(
    char buf[ADDRESS_TEXT_MAX], const struct sockaddr *sa, socklen_t len)
{
	char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 2], port[8];

	if (getnameinfo(sa, len, host, sizeof(host), port, sizeof(port),
		NI_NUMERICHOST | NI_NUMERICSERV) != 0 ||
	    (sa->sa_family != AF_INET && sa->sa_family != AF_INET6))
		snprintf(buf, ADDRESS_TEXT_MAX, "unix");
	else
		snprintf(buf, ADDRESS_TEXT_MAX,
		    sa->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
		    port);
	return buf;
}

/* Waits for a connect under way: 0, or -1 and errno. */
static int
wait_connected(int fd, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int64_t left;
	int e = 0, r;

	do {
		if ((left = deadline - clock_ms()) <= 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		r = poll(&p, 1, (int)left);
	} while (r == 0 || (r == -1 && errno == EINTR));
	if (r == -1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len) != 0)
		return -1;
	errno = e;
	return e == 0 ? 0 : -1;
}

/* One address: a connected, blocking socket, or -1 and errno. */
static int
connect_one(const struct addrinfo *ai, int64_t deadline)
{
	int fd, flags, e;

	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    ai->ai_protocol);
	if (fd == -1)
		return -1;
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) != 0 &&
	    (errno != EINPROGRESS || wait_connected(fd, deadline) != 0))
		goto err;
	if ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == -1)
		goto err;
	return fd;
err:
	e = errno;
	(void)close(fd);
	errno = e;
	return -1;
}

/* Time for this address: the rest is shared among those that remain. */
static int64_t
share(const struct addrinfo *ai, int64_t deadline)
{
	int64_t now = clock_ms(), n = 0;

	for (; ai != NULL; ai = ai->ai_next)
		n++;
	return deadline <= now ? deadline : now + (deadline - now) / n;
}

int
address_connect(const struct address *a, int family, int64_t deadline,
    bool quiet, char *error, size_t error_size)
{
	struct addrinfo hints = { .ai_family = family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_ADDRCONFIG };
	struct addrinfo *list, *ai;
	char text[ADDRESS_TEXT_MAX];
	int fd = -1, r;

	if (address_is_numeric(a))
		hints.ai_flags = AI_NUMERICHOST;
	if ((r = getaddrinfo(a->host, a->port, &hints, &list)) != 0) {
		snprintf(error, error_size, "%s port %s: %s", a->host, a->port,
		    r == EAI_SYSTEM ? strerror(errno) : gai_strerror(r));
		return -1;
	}
	for (ai = list; ai != NULL && fd == -1; ai = ai->ai_next) {
		address_text(text, ai->ai_addr, ai->ai_addrlen);
		fd = connect_one(ai, share(ai, deadline));
		if (fd == -1)
			snprintf(
			    error, error_size, "%s: %s", text, strerror(errno));
		if (!quiet)
			fprintf(stderr, "%s: %s\n", text,
			    fd != -1 ? "connected" : strerror(errno));
	}
	freeaddrinfo(list);
	return fd;
}
