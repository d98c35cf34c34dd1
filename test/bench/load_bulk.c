/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * load_bulk: bytes, shared by all connections, to the application or from it.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>

#include "test/bench/latency.h"
#include "test/bench/load.h"
#include "test/bench/work.h"

static struct load *load;
static uint8_t block[WORK_BLOCK];
static unsigned long running;
static uint64_t begun, end;

static void
over(void)
{
	if (--running > 0)
		return;
	end = latency_now();
	load_done();
}

static void
check(ssize_t n)
{
	if (n == 0 || (n == -1 && errno != EAGAIN))
		errx(1, "the connection broke");
}

/* One turn of a connection; the loop comes back while there is more. */
static void
up(struct client *c)
{
	size_t len = c->left < sizeof(block) ? (size_t)c->left : sizeof(block);
	ssize_t n;

	if (c->left > 0) {
		check(n = client_write(c, block, len));
		if (n > 0)
			c->left -= (uint64_t)n;
		if (c->left == 0)
			loop_watch_set(&c->watch, EPOLLIN);
		return;
	}
	check(n = client_read(c, block, 1));
	if (n == 1)
		over();
}

static void
down(struct client *c)
{
	size_t len;
	ssize_t n;

	do {
		len = c->left < sizeof(block) ? (size_t)c->left : sizeof(block);
		check(n = client_read(c, block, len));
		if (n > 0)
			c->left -= (uint64_t)n;
	} while (n > 0 && c->left > 0);
	if (n > 0)
		over();
}

static void
begin(struct load *l, int kind, void (*ready)(struct client *), uint32_t events)
{
	uint8_t header[WORK_HEADER];

	load = l;
	running = l->connections;
	begun = latency_now();
	work_put(header, kind, l->bytes / l->connections);
	for (unsigned long i = 0; i < l->connections; i++) {
		struct client *c = &l->clients[i];

		c->left = l->bytes / l->connections;
		c->ready = ready;
		check(client_write(c, header, sizeof(header)));
		loop_watch_set(&c->watch, events);
	}
}

static void
begin_up(struct load *l)
{
	begin(l, WORK_UP, up, EPOLLOUT);
}

static void
begin_down(struct load *l)
{
	begin(l, WORK_DOWN, down, EPOLLIN);
}

static void
print(const struct load *l)
{
	(void)printf("bytes=%llu seconds=%.3f\n", (unsigned long long)l->bytes,
	    (double)(end - begun) / 1e9);
}

const struct load_test load_up = {
	.name = "up",
	.connect = true,
	.begin = begin_up,
	.print = print,
};

const struct load_test load_down = {
	.name = "down",
	.connect = true,
	.begin = begin_down,
	.print = print,
};
