/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tlsa_owner: where in DNS the records of a service, of a client, and of a
 * user stand.
 */
#ifndef TLSPOOL_VERIFIER_TLSA_OWNER_H
#define TLSPOOL_VERIFIER_TLSA_OWNER_H

#include <stddef.h>
#include <stdint.h>

enum { TLSA_OWNER_MAX = 320 }; /* with the NUL */

/*
 * "_443._tcp.example.org" (RFC 6698, section 3), without a trailing dot; the
 * protocol is "tcp", "udp" or "sctp".  0, or -1 where it is too long for DNS.
 */
int tlsa_owner_service(char owner[TLSA_OWNER_MAX], uint16_t port,
    const char *protocol, const char *domain);

/*
 * Of user@domain: the SHA-256 of the local part, cut to 28 octets, below
 * _smimecert (RFC 8162, section 3).  The local part is taken as it is
 * written.  0, or -1 where it is no user, or too long for DNS.
 */
int tlsa_owner_user(char owner[TLSA_OWNER_MAX], const char *user);

#endif
