/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dns_context: libunbound as the configuration has it.
 */
#ifndef TLSPOOL_VERIFIER_DNS_CONTEXT_H
#define TLSPOOL_VERIFIER_DNS_CONTEXT_H

#include <stdbool.h>

#include "daemon/ipc/domain.h"
#include "daemon/sys/config.h"

struct ub_ctx;

/* The file that "trust-anchor" means, or NULL; and whether it is kept up to
 * date (RFC 5011), for which its folder must be writable. */
const char *dns_context_anchor(const struct config *, bool *kept);

/*
 * A context whose answers come by its descriptor, or NULL and a number for
 * ub_strerror().  forgets: it remembers nothing that it is told.  owner: the name of the first key of the trust anchor; "" is
 * the root, or that there is no anchor.
 */
struct ub_ctx *dns_context_open(
    const struct config *, bool forgets, char owner[DOMAIN_SIZE], int *error);

#endif
