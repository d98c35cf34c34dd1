/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * link_address: IPv6 first.  An address needs no proof: whoever answers there
 * has to show who it is.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/sys/loop.h"
#include "daemon/verifier/link_address.h"

static void
answered(struct waiter *waiter)
{
	struct link_address *a =
	    container_of(waiter, struct link_address, waiter);

	a->found(a);
}

static void
add(struct link_address *a, int family, const uint8_t *bytes, size_t len,
    uint16_t port)
{
	struct sockaddr_storage *to = &a->list[a->n];
	struct sockaddr_in *in = (struct sockaddr_in *)to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;

	if (a->n == LINK_ADDRESSES_MAX || len != (family == AF_INET ? 4 : 16))
		return;
	to->ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		memcpy(&in->sin_addr, bytes, len);
		in->sin_port = htons(port);
	} else {
		memcpy(&in6->sin6_addr, bytes, len);
		in6->sin6_port = htons(port);
	}
	a->n++;
}

static void
add_socket(struct link_address *a, const char *path)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&a->list[0];

	un->sun_family = AF_UNIX;
	snprintf(un->sun_path, sizeof(un->sun_path), "%s", path);
	a->n = 1;
}

static bool
add_literal(struct link_address *a, const struct directory *d)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, d->host, bytes) == 1)
		add(a, AF_INET, bytes, 4, d->port);
	else if (inet_pton(AF_INET6, d->host, bytes) == 1)
		add(a, AF_INET6, bytes, 16, d->port);
	return a->n > 0;
}

/* False: it is still asked for. */
static bool
add_records(struct link_address *a, const struct directory *d, unsigned type)
{
	const struct resolver_answer *answer =
	    resolver_ask(d->host, type, 0, &a->waiter);
	int family = type == DNS_TYPE_A ? AF_INET : AF_INET6;

	if (answer == NULL)
		return false;
	snprintf(a->why, sizeof(a->why),
	    "its host %.80s has no address: %.150s", d->host,
	    answer->why[0] != '\0' ? answer->why
				   : resolver_state_name(answer->state));
	for (size_t i = 0; i < answer->nrecords; i++)
		add(a, family, answer->records[i].data, answer->records[i].len,
		    d->port);
	return true;
}

int
link_address_find(struct link_address *a, const struct directory *d)
{
	a->n = a->at = 0;
	memset(a->list, 0, sizeof(a->list));
	if (d->kind == DIRECTORY_LDAPI)
		add_socket(a, d->path);
	else if (!add_literal(a, d)) {
		a->waiter.answered = answered;
		(void)resolver_ask(d->host, DNS_TYPE_A, 0, NULL);
		if (!add_records(a, d, DNS_TYPE_AAAA) ||
		    !add_records(a, d, DNS_TYPE_A))
			return 0;
	}
	return a->n > 0 ? 1 : -1;
}

static int
connect_to(const struct sockaddr_storage *to)
{
	const int kind = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	socklen_t len = to->ss_family == AF_INET ? sizeof(struct sockaddr_in)
			: to->ss_family == AF_INET6
			    ? sizeof(struct sockaddr_in6)
			    : sizeof(struct sockaddr_un);
	int error, fd = socket(to->ss_family, kind, 0);

	if (fd == -1)
		return -1;
	if (connect(fd, (const struct sockaddr *)to, len) == 0 ||
	    errno == EINPROGRESS)
		return fd;
	error = errno;
	(void)close(fd);
	errno = error;
	return -1;
}

int
link_address_socket(struct link_address *a, int *error)
{
	while (a->at < a->n) {
		int fd = connect_to(&a->list[a->at++]);

		if (fd != -1)
			return fd;
		a->error = errno;
	}
	*error = a->error;
	return -1;
}

void
link_address_failed(struct link_address *a, int error)
{
	a->error = error;
}

void
link_address_end(struct link_address *a)
{
	waiter_leave(&a->waiter);
}
