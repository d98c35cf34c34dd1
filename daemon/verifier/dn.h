/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dn: the distinguished name of the entry that a peer has in the directory of
 * its domain.
 */
#ifndef TLSPOOL_VERIFIER_DN_H
#define TLSPOOL_VERIFIER_DN_H

#include "daemon/ipc/domain.h"
#include "daemon/verifier/peername.h"

enum { DN_SIZE = 3 * APP_NAME_MAX + 4 * DOMAIN_SIZE };

/*
 * "uid=anna,dc=example,dc=com" of a user, "dc=example,dc=com" of a domain, as
 * RFC 4514 has them, whatever stands before the @.  0, or -1: a peer of such a
 * name has no entry.
 */
int dn_write(const struct peername *, char dn[DN_SIZE]);

#endif
