/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * id_staple: what the verifier staples to a chain.
 */
#ifndef TLSPOOL_TOOL_ID_STAPLE_H
#define TLSPOOL_TOOL_ID_STAPLE_H

#include "tool/admin.h"

struct id_staple {
	const char *state; /* "good", "revoked", "none"; NULL: not known */
	struct admin_staple_ans ans;
};

/*
 * Asks over a connection of its own, in whose packet the texts then are.
 * Without a chain (one that is too long to be shown has none), and where the
 * verifier does not answer, nothing is known.
 */
void id_staple_ask(struct id_staple *, struct admin *, struct blob chain);

#endif
