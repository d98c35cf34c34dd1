/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * client: connects to a server, has the pool start TLS, says who it turned
 * out to be, and joins standard input and output to it.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tlspool/tlspool.h>

#include "tool/address.h"
#include "tool/clock.h"
#include "tool/command.h"
#include "tool/dialect.h"
#include "tool/facts.h"
#include "tool/relay.h"
#include "tool/request.h"
#include "tool/text.h"

enum {
	DEFAULT_TIMEOUT = 30,  /* seconds, to the end of the handshake */
	CLOSE_TIMEOUT = 10000, /* milliseconds, for the reason of the end */
	OPTION_PORT = 1,
	OPTION_SNI,
	OPTION_STARTTLS,
	OPTION_TIMEOUT,
	OPTION_IPV4,
	OPTION_IPV6,
	OPTION_QUIET,
	OPTION_HALF_CLOSE,
	OPTION_NO_CERT,
};

static const struct option options[] = {
	{ "port", required_argument, NULL, OPTION_PORT },
	{ "sni", required_argument, NULL, OPTION_SNI },
	{ "starttls", required_argument, NULL, OPTION_STARTTLS },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "ipv4", no_argument, NULL, OPTION_IPV4 },
	{ "ipv6", no_argument, NULL, OPTION_IPV6 },
	{ "quiet", no_argument, NULL, OPTION_QUIET },
	{ "half-close", no_argument, NULL, OPTION_HALF_CLOSE },
	{ "no-cert", no_argument, NULL, OPTION_NO_CERT },
	REQUEST_OPTIONS,
	{ NULL, 0, NULL, 0 },
};

struct client {
	struct address address;
	const char *sni; /* the name that the server must prove */
	const struct dialect *dialect;
	struct request_options request;
	int family;
	bool quiet;
	bool half_close;
	int64_t deadline; /* of the handshake */
};

static void
read_options(struct client *c, int argc, char **argv)
{
	const char *port = NULL;
	uint32_t timeout = DEFAULT_TIMEOUT;
	int o;

	while ((o = option_next(argc, argv, options)) != -1) {
		if (request_option(&c->request, o))
			continue;
		if (o == OPTION_PORT)
			port = optarg;
		else if (o == OPTION_SNI)
			c->sni = optarg;
		else if (o == OPTION_TIMEOUT)
			timeout = option_number("--timeout", 1, 3600);
		else if (o == OPTION_IPV4 || o == OPTION_IPV6)
			c->family = o == OPTION_IPV4 ? AF_INET : AF_INET6;
		else if (o == OPTION_QUIET)
			c->quiet = true;
		else if (o == OPTION_HALF_CLOSE)
			c->half_close = true;
		else if (o == OPTION_NO_CERT)
			c->request.flags |= STARTTLS_NO_LOCAL_CERT;
		else if ((c->dialect = dialect_find(optarg)) == NULL)
			usage_error("--starttls \"%s\" is not known: %s are",
			    optarg, dialect_names());
	}
	if (address_parse(operands(argc, argv, 1, 1)[0], &c->address) != 0)
		usage_error("\"%s\" is not HOST or HOST:PORT", argv[optind]);
	if (port != NULL)
		snprintf(c->address.port, sizeof(c->address.port), "%s", port);
	c->deadline = clock_ms() + (int64_t)timeout * 1000;
}

/* What the options left open. */
static void
fill_in(struct client *c)
{
	if (*c->address.port == '\0')
		snprintf(c->address.port, sizeof(c->address.port), "%s",
		    c->dialect != NULL ? c->dialect->port : "443");
	if (c->sni != NULL)
		return;
	if (address_is_numeric(&c->address))
		usage_error("%s is an address, which is nobody's name: --sni "
			    "says who should be there",
		    c->address.host);
	c->sni = c->address.host;
	if (c->sni[strlen(c->sni) - 1] == '.')
		c->address.host[strlen(c->sni) - 1] = '\0';
}

/* A domain to greet a mail server with. */
static const char *
greeting_name(const struct client *c, char *buf, size_t size)
{
	const char *name = c->request.name, *at;

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

/* Connects and talks the dialect: the descriptor, or -1 after a complaint. */
static int
reach(const struct client *c)
{
	struct plain plain = { .deadline = c->deadline, .host = c->sni };
	char me[256], error[512];

	plain.me = greeting_name(c, me, sizeof(me));
	plain.fd = address_connect(&c->address, c->family, c->deadline,
	    c->quiet || tool.json, error, sizeof(error));
	if (plain.fd == -1) {
		complain("cannot connect to %s", error);
		return -1;
	}
	if (c->dialect == NULL || dialect_start(c->dialect, &plain) == 0)
		return plain.fd;
	complain("%s: %s", c->dialect->name, plain.error);
	(void)close(plain.fd);
	return -1;
}

/* The port as a number, for who trusts by port. */
static uint16_t
port_number(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getpeername(fd, (struct sockaddr *)&ss, &len) != 0)
		return 0;
	if (ss.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&ss)->sin_port);
	if (ss.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&ss)->sin6_port);
	return 0;
}

static void
address_of_peer(char text[ADDRESS_TEXT_MAX], int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	*text = '\0';
	if (getpeername(fd, (struct sockaddr *)&ss, &len) == 0)
		address_text(text, (struct sockaddr *)&ss, len);
}

/* Fills in a request; -1 after a complaint. */
static int
prepare(const struct client *c, struct tlspool_request *req, int fd)
{
	int64_t left = c->deadline - clock_ms();

	if (left <= 0) {
		complain("the server takes too long");
		return -1;
	}
	if (request_prepare(req, &c->request) != 0 ||
	    tlspool_set_remote_name(req, c->sni) != 0 ||
	    tlspool_set_service(req,
		c->dialect != NULL ? c->dialect->service : NULL,
		port_number(fd)) != 0 ||
	    tlspool_set_deadline(req, (unsigned)left) != 0) {
		complain("%s", tlspool_error());
		return -1;
	}
	return 0;
}

