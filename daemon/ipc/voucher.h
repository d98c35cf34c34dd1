/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * voucher: what the keeper states, under a MAC, about the certificates that
 * it answers a worker with: they are those of an identity of this pool.  The
 * verifier sends requests over the network for no others, so that a worker
 * that was taken over cannot choose where to.
 */
#ifndef TLSPOOL_IPC_VOUCHER_H
#define TLSPOOL_IPC_VOUCHER_H

#include <stdbool.h>

#include "daemon/ipc/grant.h"

enum {
	VOUCHER_MESSAGE = 97, /* its type byte: see seal.h */
	VOUCHER_CHAINS = 8,
	VOUCHER_MAX = 512,	  /* bytes, sealed */
	CHAIN_ID_SIZE = 32,	  /* SHA-256 of a chain, as a list of DER */
	VOUCHER_LIFE = 60 * 1000, /* milliseconds: it is used at once */
};

struct voucher {
	struct blob chains; /* ids, one behind the other */
	uint64_t until;	    /* milliseconds of CLOCK_BOOTTIME */
};

/* Seals it into buf, of at least VOUCHER_MAX bytes.  Its length, or -1 and
 * errno. */
int voucher_seal(
    const struct grant_keys *, const struct voucher *, uint8_t *buf);

/*
 * Does a sealed voucher of VOUCHER_MAX bytes at most say that the chain is
 * one of ours?  0, or -1 and errno, as of seal_open(), and: ETIMEDOUT its
 * time is over, ENOENT it is about others.
 */
int voucher_check(const struct grant_keys *, struct blob sealed, uint64_t now,
    const uint8_t id[CHAIN_ID_SIZE]);

/* The id of a chain, which is a list of DER, the leaf first.  0, or -1. */
int chain_id(struct blob list, uint8_t id[CHAIN_ID_SIZE]);

#endif
