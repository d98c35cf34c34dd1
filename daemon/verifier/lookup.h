/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * lookup: what is published for a name, held against what is served.
 */
#ifndef TLSPOOL_VERIFIER_LOOKUP_H
#define TLSPOOL_VERIFIER_LOOKUP_H

#include <stdint.h>

/* Answers ADMIN_TLSA_LOOKUP on the connection, once the DNS has answered. */
void lookup_begin(int connection, uint32_t request, void *admin_tlsa_lookup);

#endif
