/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * fiber: a function that can pause in the middle.  GnuTLS wants an identity
 * and a signature while it is deep in a handshake and cannot be told to come
 * back for them; so a handshake runs on a stack of its own, which is left
 * until they are there.  A fiber stays on the thread that started it.
 */
#ifndef TLSPOOL_WORKER_FIBER_H
#define TLSPOOL_WORKER_FIBER_H

#include <stdbool.h>

struct fiber;

/*
 * Runs call(arg) on a stack of its own.  Returns NULL when it has returned,
 * or the fiber where it has paused.  *failed: no memory for a stack, and the
 * call was not made.
 */
struct fiber *fiber_start(void (*call)(void *), void *arg, bool *failed);

/* Lets a paused fiber go on; as fiber_start(): NULL when it has returned. */
struct fiber *fiber_resume(struct fiber *);

/* Pauses the fiber that is running; returns when it is resumed. */
void fiber_pause(void);

/* Frees the stacks that are kept for the next fibers. */
void fiber_free_stacks(void);

#endif
