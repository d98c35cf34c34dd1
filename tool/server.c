/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * server: listens, has the pool start TLS on each connection, and joins its
 * plaintext to what the options say.  One process, one loop: no handshake
 * waits for another.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4 */
#endif
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tlspool/tlspool.h>

#include "tool/clock.h"
#include "tool/command.h"
#include "tool/server.h"

enum {
	ACCEPT_PAUSE = 200, /* milliseconds, when descriptors are used up */
	ACCEPT_BATCH = 64,
	OPTION_ANY_NAME = 1,
	OPTION_EXPLAIN,
	OPTION_NO_CLIENT_CERT,
	OPTION_OPTIONAL_CLIENT_CERT,
	OPTION_ONCE,
	OPTION_EXEC,
	OPTION_ECHO,
	OPTION_CONNECT,
	OPTION_QUIET,
	FIXED_POLLFDS = 2, /* the pool, signals */
};

static const struct option options[] = {
	{ "any-name", no_argument, NULL, OPTION_ANY_NAME },
	{ "explain", no_argument, NULL, OPTION_EXPLAIN },
	{ "no-client-cert", no_argument, NULL, OPTION_NO_CLIENT_CERT },
	{ "optional-client-cert", no_argument, NULL,
	    OPTION_OPTIONAL_CLIENT_CERT },
	{ "once", no_argument, NULL, OPTION_ONCE },
	{ "exec", required_argument, NULL, OPTION_EXEC },
	{ "echo", no_argument, NULL, OPTION_ECHO },
	{ "connect", required_argument, NULL, OPTION_CONNECT },
	{ "quiet", no_argument, NULL, OPTION_QUIET },
	REQUEST_OPTIONS,
	{ NULL, 0, NULL, 0 },
};

static void
set_mode(struct server *s, enum server_mode mode)
{
	if (s->mode != SERVER_STDIO)
		usage_error("only one of --exec, --echo and --connect can be "
			    "given");
	s->mode = mode;
	if (mode == SERVER_EXEC)
		s->exec = optarg;
	if (mode != SERVER_CONNECT)
		return;
	if (strncmp(optarg, "unix:", 5) == 0 && optarg[5] != '\0')
		s->unix_path = optarg + 5;
	else if (address_parse(optarg, &s->forward) != 0 ||
		 *s->forward.port == '\0')
		usage_error(
		    "--connect \"%s\" is not HOST:PORT or unix:PATH", optarg);
}

static void
read_options(struct server *s, int argc, char **argv)
{
	int o;

	while ((o = option_next(argc, argv, options)) != -1) {
		if (request_option(&s->request, o))
			continue;
		if (o == OPTION_ANY_NAME)
			s->any_name = true;
		else if (o == OPTION_EXPLAIN)
			s->explain = true;
		else if (o == OPTION_NO_CLIENT_CERT)
			s->request.flags |= STARTTLS_NO_REMOTE_CERT;
		else if (o == OPTION_OPTIONAL_CLIENT_CERT)
			s->request.flags |= STARTTLS_OPTIONAL_REMOTE_CERT;
		else if (o == OPTION_ONCE)
			s->once = true;
		else if (o == OPTION_QUIET)
			s->quiet = true;
		else if (o == OPTION_EXEC)
			set_mode(s, SERVER_EXEC);
		else if (o == OPTION_ECHO)
			set_mode(s, SERVER_ECHO);
		else
			set_mode(s, SERVER_CONNECT);
	}
	if (address_parse_listen(operands(argc, argv, 1, 1)[0], &s->at) != 0)
		usage_error("\"%s\" is not PORT or ADDR:PORT", argv[optind]);
	if (s->mode == SERVER_STDIO)
		s->once = true;
}

/* A listening socket, or -1 and errno. */
static int
listen_one(const struct addrinfo *ai)
{
	int fd, on = 1, e;

	fd = socket(
	    ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ai->ai_family == AF_INET6)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 &&
	    listen(fd, SOMAXCONN) == 0)
		return fd;
	e = errno;
	(void)close(fd);
	errno = e;
	return -1;
}

static void
tell_listening(const struct server *s, int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	char text[ADDRESS_TEXT_MAX];

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		return;
	address_text(text, (struct sockaddr *)&ss, len);
	if (tool.json)
		fprintf(stderr,
		    "{\"event\":\"listening\",\"address\":\"%s\"}\n", text);
	else if (!s->quiet)
		fprintf(stderr, "listening at %s\n", text);
}

/* Listens at all addresses that it means; TOOL_OK, or TOOL_NO. */
static int
listen_all(struct server *s)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE };
	struct addrinfo *list, *ai;
	int r, fd, e = 0;

	r = getaddrinfo(
	    *s->at.host != '\0' ? s->at.host : NULL, s->at.port, &hints, &list);
	if (r != 0) {
		complain(
		    "%s port %s: %s", s->at.host, s->at.port, gai_strerror(r));
		return TOOL_NO;
	}
	for (ai = list; ai != NULL && s->nlisteners < SERVER_MAX_LISTENERS;
	     ai = ai->ai_next) {
		if ((fd = listen_one(ai)) == -1) {
			e = errno;
			continue;
		}
		s->listeners[s->nlisteners++] = fd;
		tell_listening(s, fd);
	}
	freeaddrinfo(list);
	if (s->nlisteners > 0)
		return TOOL_OK;
	complain("cannot listen at port %s: %s", s->at.port, strerror(e));
	return TOOL_NO;
}

static void
listen_no_more(struct server *s)
{
	while (s->nlisteners > 0)
		(void)close(s->listeners[--s->nlisteners]);
}

