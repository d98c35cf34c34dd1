/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * session_words: what the numbers of a session mean.
 */
#ifndef TLSPOOL_TOOL_SESSION_WORDS_H
#define TLSPOOL_TOOL_SESSION_WORDS_H

#include <stdint.h>

/* "1.3" for 0x0304; "-" for a version that is not known (yet). */
const char *tls_word(uint64_t version);

/* "client" or "server", for an enum app_role. */
const char *role_word(uint64_t role);

#endif
