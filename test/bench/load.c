/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * load: the load generator of the benchmark.
 *
 *	load TEST PORT SNI [connections=N ms=N bytes=N rate=N resume=1]
 *
 * "ready" on the standard output: the connections are there.  A line on the
 * standard input begins the test, a line on the output has its figures, and
 * the end of the input ends it all.
 */
#include <config.h>

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/bench/latency.h"
#include "test/bench/load.h"

enum { WINDOW = 64 }; /* handshakes at the same time, to prepare */

static const struct load_test *const tests[] = { &load_handshakes, &load_up,
	&load_down, &load_requests, &load_idle };

static const struct load_test *test;
static struct load load = { .connections = 1, .ms = 1000, .bytes = 100 };
static unsigned long connecting, connected;
static bool done;

static void
connect_next(struct client *c)
{
	(void)c;
	connected++;
	if (connecting < load.connections)
		client_connect(&load.clients[connecting++]);
	if (connected == load.connections)
		loop_stop(load.loop);
}

/* Tickets, and whatever else comes before the test begins. */
static void
prepared(struct client *c)
{
	uint8_t byte;

	if (c->step++ == 0)
		connect_next(c);
	if (client_read(c, &byte, 1) >= 0 || errno != EAGAIN)
		errx(1, "the server closed, or said what it was not asked");
}

static void
prepare(void)
{
	load.clients = calloc(load.connections, sizeof(*load.clients));
	if (load.clients == NULL)
		err(1, "the connections");
	if (!test->connect)
		return;
	for (unsigned long i = 0; i < load.connections; i++)
		load.clients[i].ready = prepared;
	while (connecting < load.connections && connecting < WINDOW)
		client_connect(&load.clients[connecting++]);
	if (loop_run(load.loop) != 0)
		err(1, "epoll");
}

void
load_done(void)
{
	done = true;
	loop_stop(load.loop);
}

/* The driver says go; later, the end of its words ends us. */
static void
told(struct loop_watch *w, uint32_t events)
{
	char line[64];

	(void)events;
	if (read(w->fd, line, sizeof(line)) <= 0)
		exit(0);
	test->begin(&load);
}

static void
parse(char *word)
{
	char *value = strchr(word, '=');
	unsigned long long n;

	if (value == NULL)
		errx(2, "%s: not KEY=VALUE", word);
	*value++ = '\0';
	n = strtoull(value, NULL, 10);
	if (strcmp(word, "connections") == 0)
		load.connections = (unsigned long)n;
	else if (strcmp(word, "ms") == 0)
		load.ms = (unsigned long)n;
	else if (strcmp(word, "bytes") == 0)
		load.bytes = n;
	else if (strcmp(word, "rate") == 0)
		load.rate = (unsigned long)n;
	else if (strcmp(word, "resume") == 0)
		load.resume = n != 0;
	else
		errx(2, "%s: unknown", word);
}

int
main(int argc, char **argv)
{
	struct loop_watch input = { .fd = STDIN_FILENO, .ready = told };

	if (argc < 4)
		errx(2, "usage: load TEST PORT SNI [KEY=VALUE …]");
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		if (strcmp(tests[i]->name, argv[1]) == 0)
			test = tests[i];
	if (test == NULL)
		errx(2, "%s: no such test", argv[1]);
	for (int i = 4; i < argc; i++)
		parse(argv[i]);
	(void)signal(SIGPIPE, SIG_IGN);
	if ((load.loop = loop_new()) == NULL)
		err(1, "loop");
	client_setup(load.loop, argv[2], argv[3], load.resume);
	prepare();
	(void)printf("ready\n");
	(void)fflush(stdout);
	if (loop_watch(load.loop, &input, EPOLLIN) != 0)
		err(1, "standard input");
	while (!done)
		if (loop_run(load.loop) != 0)
			err(1, "epoll");
	test->print(&load);
	(void)fflush(stdout);
	return loop_run(load.loop) == 0 ? 0 : 1;
}