static void
accept_some(struct server *s, int listener)
{
	struct sockaddr_storage ss;
	char text[ADDRESS_TEXT_MAX];
	socklen_t len;
	int fd;

	for (int i = 0; i < ACCEPT_BATCH; i++) {
		len = sizeof(ss);
		fd = accept4(
		    listener, (struct sockaddr *)&ss, &len, SOCK_CLOEXEC);
		if (fd == -1) {
			if (errno == EMFILE || errno == ENFILE ||
			    errno == ENOBUFS || errno == ENOMEM)
				s->pause = clock_ms() + ACCEPT_PAUSE;
			return;
		}
		address_text(text, (struct sockaddr *)&ss, len);
		connection_begin(s, fd, text);
		if (s->once) {
			listen_no_more(s);
			return;
		}
	}
}

/* Children are asked for by number, and only those of connections. */
static void
reap(struct server *s)
{
	struct connection *c;
	int status;

	for (c = s->connections; c != NULL; c = c->next)
		if (c->child > 0 && waitpid(c->child, &status, WNOHANG) > 0)
			connection_reaped(c, status);
}

static void
read_signals(struct server *s, int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(s);
		else
			s->stop = true;
	}
}

static void
free_done(struct server *s)
{
	struct connection **at = &s->connections, *c;

	while ((c = *at) != NULL) {
		if (!c->done) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		s->nconnections--;
		connection_free(c);
	}
}

/* Everything to wait for, in the order in which act() looks at it. */
static size_t
interest(struct server *s, struct pollfd *p, int signals)
{
	struct connection *c;
	size_t n = 0, i;
	bool paused = s->pause > clock_ms();

	p[n++] = (struct pollfd){ tlspool_fd(s->pool), POLLIN, 0 };
	p[n++] = (struct pollfd){ signals, POLLIN, 0 };
	for (i = 0; i < s->nlisteners; i++)
		p[n++] =
		    (struct pollfd){ paused ? -1 : s->listeners[i], POLLIN, 0 };
	for (c = s->connections; c != NULL; c = c->next) {
		connection_interest(c, p + n);
		n += RELAY_POLLFDS;
	}
	return n;
}

/* The list is as it was for interest() until the relays have acted. */
static void
act(struct server *s, const struct pollfd *p)
{
	size_t n = FIXED_POLLFDS + s->nlisteners, i;
	struct connection *c;
	int ready[SERVER_MAX_LISTENERS];
	size_t nready = 0;

	for (c = s->connections; c != NULL; c = c->next) {
		connection_act(c, p + n);
		n += RELAY_POLLFDS;
	}
	if (p[1].revents != 0)
		read_signals(s, p[1].fd);
	(void)tlspool_dispatch(s->pool);
	for (i = 0; i < s->nlisteners; i++)
		if (p[FIXED_POLLFDS + i].revents != 0)
			ready[nready++] = s->listeners[i];
	for (i = 0; i < nready && s->nlisteners > 0; i++)
		accept_some(s, ready[i]);
	free_done(s);
}

static int
loop(struct server *s, int signals)
{
	struct pollfd *p = NULL, *grown;
	size_t size = 0, need, n;

	while (!s->stop && (s->nlisteners > 0 || s->connections != NULL)) {
		need = FIXED_POLLFDS + SERVER_MAX_LISTENERS +
		       s->nconnections * RELAY_POLLFDS;
		if (need > size) {
			size = need * 2;
			if ((grown = reallocarray(p, size, sizeof(*p))) == NULL)
				out_of_memory();
			p = grown;
		}
		n = interest(s, p, signals);
		if (poll(p, n, s->pause > clock_ms() ? ACCEPT_PAUSE : -1) ==
			-1 &&
		    errno != EINTR) {
			complain("poll: %s", strerror(errno));
			break;
		}
		act(s, p);
	}
	free(p);
	return s->once && !s->stop ? s->status : TOOL_OK;
}

static int
signals_open(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int
run(int argc, char **argv)
{
	struct server s = { .mode = SERVER_STDIO };
	struct connection *c;
	int signals, status;

	read_options(&s, argc, argv);
	if ((s.pool = tlspool_new(tool.socket)) == NULL) {
		complain("%s", tlspool_error());
		return TOOL_NO;
	}
	status = listen_all(&s);
	if (status == TOOL_OK && (signals = signals_open()) != -1) {
		status = loop(&s, signals);
		(void)close(signals);
	}
	listen_no_more(&s);
	while ((c = s.connections) != NULL) {
		s.connections = c->next;
		connection_free(c);
	}
	tlspool_free(s.pool);
	return status;
}

const struct command server_command = {
	.name = "server",
	.summary = "listen, see who connects, and serve it",
	.help = "[ADDR:]PORT [OPTIONS]\n"
		"Listens, starts TLS on each connection through the pool, "
		"tells who the client is,\nand joins it to standard input and "
		"output (one connection), or to what is said\nhere.\n\n"
		"  --echo             what comes from the client goes back to "
		"it\n"
		"  --exec CMD         standard input and output of that "
		"command of the shell, which\n"
		"                     finds $TLSPOOL_PEER and $TLSPOOL_SNI\n"
		"  --connect TO       a connection to HOST:PORT or unix:PATH\n"
		"  --once             one connection, then end\n"
		"  --any-name         be whatever name the client asks for, "
		"if the ACL allows it\n"
		"  --no-client-cert   do not ask the client who it is\n"
		"  --optional-client-cert\n"
		"                     a client without a certificate is "
		"welcome\n"
		"  --explain          show why each client is trusted, or is "
		"not\n"
		"  --quiet            print errors only\n" REQUEST_HELP
		"\nExample:\n"
		"  tlspool-cli server --name www.example.com --no-client-cert "
		"\\\n"
		"      --connect 127.0.0.1:8080 443\n",
	.run = run,
};
