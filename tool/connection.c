/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * connection: the life of one accepted connection of "tlspool-cli server".
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tlspool/tlspool.h>

#include "tool/command.h"
#include "tool/explanation.h"
#include "tool/facts.h"
#include "tool/server.h"
#include "tool/session_words.h"
#include "tool/table.h"
#include "tool/text.h"

/* A line about a connection: what happened to it. */
struct event {
	const char *address;
	const char *event;
	const char *peer;
	const char *method;
	const char *server_name;
	uint32_t version;
	const char *cipher;
	const char *reason;
	uint64_t received, sent;
};

/* The last two are known where we carry the bytes ourselves. */
#define E struct event
static const struct column columns[] = {
	COLUMN(E, TEXT, event, NULL, "event"),
	COLUMN(E, TEXT, address, NULL, "address"),
	COLUMN(E, TEXT, peer, NULL, "peer"),
	COLUMN(E, TEXT, method, NULL, "method"),
	COLUMN(E, TEXT, server_name, NULL, "server_name"),
	COLUMN_WORD(E, NUMBER, version, NULL, "tls", tls_word),
	COLUMN(E, TEXT, cipher, NULL, "cipher"),
	COLUMN(E, TEXT, reason, NULL, "reason"),
	COLUMN(E, BYTES, received, NULL, "received"),
	COLUMN(E, BYTES, sent, NULL, "sent"),
};
#undef E

enum {
	NCOLUMNS = sizeof(columns) / sizeof(columns[0]),
	NFIGURES = 2,
};

static void
tell(const struct connection *c, const struct event *e, const char *sentence)
{
	bool figures =
	    strcmp(e->event, "closed") == 0 && c->server->mode != SERVER_EXEC;

	if (c->server->quiet && !tool.json)
		return;
	if (tool.json) {
		record_print(stderr, columns,
		    figures ? NCOLUMNS : NCOLUMNS - NFIGURES, true, e);
		return;
	}
	fprintf(stderr, "%s: ", c->address);
	text_print(stderr, sentence);
	fputc('\n', stderr);
}

static void
tell_failure(const struct connection *c, const char *reason)
{
	struct event e = {
		.address = c->address, .event = "failed", .reason = reason
	};

	tell(c, &e, reason);
}

static void
tell_started(const struct connection *c)
{
	const struct tlspool_session *s = tlspool_session(c->req);
	struct event e = { .address = c->address,
		.event = "started",
		.peer = tlspool_session_peer_name(s),
		.method = tlspool_session_method(s),
		.server_name = tlspool_session_server_name(s),
		.version = (uint32_t)tlspool_session_version(s),
		.cipher = tlspool_session_cipher(s) };
	char line[1024];

	snprintf(line, sizeof(line), "%s (%s)%s%s, TLS %s %s",
	    *e.peer != '\0' ? e.peer : "somebody without a name", e.method,
	    *e.server_name != '\0' ? " asks for " : "", e.server_name,
	    tls_word(e.version), e.cipher);
	tell(c, &e, line);
}

/*
 * The daemon tells why the peer's direction ended as soon as it has; how much
 * was sent after that only we know.
 */
static void
tell_closed(const struct connection *c)
{
	const struct tlspool_session *s = tlspool_session(c->req);
	struct event e = { .address = c->address,
		.event = "closed",
		.reason = facts_close_word(tlspool_session_closed(s)),
		.peer = tlspool_session_peer_name(s),
		.received = c->received,
		.sent = c->sent };
	const char *why = "ended";
	char line[512], figures[80] = "";

	(void)facts_closed_well(s, &why);
	if (c->server->mode != SERVER_EXEC)
		snprintf(figures, sizeof(figures),
		    " (%" PRIu64 " bytes in, %" PRIu64 " out)", c->received,
		    c->sent);
	snprintf(line, sizeof(line), "%s%s", why, figures);
	tell(c, &e, line);
}

/* Is there nothing left to wait for? */
static void
settle(struct connection *c)
{
	const char *why;

	if (c->done || !c->closed || c->plain != -1 || c->child != 0)
		return;
	c->done = true;
	if (c->failed)
		return;
	tell_closed(c);
	if (!facts_closed_well(tlspool_session(c->req), &why))
		c->server->status = TOOL_NO;
}

