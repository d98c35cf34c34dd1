/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * facts: a session, for people and for programs.
 */
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include <tlspool/tlspool.h>

#include "tool/facts.h"
#include "tool/session_words.h"
#include "tool/table.h"

struct facts {
	const char *address;
	const char *peer; /* for people: "nobody" where it has no name */
	const char *peer_name;
	const char *method;
	const char *evidence;
	uint64_t until;
	const char *local;
	const char *server_name;
	uint32_t version;
	const char *cipher;
	const char *alpn;
	bool resumed;
	uint64_t session;
};

#define F struct facts
static const struct column columns[] = {
	COLUMN(F, TEXT, address, "address", "address"),
	COLUMN(F, TEXT, peer, "peer", NULL),
	COLUMN(F, TEXT, peer_name, NULL, "peer"),
	COLUMN(F, TEXT, method, "decided by", "method"),
	COLUMN(F, TEXT, evidence, "evidence", "evidence"),
	COLUMN(F, TIME, until, "good until", "until"),
	COLUMN(F, TEXT, local, "we are", "local"),
	COLUMN(F, TEXT, server_name, "server name", "server_name"),
	COLUMN_WORD(F, NUMBER, version, "TLS", "tls", tls_word),
	COLUMN(F, TEXT, cipher, "cipher", "cipher"),
	COLUMN(F, TEXT, alpn, "ALPN", "alpn"),
	COLUMN(F, BOOLEAN, resumed, "resumed", "resumed"),
	COLUMN(F, NUMBER, session, "session", "session"),
};
#undef F

void
facts_print(const struct tlspool_session *s, const char *address, bool json)
{
	struct facts f = {
		.address = address,
		.peer_name = tlspool_session_peer_name(s),
		.method = tlspool_session_method(s),
		.evidence = tlspool_session_evidence(s),
		.until = tlspool_session_until(s),
		.local = tlspool_session_local_name(s),
		.server_name = tlspool_session_server_name(s),
		.version = (uint32_t)tlspool_session_version(s),
		.cipher = tlspool_session_cipher(s),
		.alpn = tlspool_session_alpn(s, NULL),
		.resumed = tlspool_session_resumed(s) == 1,
		.session = tlspool_session_number(s),
	};

	f.peer = f.peer_name != NULL && *f.peer_name != '\0'
		     ? f.peer_name
		     : "(without a name)";
	record_print(
	    stderr, columns, sizeof(columns) / sizeof(columns[0]), json, &f);
}

const char *
facts_close_word(int reason)
{
	switch (reason) {
	case TLSPOOL_CLOSED_CLEAN:
		return "clean";
	case TLSPOOL_CLOSED_TRUNCATED:
		return "truncated";
	case TLSPOOL_CLOSED_ERROR:
		return "error";
	case TLSPOOL_CLOSED_LOCAL:
		return "local";
	case TLSPOOL_CLOSED_DAEMON:
		return "daemon";
	default:
		return "open";
	}
}

bool
facts_closed_well(const struct tlspool_session *s, const char **why)
{
	static char sentence[512];
	const char *text = tlspool_session_closed_text(s);

	switch (tlspool_session_closed(s)) {
	case TLSPOOL_OPEN:
		*why = "the daemon does not say how the session ended";
		return false;
	case TLSPOOL_CLOSED_CLEAN:
	case TLSPOOL_CLOSED_LOCAL:
		return true;
	case TLSPOOL_CLOSED_TRUNCATED:
		*why = "the connection was cut: no close_notify came, so the "
		       "end may be missing";
		return false;
	case TLSPOOL_CLOSED_DAEMON:
		*why = "the daemon went away during the session";
		return false;
	default:
		snprintf(sentence, sizeof(sentence), "the session broke%s%s",
		    *text != '\0' ? ": " : "", text);
		*why = sentence;
		return false;
	}
}
