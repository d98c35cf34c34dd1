/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * load_requests: small requests and their answers, one under way on each
 * connection; and connections that are idle after the first one.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>

#include "test/bench/latency.h"
#include "test/bench/load.h"
#include "test/bench/work.h"

static struct load *load;
static struct latency times;
static uint8_t request[WORK_BLOCK], answer[WORK_BLOCK];
static unsigned long running;
static uint64_t begun, end;
static bool once;

static void
ask(struct client *c)
{
	c->left = load->bytes;
	c->since = latency_now();
	if (client_write(c, request, (size_t)load->bytes) !=
	    (ssize_t)load->bytes)
		errx(1, "a request does not go out");
	loop_watch_set(&c->watch, EPOLLIN);
}

static void
ready(struct client *c)
{
	uint64_t now;
	ssize_t n;

	n = client_read(c, answer, (size_t)c->left);
	if (n == -1 && errno == EAGAIN)
		return;
	if (n <= 0 || c->left == 0)
		errx(1, "the connection broke");
	if ((c->left -= (uint64_t)n) > 0)
		return;
	now = latency_now();
	latency_add(&times, now - c->since);
	if (now < end && !once) {
		ask(c);
		return;
	}
	if (--running > 0)
		return;
	end = now;
	load_done();
}

static void
begin(struct load *l)
{
	load = l;
	if (l->bytes < WORK_HEADER || l->bytes > sizeof(request))
		errx(2, "bytes: of a request, at most %zu", sizeof(request));
	work_put(request, WORK_REQUEST, l->bytes);
	running = l->connections;
	begun = latency_now();
	end = begun + l->ms * 1000000;
	for (unsigned long i = 0; i < l->connections; i++) {
		l->clients[i].ready = ready;
		ask(&l->clients[i]);
	}
}

static void
begin_once(struct load *l)
{
	once = true;
	begin(l);
}

static void
print(const struct load *l)
{
	(void)l;
	(void)printf("count=%llu seconds=%.3f p50=%.1f p99=%.1f p999=%.1f\n",
	    (unsigned long long)times.count, (double)(end - begun) / 1e9,
	    latency_quantile(&times, 0.5), latency_quantile(&times, 0.99),
	    latency_quantile(&times, 0.999));
}

const struct load_test load_requests = {
	.name = "requests",
	.connect = true,
	.begin = begin,
	.print = print,
};

const struct load_test load_idle = {
	.name = "idle",
	.connect = true,
	.begin = begin_once,
	.print = print,
};
