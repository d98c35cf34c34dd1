/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * fiber: stacks, and the switch between them.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "daemon/worker/fiber.h"
#include "daemon/worker/shadow.h"

enum {
	/* bytes; what is not touched costs nothing */
	STACK_SIZE = SHADOW_STACK_FACTOR * 256 * 1024,
	MAX_SPARE = 64, /* stacks kept for the next fibers */
};

struct fiber {
	struct fiber *next; /* spare */
	uint8_t *stack;	    /* a page that cannot be touched, then the stack */
	ucontext_t own, caller;
	void (*call)(void *);
	void *arg;
	bool done;
	struct shadow own_shadow, caller_shadow;
};

static _Thread_local struct fiber *running, *spare;
static _Thread_local unsigned nspare;

static size_t
guard_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static void
fiber_free(struct fiber *f)
{
	/* The struct is at the top of its own stack's mapping. */
	(void)munmap(f->stack, STACK_SIZE);
}

/* One mapping: guard page, stack, and the struct at the end. */
static struct fiber *
fiber_new(void)
{
	struct fiber *f = spare;
	uint8_t *map;

	if (f != NULL) {
		spare = f->next;
		nspare--;
		return f;
	}
	map = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return NULL;
	if (mprotect(map, guard_size(), PROT_NONE) != 0) {
		(void)munmap(map, STACK_SIZE);
		return NULL;
	}
	f = (struct fiber *)(void *)(map + STACK_SIZE -
				     (sizeof(*f) + 63) / 64 * 64);
	f->stack = map;
	return f;
}

static void
fiber_main(void)
{
	struct fiber *f = running;

	shadow_arrive(&f->own_shadow, &f->caller_shadow);
	f->call(f->arg);
	f->done = true;
	shadow_leave(NULL, &f->caller_shadow);
	(void)setcontext(&f->caller);
}

/* Goes into the fiber, and comes back when it pauses or returns. */
static struct fiber *
run(struct fiber *f)
{
	running = f;
	shadow_leave(&f->caller_shadow, &f->own_shadow);
	(void)swapcontext(&f->caller, &f->own);
	shadow_arrive(&f->caller_shadow, &f->own_shadow);
	running = NULL;
	if (!f->done)
		return f;
	shadow_end(&f->own_shadow);
	if (nspare < MAX_SPARE) {
		f->next = spare;
		spare = f;
		nspare++;
	} else {
		fiber_free(f);
	}
	return NULL;
}

static int
prepare(struct fiber *f)
{
	if (getcontext(&f->own) != 0)
		return -1;
	f->own.uc_link = NULL;
	f->own.uc_stack.ss_sp = f->stack + guard_size();
	f->own.uc_stack.ss_size =
	    (size_t)((uint8_t *)f - f->stack) - guard_size();
	makecontext(&f->own, fiber_main, 0);
	f->own_shadow.bottom = f->own.uc_stack.ss_sp;
	f->own_shadow.size = f->own.uc_stack.ss_size;
	shadow_begin(&f->own_shadow);
	return 0;
}

struct fiber *
fiber_start(void (*call)(void *), void *arg, bool *failed)
{
	struct fiber *f = fiber_new();

	*failed = f == NULL || prepare(f) != 0;
	if (*failed)
		return NULL;
	f->call = call;
	f->arg = arg;
	f->done = false;
	return run(f);
}

struct fiber *
fiber_resume(struct fiber *f)
{
	return run(f);
}

void
fiber_pause(void)
{
	struct fiber *f = running;

	shadow_leave(&f->own_shadow, &f->caller_shadow);
	(void)swapcontext(&f->own, &f->caller);
	shadow_arrive(&f->own_shadow, &f->caller_shadow);
}

void
fiber_free_stacks(void)
{
	struct fiber *f;

	while ((f = spare) != NULL) {
		spare = f->next;
		fiber_free(f);
	}
	nspare = 0;
}
