/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * target: from the words of a command line to a connection.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tlspool/tlspool.h>

#include "tool/clock.h"
#include "tool/command.h"
#include "tool/target.h"

enum { DEFAULT_TIMEOUT = 30 /* seconds */ };

bool
target_option(struct target *t, int option)
{
	switch (option) {
	case TARGET_PORT:
		t->port = optarg;
		return true;
	case TARGET_STARTTLS:
		if ((t->dialect = dialect_find(optarg)) == NULL)
			usage_error("--starttls \"%s\" is not known: %s are",
			    optarg, dialect_names());
		return true;
	case TARGET_TIMEOUT:
		t->timeout = option_number("--timeout", 1, 3600);
		return true;
	case TARGET_IPV4:
	case TARGET_IPV6:
		t->family = option == TARGET_IPV4 ? AF_INET : AF_INET6;
		return true;
	case TARGET_AT:
		if (address_parse(optarg, &t->at) != 0)
			usage_error(
			    "--at \"%s\" is not HOST or HOST:PORT", optarg);
		return true;
	case TARGET_SERVICE:
		t->service = optarg;
		return true;
	default:
		return false;
	}
}

static void
fill_in_name(struct target *t)
{
	size_t len = strlen(t->named.host);

	if (address_is_numeric(&t->named))
		usage_error(
		    "%s is an address, which is nobody's name", t->named.host);
	if (len > 1 && t->named.host[len - 1] == '.')
		t->named.host[len - 1] = '\0';
	t->name = t->named.host;
}

void
target_take(struct target *t, const char *text)
{
	if (address_parse(text, &t->named) != 0)
		usage_error("\"%s\" is not HOST or HOST:PORT", text);
	if (t->port == NULL)
		t->port = *t->named.port != '\0' ? t->named.port
			  : t->dialect != NULL	 ? t->dialect->port
						 : "443";
	if (t->port != t->named.port)
		snprintf(t->named.port, sizeof(t->named.port), "%s", t->port);
	if (t->name == NULL)
		fill_in_name(t);
	if (*t->at.host == '\0')
		t->at = t->named;
	else if (*t->at.port == '\0')
		memcpy(t->at.port, t->named.port, sizeof(t->at.port));
	if (t->service == NULL && t->dialect != NULL)
		t->service = t->dialect->service;
	if (t->timeout == 0)
		t->timeout = DEFAULT_TIMEOUT;
	t->deadline = clock_ms() + (int64_t)t->timeout * 1000;
}

/* A domain to greet a mail server with. */
static const char *
greeting_name(const char *me, char *buf, size_t size)
{
	const char *name = me, *at;

	if (name != NULL) {
		at = strrchr(name, '@');
		name = at != NULL ? at + 1 : name;
	} else if (gethostname(buf, size) == 0) {
		buf[size - 1] = '\0';
		name = buf;
	}
	if (name == NULL || *name == '\0' ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-")] != '\0')
		return "localhost";
	return name;
}

int
target_reach(const struct target *t, const char *me)
{
	struct plain plain = { .deadline = t->deadline, .host = t->name };
	char buf[256], error[512];

	plain.me = greeting_name(me, buf, sizeof(buf));
	plain.fd = address_connect(&t->at, t->family, t->deadline,
	    t->quiet || tool.json, error, sizeof(error));
	if (plain.fd == -1) {
		complain("cannot connect to %s", error);
		return -1;
	}
	if (t->dialect == NULL || dialect_start(t->dialect, &plain) == 0)
		return plain.fd;
	complain("%s: %s", t->dialect->name, plain.error);
	(void)close(plain.fd);
	return -1;
}

/*
 * The port as a number, for who trusts by port: the one that was asked for,
 * or where that has a name, the one that came of it.
 */
static uint16_t
port_number(const struct target *t, int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	char *end;
	unsigned long port = strtoul(t->named.port, &end, 10);

	if (*t->named.port != '\0' && *end == '\0' && port <= UINT16_MAX)
		return (uint16_t)port;
	if (getpeername(fd, (struct sockaddr *)&ss, &len) != 0)
		return 0;
	if (ss.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&ss)->sin_port);
	if (ss.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&ss)->sin6_port);
	return 0;
}

void
target_address(char text[ADDRESS_TEXT_MAX], int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	*text = '\0';
	if (getpeername(fd, (struct sockaddr *)&ss, &len) == 0)
		address_text(text, (struct sockaddr *)&ss, len);
}

int
target_prepare(const struct target *t, struct tlspool_request *req, int fd)
{
	int64_t left = t->deadline - clock_ms();

	if (left <= 0) {
		complain("the server takes too long");
		return -1;
	}
	if (tlspool_set_remote_name(req, t->name) != 0 ||
	    tlspool_set_service(req, t->service, port_number(t, fd)) != 0 ||
	    tlspool_set_deadline(req, (unsigned)left) != 0) {
		complain("%s", tlspool_error());
		return -1;
	}
	return 0;
}
