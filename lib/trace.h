/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * trace: what the peer showed, and how the verdict on it came about.
 */
#ifndef TLSPOOL_LIB_TRACE_H
#define TLSPOOL_LIB_TRACE_H

#include <tlspool/tlspool.h>

#include "daemon/ipc/channel.h"

/* Makes a trace from a TRACE message.  NULL and errno: EBADMSG or EOPNOTSUPP
 * of packet_decode(), ENOMEM. */
struct tlspool_trace *trace_new(struct packet *);
void trace_free(struct tlspool_trace *);

#endif
