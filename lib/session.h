/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * session: what is known of an established session.
 */
#ifndef TLSPOOL_LIB_SESSION_H
#define TLSPOOL_LIB_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/ipc/app.h"
#include "daemon/ipc/channel.h"

struct tlspool_session {
	uint8_t *message; /* the STARTED that the texts of facts are in */
	struct started facts;
	char alpn[256]; /* ends in NUL */
	int closed;	/* TLSPOOL_OPEN, TLSPOOL_CLOSED_* */
	char *text;	/* why, or NULL */
	uint64_t received;
	uint64_t sent;
};

/*
 * Makes a session from a STARTED message; the descriptors stay the packet's.
 * NULL and errno: EBADMSG or EOPNOTSUPP of packet_decode(), ENOMEM.
 */
struct tlspool_session *session_new(struct packet *);
void session_free(struct tlspool_session *);
/* Keeps why it was closed, with the numbers of app.h, and its bytes. */
void session_close(struct tlspool_session *, const struct closed *);

#endif
