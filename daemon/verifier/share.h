/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * share: how many questions are under way about the names below one domain,
 * so that a domain whose servers are silent cannot have all the places.
 */
#ifndef TLSPOOL_VERIFIER_SHARE_H
#define TLSPOOL_VERIFIER_SHARE_H

#include <stddef.h>

struct share;

/*
 * One more about this name, where there are less than max about names that
 * have its last two labels; NULL: there are not, or there is no memory.
 * *shares is NULL at first; case is the caller's to settle.
 */
struct share *share_take(struct share **shares, const char *name, size_t max);

/* Gives back what was taken; NULL is harmless. */
void share_give(struct share **shares, struct share *);

#endif
