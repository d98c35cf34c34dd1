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

/* The address sanitizer must be told which stack it is on. */
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#define asan_leave(save, bottom, size) \
	__sanitizer_start_switch_fiber(save, bottom, size)
#define asan_enter(save, bottom, size) \
	__sanitizer_finish_switch_fiber(save, bottom, size)
enum {
	STACK_SIZE = 1024 * 1024
};
#else
#define asan_leave(save, bottom, size) \
	((void)(save), (void)(bottom), (void)(size))
#define asan_enter(save, bottom, size) \
	((void)(save), (void)(bottom), (void)(size))
enum {
	STACK_SIZE = 256 * 1024
}; /* bytes; what is not touched costs nothing */
#endif

enum {
	MAX_SPARE = 64
}; /* stacks kept for the next fibers */

struct fiber {
	struct fiber *next; /* spare */
	uint8_t *stack;	    /* a page that cannot be touched, then the stack */
	ucontext_t own, caller;
	void (*call)(void *);
	void *arg;
	bool done;
	void *asan_stack; /* of the side that is not running */
	const void *caller_bottom;
	size_t caller_size;
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

	asan_enter(NULL, &f->caller_bottom, &f->caller_size);
	f->call(f->arg);
	f->done = true;
	/* NULL: this stack's frames are done with. */
	asan_leave(NULL, f->caller_bottom, f->caller_size);
	(void)setcontext(&f->caller);
}

/* Goes into the fiber, and comes back when it pauses or returns. */
static struct fiber *
run(struct fiber *f)
{
	running = f;
	asan_leave(
	    &f->asan_stack, f->stack + guard_size(), STACK_SIZE - guard_size());
	(void)swapcontext(&f->caller, &f->own);
	asan_enter(f->asan_stack, NULL, NULL);
	running = NULL;
	if (!f->done)
		return f;
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
	void *own = NULL;

	asan_leave(&own, f->caller_bottom, f->caller_size);
	(void)swapcontext(&f->own, &f->caller);
	asan_enter(own, &f->caller_bottom, &f->caller_size);
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
