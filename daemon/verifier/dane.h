/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dane: the method that believes what the peer's domain says in its own,
 * signed, DNS (RFC 6698, 7671, 8162).
 */
#ifndef TLSPOOL_VERIFIER_DANE_H
#define TLSPOOL_VERIFIER_DANE_H

#include "daemon/verifier/verdict.h"

/*
 * Asks for the records of the peer: of a server, TLSA at its name and port, or
 * at the hosts that its MX or SRV records name for the service; of
 * a client that is a domain, TLSA at its name; of a user, SMIMEA.  Cannot
 * speak where it is proved that there are none, or that nothing is signed, or
 * where none can be used; says no where that is not proved, for then an
 * attacker may be hiding them.
 */
enum says dane_ask(struct verdict *);

/* Sends the questions about a server, so that the answers may be here before
 * its certificate is.  Any name at all; service may be "". */
void dane_prepare(const char *remote_name, const char *service, uint32_t port);

#endif
