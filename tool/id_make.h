/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * id_make: what id generate and id request share: the new key's type, and
 * what to do with the PEM that comes back.
 */
#ifndef TLSPOOL_TOOL_ID_MAKE_H
#define TLSPOOL_TOOL_ID_MAKE_H

#include "tool/admin.h"

struct id_make {
	const char *name;
	const char *type; /* "ecdsa", "ed25519", "rsa" */
	uint32_t bits;
	uint32_t days;
	const char *out; /* file; NULL: standard output */
};

/* Reads options and the name; with_days: --days is one of them. */
void id_make_options(int argc, char **argv, bool with_days, struct id_make *);

/*
 * Asks, and prints or writes the answer's PEM.  what: "certificate", its name
 * in JSON.
 */
int id_make(const struct id_make *, const struct message_schema *,
    const void *ask, const char *what);

#endif
