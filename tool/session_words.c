/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * session_words: names for the numbers of TLS.
 */
#include "daemon/ipc/app.h"
#include "tool/session_words.h"

const char *
tls_word(uint64_t version)
{
	switch (version) {
	case 0x0303:
		return "1.2";
	case 0x0304:
		return "1.3";
	default:
		return "-";
	}
}

const char *
role_word(uint64_t role)
{
	return role == APP_ROLE_SERVER ? "server" : "client";
}
