/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * journal: where the log lines of all processes end.
 */
#ifndef TLSPOOL_PARENT_JOURNAL_H
#define TLSPOOL_PARENT_JOURNAL_H

#include <stdint.h>

#include "daemon/ipc/control.h"

/* Finds out whether stderr is the journal, and becomes log_event()'s sink. */
void journal_open(void);

/* Writes a line of a process.  event and text are cleaned first: a process
 * that was taken over must not write to an administrator's terminal. */
void journal_line(enum role, uint32_t index, int priority, const char *event,
    const char *text);

#endif
