/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * progress: what front is told of sessions, for its quotas.
 */
#ifndef TLSPOOL_WORKER_PROGRESS_H
#define TLSPOOL_WORKER_PROGRESS_H

#include <stdint.h>

/* Front is to know it when this round of the loop has ended. */
void progress_established(uint64_t session);
void progress_finished(uint64_t session);

/* At the end of each round: tells it. */
void progress_tell(void *unused);

#endif
