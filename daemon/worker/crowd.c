/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * crowd: when a crowd has left.
 *
 * A session is some ten thousand bytes in many small pieces, and the allocator
 * gives none of them back by itself: something small that came late lies at
 * the end of its heap.  So it is told to look for whole pages everywhere.
 * Nobody can allocate meanwhile, so it is done before there is too much to
 * give, and not for less than a crowd: for handshakes that come and go,
 * however many, it is never done.
 */
#include <malloc.h>
#include <stdbool.h>

#include "daemon/sys/role.h"
#include "daemon/worker/crowd.h"
#include "daemon/worker/fiber.h"

enum {
	LEAST = 256, /* fewer sessions than that are no crowd */
	MOST = 1024, /* not more than that at once */
	DELAY = 500, /* ms: until all have gone who go now */
};

static unsigned now, most;
static bool leaving; /* a portion has been given back, the rest may follow */
static struct loop_timer timer;

static bool
has_left(void)
{
	return now <= most / 2 && most - now >= LEAST;
}

static void
give_back(void)
{
	most = now;
	fiber_free_stacks();
	(void)malloc_trim(0);
}

static void
expired(struct loop_timer *t)
{
	(void)t;
	if (has_left() || (leaving && now < most))
		give_back();
	leaving = false;
}

static void
look_again(void)
{
	if (timer.place != 0)
		return;
	timer.expired = expired;
	/* Without memory for a timer, the next change tries again. */
	(void)loop_timer_set(role.loop, &timer, loop_now(role.loop) + DELAY);
}

void
crowd_changed(unsigned sessions)
{
	now = sessions;
	if (now > most)
		most = now;
	if (most - now >= MOST) {
		give_back();
		leaving = true;
	}
	if (leaving || has_left())
		look_again();
}
