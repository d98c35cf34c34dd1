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
#include "tool/facts.h"
#include "tool/relay.h"
#include "tool/request.h"
#include "tool/target.h"
#include "tool/text.h"

enum {
	CLOSE_TIMEOUT = 10000, /* milliseconds, for the reason of the end */
	OPTION_SNI = 1,
	OPTION_QUIET,
	OPTION_HALF_CLOSE,
	OPTION_NO_CERT,
};

static const struct option options[] = {
	{ "sni", required_argument, NULL, OPTION_SNI },
	{ "quiet", no_argument, NULL, OPTION_QUIET },
	{ "half-close", no_argument, NULL, OPTION_HALF_CLOSE },
	{ "no-cert", no_argument, NULL, OPTION_NO_CERT },
	TARGET_OPTIONS,
	REQUEST_OPTIONS,
	{ NULL, 0, NULL, 0 },
};

struct client {
	struct target target;
	struct request_options request;
	bool half_close;
};

static void
read_options(struct client *c, int argc, char **argv)
{
	int o;

	while ((o = option_next(argc, argv, options)) != -1) {
		if (request_option(&c->request, o) ||
		    target_option(&c->target, o))
			continue;
		if (o == OPTION_SNI)
			c->target.name = optarg;
		else if (o == OPTION_QUIET)
			c->target.quiet = true;
		else if (o == OPTION_HALF_CLOSE)
			c->half_close = true;
		else
			c->request.flags |= STARTTLS_NO_LOCAL_CERT;
	}
	target_take(&c->target, operands(argc, argv, 1, 1)[0]);
}

/* Fills in a request; -1 after a complaint. */
static int
prepare(const struct client *c, struct tlspool_request *req, int fd)
{
	if (target_prepare(&c->target, req, fd) != 0)
		return -1;
	if (request_prepare(req, &c->request) == 0)
		return 0;
	complain("%s", tlspool_error());
	return -1;
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

	target_address(address, fd);
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
	if (!c->target.quiet || tool.json)
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
	struct client c = { .half_close = false };
	struct tlspool *pool;
	int fd, status;

	read_options(&c, argc, argv);
	if ((pool = tlspool_new(tool.socket)) == NULL) {
		complain("%s", tlspool_error());
		return TOOL_NO;
	}
	if ((fd = target_reach(&c.target, c.request.name)) == -1)
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
		"output to it.\n\n" TARGET_HELP
		"  --sni NAME         the name that the server must prove "
		"[HOST]\n"
		"  --no-cert          show no certificate\n"
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
