/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * process: begins and ends one process of the pool, and speaks to it.
 */
#ifndef TLSPOOL_PARENT_PROCESS_H
#define TLSPOOL_PARENT_PROCESS_H

#include "daemon/ipc/message.h"
#include "daemon/parent/pool.h"

/* Forks and executes the role's program with its control socket.  0, or -1
 * and errno. */
int process_spawn(struct process *);

/*
 * Sends a message on the control socket.  A process that does not take it is
 * killed: it would miss something for ever.  0, or -1.
 */
int process_send(struct process *, const struct message_schema *,
    const void *msg, const int *fds, unsigned nfds);

/* SIGKILL; its death is then noticed like any other. */
void process_kill(struct process *);

/* Forgets the process, which has been waited for. */
void process_forget(struct process *);

#endif