/* The end of the plaintext: what is left is to hear why it ended. */
static void
end_plain(struct connection *c)
{
	if (c->relaying) {
		c->sent = c->relay.out.bytes;
		c->received = c->server->mode == SERVER_ECHO
				  ? c->relay.out.bytes
				  : c->relay.back.bytes;
		relay_free(&c->relay);
	}
	c->relaying = false;
	c->connecting = false;
	if (c->plain != -1)
		(void)close(c->plain);
	if (c->other != -1)
		(void)close(c->other);
	c->plain = c->other = -1;
}

static void
fail(struct connection *c, const char *reason)
{
	tell_failure(c, reason);
	c->server->status = TOOL_NO;
	c->closed = c->failed = true;
	end_plain(c);
	settle(c);
}

static void
on_done(struct tlspool_request *req, void *context)
{
	struct connection *c = context;
	const struct explanation e = { .request = req, .address = c->address };
	char error[512];

	if (c->server->explain && tlspool_trace(req) != NULL)
		explanation_print(stderr, &e, tool.json);
	if (tlspool_request_state(req) != TLSPOOL_ESTABLISHED) {
		c->server->status = request_status(tlspool_request_error(req));
		tell_failure(c, tlspool_request_reason(req));
		c->done = true;
		return;
	}
	tell_started(c);
	c->plain = tlspool_take_fd(req);
	if (mode_begin(c, error, sizeof(error)) != 0)
		fail(c, error);
}

static void
on_closed(struct tlspool_request *req, void *context)
{
	struct connection *c = context;

	/* What the peer has sent before may still be on its way to us. */
	c->closed = true;
	settle(c);
}

static int
any_name(const char *name, void *context)
{
	return 1;
}

static int
prepare(struct server *s, struct connection *c)
{
	if (request_prepare(c->req, &s->request) != 0 ||
	    tlspool_set_trace(c->req, s->explain) != 0 ||
	    (s->any_name && tlspool_on_name(c->req, any_name, NULL) != 0) ||
	    tlspool_on_done(c->req, on_done, c) != 0 ||
	    tlspool_on_closed(c->req, on_closed, c) != 0)
		return -1;
	return 0;
}

void
connection_begin(struct server *s, int fd, const char *address)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (c == NULL || (c->req = tlspool_server(s->pool)) == NULL)
		out_of_memory();
	c->server = s;
	c->plain = c->other = -1;
	snprintf(c->address, sizeof(c->address), "%s", address);
	c->next = s->connections;
	s->connections = c;
	s->nconnections++;
	if (prepare(s, c) != 0) {
		(void)close(fd);
	} else if (tlspool_start(c->req, fd) == 0) {
		return;
	}
	s->status = request_status(errno);
	tell_failure(c, tlspool_error());
	c->done = true;
}

void
connection_free(struct connection *c)
{
	end_plain(c);
	if (c->child > 0)
		(void)kill(c->child, SIGTERM);
	tlspool_request_free(c->req);
	free(c);
}

void
connection_interest(const struct connection *c, struct pollfd *p)
{
	for (size_t i = 0; i < RELAY_POLLFDS; i++)
		p[i] = (struct pollfd){ .fd = -1 };
	if (c->connecting)
		p[0] = (struct pollfd){ .fd = c->other, .events = POLLOUT };
	else if (c->relaying)
		relay_interest(&c->relay, p);
}

/* --connect: is it connected? */
static void
act_connecting(struct connection *c)
{
	socklen_t len = sizeof(int);
	char error[256];
	int e = 0;

	if (getsockopt(c->other, SOL_SOCKET, SO_ERROR, &e, &len) != 0)
		e = errno;
	if (e == 0) {
		c->connecting = false;
		return;
	}
	snprintf(error, sizeof(error), "cannot connect on: %s", strerror(e));
	fail(c, error);
}

void
connection_act(struct connection *c, const struct pollfd *p)
{
	if (c->connecting) {
		if (p[0].revents != 0)
			act_connecting(c);
		return;
	}
	if (!c->relaying)
		return;
	relay_act(&c->relay, p);
	/* With standard output, the peer's end is the end. */
	if (c->server->mode == SERVER_STDIO && c->relay.back.over)
		relay_end_left(&c->relay);
	if (relay_over(&c->relay)) {
		end_plain(c);
		settle(c);
	}
}

void
connection_reaped(struct connection *c, int wait_status)
{
	char line[64];

	c->child = 0;
	if (WIFSIGNALED(wait_status))
		snprintf(line, sizeof(line), "the command died of signal %d",
		    WTERMSIG(wait_status));
	else
		snprintf(line, sizeof(line), "the command ended with status %d",
		    WEXITSTATUS(wait_status));
	if (wait_status != 0)
		tell_failure(c, line);
	settle(c);
}
