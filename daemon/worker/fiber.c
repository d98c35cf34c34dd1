/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * fiber: stacks, and the switch between them.
 *
 * setcontext() asks the kernel for the signal mask at each switch, which is
 * the same on both sides.  So it is used once for a stack, to get onto it;
 * from then on _longjmp() goes to and fro, and a stack without a call to make
 * waits for it within fiber_main().
 */

/* The checked longjmp() of the C library takes a jump to another stack for
 * one into a frame that is left, and aborts. */
#undef _FORTIFY_SOURCE

#include <setjmp.h>
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
	jmp_buf own, caller;
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
	shadow_end(&f->own_shadow);
	/* The struct is at the top of its own stack's mapping. */
	(void)munmap(f->stack, STACK_SIZE);
}

/* Back to who went into the fiber; returns when somebody does again.  done:
 * what is on its stack is not needed any more. */
static void
leave(struct fiber *f, bool done)
{
	if (_setjmp(f->own) == 0) {
		shadow_leave(&f->own_shadow, &f->caller_shadow, done);
		_longjmp(f->caller, 1);
	}
	shadow_arrive(&f->own_shadow, &f->caller_shadow);
}

static _Noreturn void
fiber_main(void)
{
	struct fiber *f = running;

	shadow_arrive(&f->own_shadow, &f->caller_shadow);
	for (;;) {
		leave(f, true);
		f->call(f->arg);
		f->done = true;
	}
}

/* Has fiber_main() wait on the stack for the first call; 0 or -1. */
static int
prepare(struct fiber *f)
{
	ucontext_t context;

	if (getcontext(&context) != 0)
		return -1;
	context.uc_link = NULL;
	context.uc_stack.ss_sp = f->stack + guard_size();
	context.uc_stack.ss_size =
	    (size_t)((uint8_t *)f - f->stack) - guard_size();
	f->own_shadow.bottom = context.uc_stack.ss_sp;
	f->own_shadow.size = context.uc_stack.ss_size;
	shadow_begin(&f->own_shadow);
	makecontext(&context, fiber_main, 0);
	running = f;
	if (_setjmp(f->caller) == 0) {
		shadow_leave(&f->caller_shadow, &f->own_shadow, false);
		(void)setcontext(&context);
	}
	shadow_arrive(&f->caller_shadow, &f->own_shadow);
	running = NULL;
	return 0;
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
	if (prepare(f) != 0) {
		(void)munmap(map, STACK_SIZE);
		return NULL;
	}
	return f;
}

/* Goes into the fiber; returns when it has paused or its call returned. */
static void
enter(struct fiber *f)
{
	if (_setjmp(f->caller) == 0) {
		shadow_leave(&f->caller_shadow, &f->own_shadow, false);
		_longjmp(f->own, 1);
	}
	shadow_arrive(&f->caller_shadow, &f->own_shadow);
}

static struct fiber *
run(struct fiber *f)
{
	running = f;
	enter(f);
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

struct fiber *
fiber_start(void (*call)(void *), void *arg, bool *failed)
{
	struct fiber *f = fiber_new();

	*failed = f == NULL;
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
	leave(running, false);
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
