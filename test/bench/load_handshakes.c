/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * load_handshakes: connections that come, shake hands and go: so many at the
 * same time, or so many a second.  Each is closed in order, and over when the
 * server has closed it, too: no part of its work is left out.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>

#include "test/bench/latency.h"
#include "test/bench/load.h"

static struct load *load;
static struct latency times;
static uint64_t count, resumed, begun, end, nstarted;
static unsigned long running;
static struct loop_timer pace;

static void
start(struct client *c)
{
	c->since = latency_now();
	c->step = 1;
	running++;
	client_connect(c);
}

static void
over(struct client *c)
{
	latency_add(&times, latency_now() - c->since);
	count++;
	resumed += c->resumed;
	client_disconnect(c);
	c->step = 0;
	running--;
	if (latency_now() < end) {
		if (load->rate == 0)
			start(c);
	} else if (running == 0) {
		end = latency_now();
		loop_timer_cancel(load->loop, &pace);
		load_done();
	}
}

static void
ready(struct client *c)
{
	uint8_t byte;
	ssize_t n;

	if (c->step == 1) {
		c->step = 2;
		client_finish(c);
	}
	n = client_read(c, &byte, 1);
	if (n == -1 && errno == EAGAIN)
		return;
	/* Some close without close_notify; what none may do is refuse. */
	if (n > 0 || (n == -1 && errno != ECONNRESET))
		errx(1, "the server refuses, or says what it was not asked");
	over(c);
}

/* As many as are due by now: a server that is late is not waited for. */
static void
paced(struct loop_timer *t)
{
	uint64_t now = latency_now(), due;

	if (now >= end && running > 0)
		return;
	if (now >= end) {
		load_done();
		return;
	}
	due = (now - begun) * load->rate / 1000000000;
	for (unsigned long i = 0; i < load->connections && nstarted < due;
	     i++) {
		if (load->clients[i].step != 0)
			continue;
		start(&load->clients[i]);
		nstarted++;
	}
	(void)loop_timer_set(load->loop, t, loop_now(load->loop) + 1);
}

static void
begin(struct load *l)
{
	load = l;
	begun = latency_now();
	end = begun + l->ms * 1000000;
	for (unsigned long i = 0; i < l->connections; i++)
		l->clients[i].ready = ready;
	if (l->rate > 0) {
		pace.expired = paced;
		paced(&pace);
		return;
	}
	for (unsigned long i = 0; i < l->connections; i++)
		start(&l->clients[i]);
}

static void
print(const struct load *l)
{
	double seconds = (double)(end - begun) / 1e9;

	(void)l;
	(void)printf("count=%llu resumed=%llu seconds=%.3f p50=%.1f p99=%.1f "
		     "p999=%.1f\n",
	    (unsigned long long)count, (unsigned long long)resumed, seconds,
	    latency_quantile(&times, 0.5), latency_quantile(&times, 0.99),
	    latency_quantile(&times, 0.999));
}

const struct load_test load_handshakes = {
	.name = "handshakes",
	.begin = begin,
	.print = print,
};
