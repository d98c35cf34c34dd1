/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * shadow: what the sanitizers must be told when fiber.c changes stacks; in an
 * ordinary build, nothing.
 */
#ifndef TLSPOOL_WORKER_SHADOW_H
#define TLSPOOL_WORKER_SHADOW_H

#include <stdbool.h>
#include <stddef.h>

/* One side of a switch: a stack, as the sanitizer sees it. */
struct shadow {
	const void *bottom;
	size_t size;
	void *state;
};

#if defined(__SANITIZE_ADDRESS__)

#include <sanitizer/common_interface_defs.h>

enum { SHADOW_STACK_FACTOR = 4 }; /* frames are larger */

static inline void
shadow_begin(struct shadow *fiber)
{
	fiber->state = NULL;
}

static inline void
shadow_end(struct shadow *fiber)
{
	(void)fiber;
}

/* Before the switch; done: what is on the stack of `from` is not needed any
 * more. */
static inline void
shadow_leave(struct shadow *from, struct shadow *to, bool done)
{
	from->state = NULL;
	__sanitizer_start_switch_fiber(
	    done ? NULL : &from->state, to->bottom, to->size);
}

/* Behind the switch, on the stack of `me`. */
static inline void
shadow_arrive(struct shadow *me, struct shadow *from)
{
	__sanitizer_finish_switch_fiber(me->state, &from->bottom, &from->size);
}

#elif defined(__SANITIZE_THREAD__)

#include <sanitizer/tsan_interface.h>

enum { SHADOW_STACK_FACTOR = 4 };

static inline void
shadow_begin(struct shadow *fiber)
{
	fiber->state = __tsan_create_fiber(0);
}

static inline void
shadow_end(struct shadow *fiber)
{
	__tsan_destroy_fiber(fiber->state);
}

static inline void
shadow_leave(struct shadow *from, struct shadow *to, bool done)
{
	(void)done;
	from->state = __tsan_get_current_fiber();
	__tsan_switch_to_fiber(to->state, 0);
}

static inline void
shadow_arrive(struct shadow *me, struct shadow *from)
{
	(void)me;
	(void)from;
}

#else

enum { SHADOW_STACK_FACTOR = 1 };

static inline void
shadow_begin(struct shadow *fiber)
{
	(void)fiber;
}

static inline void
shadow_end(struct shadow *fiber)
{
	(void)fiber;
}

static inline void
shadow_leave(struct shadow *from, struct shadow *to, bool done)
{
	(void)from;
	(void)to;
	(void)done;
}

static inline void
shadow_arrive(struct shadow *me, struct shadow *from)
{
	(void)me;
	(void)from;
}

#endif

#endif
