/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * staple_file: answers of OCSP on the disk, so that a pool that is started
 * again has them for its first handshake.  They are judged anew when they are
 * read.
 */
#ifndef TLSPOOL_VERIFIER_STAPLE_FILE_H
#define TLSPOOL_VERIFIER_STAPLE_FILE_H

#include <time.h>

#include "daemon/ipc/voucher.h"

enum {
	/* Seconds since it was written: the answers that are used live for
	 * days, and what is older is of a chain that is gone. */
	STAPLE_FILE_OLD = 31 * 24 * 60 * 60,
};

/* Writes an answer with the chain that it is for, in one step, and the folder
 * where there is none.  0, or -1 and errno. */
int staple_file_write(const char *folder, const uint8_t id[CHAIN_ID_SIZE],
    struct blob chain, struct blob answer);

void staple_file_remove(const char *folder, const uint8_t id[CHAIN_ID_SIZE]);

/*
 * Calls for each, which is what was written, and for most at the most; what
 * is old, or something else, is removed.
 */
void staple_file_each(const char *folder, time_t now, size_t most,
    void (*call)(const uint8_t id[CHAIN_ID_SIZE], struct blob chain,
	struct blob answer));

#endif
