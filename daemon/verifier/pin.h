/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * pin: the method that knows a peer by its key, which the administrator has
 * pinned.
 */
#ifndef TLSPOOL_VERIFIER_PIN_H
#define TLSPOOL_VERIFIER_PIN_H

#include "daemon/verifier/verdict.h"

/*
 * Yes where the key is one that is pinned for the name; no where others are;
 * cannot speak where none is.  Names and dates of the certificate do not
 * count.
 */
enum says pin_ask(struct verdict *);

#endif
