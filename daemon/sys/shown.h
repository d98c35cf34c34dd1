/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * shown: what a peer showed of itself in a handshake, as VERIFY_REQ carries it.
 */
#ifndef TLSPOOL_SYS_SHOWN_H
#define TLSPOOL_SYS_SHOWN_H

#include <gnutls/gnutls.h>

#include "daemon/ipc/credential.h"
#include "daemon/ipc/verify.h"

enum { SHOWN_MAX = CHAIN_MAX + STAPLED_MAX };

/*
 * Sets chain and ocsp of the request, or raw_key where that is what the peer
 * showed, to what is put into buf.  False: there is not room for all of it, or
 * there is none.
 */
bool shown_take(
    gnutls_session_t, bool raw, uint8_t buf[SHOWN_MAX], struct verify_req *);

#endif
