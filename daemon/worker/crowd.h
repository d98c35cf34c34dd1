/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * crowd: when many sessions have ended, their memory goes back to the kernel.
 */
#ifndef TLSPOOL_WORKER_CROWD_H
#define TLSPOOL_WORKER_CROWD_H

/* So many sessions there are now; in the main thread, at every change. */
void crowd_changed(unsigned sessions);

#endif
