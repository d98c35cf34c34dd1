/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * ldap: the method that believes what the directory of the peer's domain
 * holds.
 */
#ifndef TLSPOOL_VERIFIER_LDAP_H
#define TLSPOOL_VERIFIER_LDAP_H

#include "daemon/verifier/verdict.h"

/*
 * Takes the configuration, at the start or anew.  What the sandbox lets
 * through is decided at the start: sockets to the network, to this machine.
 */
void ldap_init(struct loop *, const struct config *, const struct trust *);
void ldap_allow(bool network, bool local);

/* What the directories of a configuration need; without any, nothing. */
void ldap_needs(const struct config *, bool *network, bool *local);

/*
 * Asks the directory for the certificates of the peer.  Cannot speak where
 * there is no directory, as the configuration or the DNS prove, and where it
 * has no entry of the peer or no certificate in it.  No where another
 * certificate is in it, and where nobody could be asked, for then an attacker
 * may be hiding that.
 */
enum says ldap_ask(struct verdict *);

/* Sends the question where the directory of a server is. */
void ldap_prepare(const char *remote_name);

#endif
