/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * supervise: keeps every place in the pool filled with a process that lives.
 */
#ifndef TLSPOOL_PARENT_SUPERVISE_H
#define TLSPOOL_PARENT_SUPERVISE_H

#include "daemon/parent/pool.h"

/* Begins every process of the pool; 0, or -1 after logging why. */
int supervise_begin(void);

/* SIGCHLD: waits for those of our processes that have died. */
void supervise_reap(void);

/* A process has said READY. */
void supervise_ready(struct process *);

/* Sends the configuration in force to a process. */
void supervise_configure(struct process *);

/* How long a place stays empty before its process is begun again, after so
 * many deaths in a row; milliseconds. */
unsigned supervise_delay(unsigned failures);

#endif
