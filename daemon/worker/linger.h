/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * linger: a ciphertext descriptor after its session.  Closed at once, with
 * bytes of the peer unread, TCP would answer with a reset, and the peer might
 * never see the alert or the last bytes that we wrote: so they are written
 * out first, and what still comes is read and thrown away, for a while.
 */
#ifndef TLSPOOL_WORKER_LINGER_H
#define TLSPOOL_WORKER_LINGER_H

#include "daemon/sys/loop.h"
#include "daemon/worker/transport.h"

/* Takes over what the transport has; it is closed in every case. */
void linger_start(struct loop *, struct transport *);

/* How long, in milliseconds, from now on; from any thread. */
void linger_configure(uint32_t ms);

/* How many there are, of all threads. */
unsigned linger_count(void);

/* Closes those of the calling thread. */
void linger_stop(void);

#endif
