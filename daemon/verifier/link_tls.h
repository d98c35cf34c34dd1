/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * link_tls: the TLS of a connection to a directory, which never waits; what
 * it shows is judged as any other server is.
 */
#ifndef TLSPOOL_VERIFIER_LINK_TLS_H
#define TLSPOOL_VERIFIER_LINK_TLS_H

#include <sys/types.h>

#include "daemon/verifier/verdict.h"

struct link_tls;

/* A client on a connection, which stays the caller's.  NULL: no memory. */
struct link_tls *link_tls_new(int fd, const char *host);
void link_tls_free(struct link_tls *);

/* 1: hands are shaken; 0: not yet; -1, and why. */
int link_tls_shake(struct link_tls *, const char **why);

/* Does it wait until it can write? */
bool link_tls_wants_write(const struct link_tls *);

/* As recv(2) and send(2): -1 and EAGAIN, or another error. */
ssize_t link_tls_recv(struct link_tls *, void *, size_t);
ssize_t link_tls_send(struct link_tls *, const void *, size_t);

/*
 * What is trusted of directories, of which *own is a copy that owns nothing
 * and is good until control returns to the loop.
 */
void link_tls_trust(struct trust *own, const struct trust *);

/* A verdict on the server, by own: by DANE, and by anchors where there are
 * any.  NULL: no memory. */
struct verdict *link_tls_judge(
    struct link_tls *, struct trust *own, const char *host, uint16_t port);

#endif
