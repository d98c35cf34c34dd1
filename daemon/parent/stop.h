/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * stop: the end of the pool, in order.
 */
#ifndef TLSPOOL_PARENT_STOP_H
#define TLSPOOL_PARENT_STOP_H

/* SIGTERM: no new sessions, and the old ones have some time; the second time,
 * they have none. */
void stop_begin(void);

/* Something has ended: is that all? */
void stop_progress(void);

/* The pool cannot go on: stops it at once, with exit status 1. */
void stop_failed(const char *why);

#endif
