/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * deliver: what the worker says to the application.
 */
#ifndef TLSPOOL_WORKER_DELIVER_H
#define TLSPOOL_WORKER_DELIVER_H

#include "daemon/ipc/verify.h"
#include "daemon/worker/session.h"

/* May I be this name? 0, or -1: the application is gone. */
int deliver_question(struct session *, uint32_t kind, const char *name);

/*
 * The handshake is done: makes the plaintext descriptor, where the
 * application has not brought its own, and hands it over.  0, or -1 and errno.
 */
int deliver_started(struct session *);

/*
 * What the peer showed, and how the verdict on it came about, to an
 * application that wants to hear of it.  0, or -1 and errno: it cannot be
 * told.
 */
int deliver_trace(struct session *, const struct verify_ans *);

/* It failed; alert: the number that was sent, or -1. */
void deliver_failed(struct session *, int error, int alert, const char *reason);

/* Why it ended, to an application that wants to hear of it; by the relay
 * thread. */
void deliver_closed(struct session *, enum app_close, const char *text);

#endif
