/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * frame: which messages of LDAP are whole, and shaped so that libldap may be
 * given them: of some others it loses the memory.
 */
#ifndef TLSPOOL_VERIFIER_FRAME_H
#define TLSPOOL_VERIFIER_FRAME_H

#include <stddef.h>
#include <stdint.h>

/*
 * The message that bytes begin with (RFC 4511, section 4.1.1), of at most max
 * bytes: 1 and its length; 0: it is not whole yet; -1: it is none, or not an
 * entry, its end, or the answer to an extended operation.
 */
int frame_check(const uint8_t *, size_t len, size_t max, size_t *length);

#endif
