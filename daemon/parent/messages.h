/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * messages: what the processes of the pool say to the parent.
 */
#ifndef TLSPOOL_PARENT_MESSAGES_H
#define TLSPOOL_PARENT_MESSAGES_H

#include "daemon/sys/loop.h"

/* The control socket of a process (its member `control`) has something. */
void messages_ready(struct loop_watch *, uint32_t events);

#endif
