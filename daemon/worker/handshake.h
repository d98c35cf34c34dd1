/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * handshake: GnuTLS, up to the moment that the session is established.
 */
#ifndef TLSPOOL_WORKER_HANDSHAKE_H
#define TLSPOOL_WORKER_HANDSHAKE_H

#include "daemon/worker/session.h"

/* What a turn of the handshake has come to, and what it needs to go on. */
enum handshake_step {
	HANDSHAKE_DONE,
	HANDSHAKE_WAIT,	  /* bytes of the peer, or room for ours */
	HANDSHAKE_HELLO,  /* the ClientHello has come: which identity? */
	HANDSHAKE_SIGN,	  /* a signature */
	HANDSHAKE_VERIFY, /* a verdict on the peer's certificate */
	HANDSHAKE_FAILED, /* attempt->result says why */
};

/* Priorities from role.config; again after a reload.  0, or -1 (logged). */
int handshake_configure(void);
void handshake_unconfigure(void);

/*
 * Makes the GnuTLS session for s->attempt->start.  0, or -1 and errno, and
 * then one sentence in s->attempt->reason.
 */
int handshake_begin(struct session *);

/*
 * One turn: as far as it gets without waiting for anything.  readable: the
 * peer has sent something, or may have; else only what was read ahead is
 * looked at.
 */
enum handshake_step handshake_run(struct session *, bool readable);

/*
 * Within a handshake, on its fiber: leaves it until session_continue().  0,
 * or -1: the handshake has been given up.
 */
int handshake_pause(struct session *);

/* Brings a handshake that is paused to its end. */
void handshake_abandon(struct session *);

/*
 * What to tell about a failed handshake: the errno for the application and
 * one sentence; the alert for the peer, or -1 where none can be sent.
 */
int handshake_error(const struct session *, char *sentence, size_t size);
int handshake_alert(const struct session *);

/* Sends a fatal alert. */
void handshake_send_alert(struct session *, int alert);

#endif
