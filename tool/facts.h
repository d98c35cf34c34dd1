/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * facts: what is known of a session: who the peer is, how that was decided,
 * and what TLS agreed on.
 */
#ifndef TLSPOOL_TOOL_FACTS_H
#define TLSPOOL_TOOL_FACTS_H

#include <stdbool.h>

struct tlspool_session;

/* All of them, on standard error.  address: the peer's. */
void facts_print(
    const struct tlspool_session *, const char *address, bool json);

/*
 * Ended well?  What the session's close reason means for somebody who has
 * read to the end: *why is a sentence where it is false, valid until the next call.
 */
bool facts_closed_well(const struct tlspool_session *, const char **why);

/* One word for the reason: "clean", "truncated" … */
const char *facts_close_word(int reason);

#endif
