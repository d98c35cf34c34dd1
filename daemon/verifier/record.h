/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * record: the RDATA of the records that are asked for, in the presentation form of
 * zone files.
 */
#ifndef TLSPOOL_VERIFIER_RECORD_H
#define TLSPOOL_VERIFIER_RECORD_H

#include "daemon/ipc/domain.h"
#include "daemon/ipc/wire.h"

enum {
	RECORD_TEXT = 512,
	RECORD_SHOWN = 80, /* octets of data; of longer ones only the first */
};

/* Any bytes at all: what is no such record is shown as RFC 3597 has it. */
const char *record_text(
    unsigned type, struct blob rdata, char text[RECORD_TEXT]);

/*
 * The name in RDATA that begins at `at` and ends with it, without compression.
 * 0, or -1 where it is none, or the root.
 */
int record_name(struct blob rdata, size_t at, char out[DOMAIN_SIZE]);

#endif