/* Waits for the handshake: TOOL_OK, or a status after a complaint. */
static int
handshake(struct tlspool *pool, struct tlspool_request *req, int fd)
{
	int e;

	if (tlspool_start(req, fd) != 0) {
		e = errno;
		complain("%s", tlspool_error());
		return request_status(e);
	}
	while (tlspool_request_state(req) == TLSPOOL_PENDING)
		if (tlspool_wait(pool, -1) == -1) {
			complain("%s", tlspool_error());
			return TOOL_NO;
		}
	if (tlspool_request_state(req) == TLSPOOL_ESTABLISHED)
		return TOOL_OK;
	complain("%s", tlspool_request_reason(req));
	return request_status(tlspool_request_error(req));
}

/* Carries bytes until both sides, or one that matters, have ended. */
static int
join(const struct client *c, struct tlspool *pool, int plain)
{
	struct pollfd p[RELAY_POLLFDS + 1];
	struct relay r;
	int status = TOOL_NO;

	if (relay_init(&r, STDIN_FILENO, STDOUT_FILENO, plain, plain) != 0)
		out_of_memory();
	for (;;) {
		/* The peer has ended: nobody reads what might still be typed,
		 * as far as one can know. */
		if (r.back.over && !c->half_close)
			relay_end_left(&r);
		if (relay_over(&r))
			break;
		relay_interest(&r, p);
		p[RELAY_POLLFDS] =
		    (struct pollfd){ .fd = tlspool_fd(pool), .events = POLLIN };
		if (poll(p, RELAY_POLLFDS + 1, -1) == -1) {
			if (errno == EINTR)
				continue;
			complain("poll: %s", strerror(errno));
			goto out;
		}
		if (p[RELAY_POLLFDS].revents != 0)
			(void)tlspool_dispatch(pool);
		relay_act(&r, p);
	}
	if (r.back.error != 0 && r.back.write_failed)
		complain("standard output: %s", strerror(r.back.error));
	else if (r.out.error != 0 && !r.out.write_failed)
		complain("standard input: %s", strerror(r.out.error));
	else
		status = TOOL_OK;
out:
	relay_free(&r);
	return status;
}

/* Why it ended, once both directions have. */
static int
farewell(struct tlspool *pool, struct tlspool_request *req)
{
	const struct tlspool_session *s = tlspool_session(req);
	int64_t end = clock_ms() + CLOSE_TIMEOUT, left;
	const char *why;

	while (tlspool_session_closed(s) == TLSPOOL_OPEN &&
	       (left = end - clock_ms()) > 0)
		if (tlspool_wait(pool, (int)left) <= 0)
			break;
	if (facts_closed_well(s, &why))
		return TOOL_OK;
	complain("%s", why);
	return TOOL_NO;
}

static void
on_closed(struct tlspool_request *req, void *context)
{
	/* That there is one makes the daemon tell. */
}

static int
talk(const struct client *c, struct tlspool *pool, int fd)
{
	struct tlspool_request *req;
	char address[ADDRESS_TEXT_MAX];
	int plain, status = TOOL_NO, end;

	address_of_peer(address, fd);
	if ((req = tlspool_client(pool)) == NULL)
		out_of_memory();
	if (prepare(c, req, fd) != 0 ||
	    tlspool_on_closed(req, on_closed, NULL) != 0) {
		(void)close(fd);
		goto out;
	}
	if ((status = handshake(pool, req, fd)) != TOOL_OK)
		goto out;
	plain = tlspool_take_fd(req);
	if (!c->quiet || tool.json)
		facts_print(tlspool_session(req), address, tool.json);
	status = join(c, pool, plain);
	(void)close(plain);
	end = farewell(pool, req);
	status = status == TOOL_OK ? end : status;
out:
	tlspool_request_free(req);
	return status;
}

static int
run(int argc, char **argv)
{
	struct client c = { .family = AF_UNSPEC };
	struct tlspool *pool;
	int fd, status;

	read_options(&c, argc, argv);
	fill_in(&c);
	if ((pool = tlspool_new(tool.socket)) == NULL) {
		complain("%s", tlspool_error());
		return TOOL_NO;
	}
	if ((fd = reach(&c)) == -1)
		status = TOOL_NO;
	else
		status = talk(&c, pool, fd);
	tlspool_free(pool);
	return status;
}

const struct command client_command = {
	.name = "client",
	.summary = "connect to a server, see who it is, and talk to it",
	.help = "HOST[:PORT] [OPTIONS]\n"
		"Connects, starts TLS through the pool, shows who the server "
		"is and how that was\ndecided, and joins standard input and "
		"output to it.\n\n"
		"  --port PORT        number or name [443, or the dialect's]\n"
		"  --starttls DIALECT first ask for TLS in plaintext: smtp, "
		"imap, pop3, xmpp,\n"
		"                     ldap, postgres\n"
		"  --sni NAME         the name that the server must prove "
		"[HOST]\n"
		"  --no-cert          show no certificate\n"
		"  --ipv4, --ipv6     only addresses of that kind\n"
		"  --timeout SECONDS  to the end of the handshake [30]\n"
		"  --half-close       go on sending when the server has ended "
		"its direction\n"
		"  --quiet            print errors only\n" REQUEST_HELP
		"\nThe exit status is 1 where the connection was cut without "
		"close_notify.\n\n"
		"Example:\n"
		"  tlspool-cli client --starttls smtp --name "
		"anna@example.com mail.example.com:587\n",
	.run = run,
};
