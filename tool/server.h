/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * server: what the parts of "tlspool-cli server" share: what it was asked to
 * do, and the connections that it has.
 */
#ifndef TLSPOOL_TOOL_SERVER_H
#define TLSPOOL_TOOL_SERVER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tool/address.h"
#include "tool/relay.h"
#include "tool/request.h"

struct tlspool;
struct tlspool_request;

enum server_mode {
	SERVER_STDIO, /* one connection, with standard input and output */
	SERVER_ECHO,
	SERVER_EXEC,
	SERVER_CONNECT,
};

enum {
	SERVER_MAX_LISTENERS = 8,
};

struct server {
	enum server_mode mode;
	const char *exec;	/* for /bin/sh -c */
	const char *unix_path;	/* of --connect unix:PATH */
	struct address forward; /* of --connect HOST:PORT */
	struct address at;
	struct request_options request;
	bool any_name;
	bool explain; /* how the verdict on each client comes about */
	bool once;
	bool quiet;

	struct tlspool *pool;
	int listeners[SERVER_MAX_LISTENERS];
	size_t nlisteners;
	int64_t pause; /* no accept(2) before that: out of descriptors */
	struct connection *connections;
	size_t nconnections;
	bool stop;
	int status; /* of the last connection */
};

/* One accepted connection, from handshake to the reason of its end. */
struct connection {
	struct server *server;
	struct connection *next;
	char address[ADDRESS_TEXT_MAX];
	struct tlspool_request *req;
	int plain;	 /* -1: not there, or given away */
	int other;	 /* of --connect; -1: none */
	bool connecting; /* `other` is not connected yet */
	bool relaying;
	bool done;   /* to be freed */
	bool closed; /* the daemon said why, or there is no session */
	bool failed; /* and it has been told */
	uint64_t received, sent; /* bytes, when the relay is over */
	pid_t child;		 /* of --exec; 0: none (any more) */
	struct relay relay;
};

/* Takes an accepted socket; complains where it cannot. */
void connection_begin(struct server *, int fd, const char *address);
/* Ends it now. */
void connection_free(struct connection *);

/* Like those of relay.h: RELAY_POLLFDS entries. */
void connection_interest(const struct connection *, struct pollfd *);
void connection_act(struct connection *, const struct pollfd *);

/* Its child has ended. */
void connection_reaped(struct connection *, int wait_status);

/* What follows when the handshake is over: the mode begins.  -1 and the
 * sentence; plain stays the connection's. */
int mode_begin(struct connection *, char *error, size_t error_size);

#endif
