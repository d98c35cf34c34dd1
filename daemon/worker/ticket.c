/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * ticket: GnuTLS seals and opens them, with one key in a session; so the one
 * that opens the client's ticket is chosen by the name of the key, which
 * stands at its front.
 */
#include <string.h>
#include <time.h>

#include <gnutls/crypto.h>

#include "daemon/ipc/credential.h"
#include "daemon/sys/role.h"
#include "daemon/worker/ticket.h"

enum {
	EXTENSION_SESSION_TICKET = 35,
	EXTENSION_PRE_SHARED_KEY = 41,
	SHA3_512_SIZE = 64,
	/* GnuTLS makes a key of its own from the one that it is given, and
	 * another one in every third lifetime. */
	LIFETIMES = 3,
	CHAIN_LIMIT = 12 * 1024, /* bytes, of the client: they come back in
				    each of its ClientHellos */
};

/* TLS 1.2: a ticket.  TLS 1.3: a list of identities, the first of which is
 * one; it comes behind the other, where a client sends both. */
static int
on_extension(
    void *attempt, unsigned type, const unsigned char *data, unsigned len)
{
	struct attempt *a = attempt;
	unsigned skip = type == EXTENSION_PRE_SHARED_KEY ? 4 : 0;

	if (type != EXTENSION_PRE_SHARED_KEY &&
	    type != EXTENSION_SESSION_TICKET)
		return 0;
	if (len < skip + TICKET_NAME_SIZE)
		return 0;
	memcpy(a->ticket_name, data + skip, TICKET_NAME_SIZE);
	a->ticket = true;
	return 0;
}

/* GnuTLS refuses by itself what is malformed. */
static int
on_client_hello(gnutls_session_t tls, unsigned type, unsigned when,
    unsigned incoming, const gnutls_datum_t *hello)
{
	struct session *s = gnutls_session_get_ptr(tls);

	(void)type;
	(void)when;
	(void)incoming;
	(void)gnutls_ext_raw_parse(s->attempt, on_extension, hello,
	    GNUTLS_EXT_RAW_FLAG_TLS_CLIENT_HELLO);
	return 0;
}

void
ticket_expect(struct session *s)
{
	gnutls_handshake_set_hook_function(s->tls,
	    GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE, on_client_hello);
}

static bool
has_name(const struct attempt *a, struct blob key, uint64_t period)
{
	uint8_t input[8 + TICKET_KEY_SIZE], output[SHA3_512_SIZE];
	struct wire_writer w = { .data = input, .size = sizeof(input) };
	int r;

	wire_put_u64(&w, period);
	memcpy(input + w.len, key.data, TICKET_KEY_SIZE);
	r = gnutls_hash_fast(GNUTLS_DIG_SHA3_512, input, sizeof(input), output);
	explicit_bzero(input, sizeof(input));
	r = r == 0 && memcmp(output, a->ticket_name, TICKET_NAME_SIZE) == 0;
	explicit_bzero(output, sizeof(output));
	return r;
}

/*
 * Was the client's ticket sealed with what GnuTLS makes of that key, in this
 * period or the one before?  Where another GnuTLS goes about it in another
 * way, the answer is no, and the handshake is a full one.
 */
static bool
opens(const struct attempt *a, struct blob key, unsigned lifetime)
{
	uint64_t period = (uint64_t)time(NULL) / (lifetime * LIFETIMES);

	return a->ticket && key.len > 0 &&
	       (has_name(a, key, period) || has_name(a, key, period - 1));
}

int
ticket_enable(struct session *s, struct blob key, struct blob previous)
{
	unsigned lifetime = role.config->ticket_lifetime / 1000;
	gnutls_datum_t chosen;

	if (key.len == 0)
		return 0;
	if (key.len != TICKET_KEY_SIZE ||
	    (previous.len != 0 && previous.len != TICKET_KEY_SIZE))
		return -1;
	gnutls_db_set_cache_expiration(s->tls, (int)lifetime);
	if (opens(s->attempt, previous, lifetime))
		key = previous;
	chosen.data = (unsigned char *)(uintptr_t)key.data;
	chosen.size = (unsigned)key.len;
	s->attempt->tickets =
	    gnutls_session_ticket_enable_server(s->tls, &chosen) == 0;
	return 0;
}

static size_t
chain_size(gnutls_session_t tls)
{
	unsigned n = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(tls, &n);
	size_t size = 0;

	for (unsigned i = 0; chain != NULL && i < n; i++)
		size += chain[i].size;
	return size;
}

/* TLS 1.2 sends its ticket within the handshake. */
void
ticket_send(struct session *s)
{
	if (!s->attempt->tickets ||
	    gnutls_protocol_get_version(s->tls) != GNUTLS_TLS1_3 ||
	    chain_size(s->tls) > CHAIN_LIMIT)
		return;
	/* The transport takes it whole; where the session cannot be resumed
	 * it is as good as before. */
	(void)gnutls_session_ticket_send(s->tls, 1, 0);
}
