/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * resumption: sessions by the SHA-256 of all that they must have in common.
 * The verdict is not kept with them: GnuTLS keeps what the server showed, and
 * the verifier is asked about that again.
 *
 * Under TLS 1.3 tickets come when the relay thread has the session, hence the
 * lock.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>

#include "daemon/ipc/hash.h"
#include "daemon/sys/role.h"
#include "daemon/worker/credentials.h"
#include "daemon/worker/resumption.h"
#include "daemon/worker/verify.h"

enum {
	MAX_PEERS = 512,
	SLOTS = 2,	      /* sessions for a peer: many servers send two */
	DATA_MAX = 24 * 1024, /* bytes of one, with the server's chain */
};

struct kept {
	gnutls_datum_t data;
	bool raw_key; /* GnuTLS does not tell of a session that is resumed */
	time_t since;
};

struct peer {
	UT_hash_handle hh;
	uint8_t key[RESUMPTION_KEY_SIZE];
	struct kept slots[SLOTS]; /* the newest first */
};

/* In the order of their last use, the oldest first. */
static struct peer *peers;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void
kept_free(struct kept *kept)
{
	if (kept->data.data != NULL)
		explicit_bzero(kept->data.data, kept->data.size);
	gnutls_free(kept->data.data);
	memset(kept, 0, sizeof(*kept));
}

static void
peer_free(struct peer *peer)
{
	HASH_DEL(peers, peer);
	for (size_t i = 0; i < SLOTS; i++)
		kept_free(&peer->slots[i]);
	free(peer);
}

void
resumption_forget(void)
{
	(void)pthread_mutex_lock(&lock);
	while (peers != NULL)
		peer_free(peers);
	(void)pthread_mutex_unlock(&lock);
}

bool
resumption_wanted(const struct session *s)
{
	return s->role == APP_ROLE_CLIENT && role.config->tickets &&
	       s->attempt->start.remote_name != NULL &&
	       (s->flags & (APP_NO_CACHE_READ | APP_NO_CACHE_WRITE)) == 0;
}

/* The one with that key, made where there is none; NULL: no memory. */
static struct peer *
peer_get(const uint8_t *key)
{
	struct peer *peer;

	HASH_FIND(hh, peers, key, RESUMPTION_KEY_SIZE, peer);
	if (peer != NULL) {
		HASH_DEL(peers, peer);
	} else {
		if ((peer = calloc(1, sizeof(*peer))) == NULL)
			return NULL;
		memcpy(peer->key, key, RESUMPTION_KEY_SIZE);
		if (HASH_COUNT(peers) >= MAX_PEERS)
			peer_free(peers);
	}
	HASH_ADD(hh, peers, key, RESUMPTION_KEY_SIZE, peer);
	return peer;
}

/* Takes its data over. */
static void
put(const uint8_t *key, struct kept kept)
{
	struct peer *peer;

	(void)pthread_mutex_lock(&lock);
	if ((peer = peer_get(key)) == NULL) {
		kept_free(&kept);
	} else {
		kept_free(&peer->slots[SLOTS - 1]);
		memmove(&peer->slots[1], &peer->slots[0],
		    (SLOTS - 1) * sizeof(kept));
		peer->slots[0] = kept;
	}
	(void)pthread_mutex_unlock(&lock);
}

static struct kept
take(const uint8_t *key)
{
	struct kept kept = { .since = 0 };
	struct peer *peer;

	(void)pthread_mutex_lock(&lock);
	HASH_FIND(hh, peers, key, RESUMPTION_KEY_SIZE, peer);
	if (peer != NULL) {
		kept = peer->slots[0];
		memmove(&peer->slots[0], &peer->slots[1],
		    (SLOTS - 1) * sizeof(kept));
		memset(&peer->slots[SLOTS - 1], 0, sizeof(kept));
		if (peer->slots[0].data.data == NULL)
			peer_free(peer);
	}
	(void)pthread_mutex_unlock(&lock);
	return kept;
}

static void
put_text(struct wire_writer *w, const char *text)
{
	wire_put_byte(w, text != NULL);
	wire_put_string(w, text, text != NULL ? strlen(text) : 0);
}

/* Everything that the session and its verdict rest on.  -1: it is too long. */
static int
make_key(const struct session *s, uint8_t key[RESUMPTION_KEY_SIZE])
{
	const struct start *start = &s->attempt->start;
	uint8_t text[4096];
	struct wire_writer w = { .data = text, .size = sizeof(text) };

	wire_put_u32(&w, s->uid);
	wire_put_u32(&w, s->flags);
	put_text(&w, s->local_name);
	wire_put_string(&w, credentials_digest(s->credentials),
	    s->credentials != NULL ? CREDENTIALS_DIGEST_SIZE : 0);
	put_text(&w, start->remote_name);
	put_text(&w, start->service);
	wire_put_u32(&w, verify_port(s));
	wire_put_string(&w, start->alpn.data, start->alpn.len);
	wire_put_u32(&w, start->min_version);
	wire_put_u32(&w, start->max_version);
	if (w.full)
		return -1;
	return gnutls_hash_fast(GNUTLS_DIG_SHA256, text, w.len, key);
}

static void
keep(const struct session *s)
{
	struct kept kept = { .raw_key = s->raw_key, .since = time(NULL) };

	if (gnutls_session_get_data2(s->tls, &kept.data) != 0)
		return;
	if (kept.data.size <= DATA_MAX)
		put(s->resumption, kept);
	else
		kept_free(&kept);
}

/* Each ticket of TLS 1.3, whenever it comes. */
static int
on_ticket(gnutls_session_t tls, unsigned type, unsigned when, unsigned incoming,
    const gnutls_datum_t *message)
{
	(void)type;
	(void)when;
	(void)incoming;
	(void)message;
	if (gnutls_protocol_get_version(tls) == GNUTLS_TLS1_3)
		keep(gnutls_session_get_ptr(tls));
	return 0;
}

void
resumption_offer(struct session *s)
{
	time_t oldest = time(NULL) - role.config->ticket_lifetime / 1000;
	struct kept kept;

	if (!resumption_wanted(s) ||
	    (s->resumption = malloc(RESUMPTION_KEY_SIZE)) == NULL)
		return;
	if (make_key(s, s->resumption) != 0) {
		free(s->resumption);
		s->resumption = NULL;
		return;
	}
	gnutls_handshake_set_hook_function(s->tls,
	    GNUTLS_HANDSHAKE_NEW_SESSION_TICKET, GNUTLS_HOOK_POST, on_ticket);
	kept = take(s->resumption);
	if (kept.data.data != NULL && kept.since >= oldest) {
		(void)gnutls_session_set_data(
		    s->tls, kept.data.data, kept.data.size);
		s->raw_key = kept.raw_key;
	}
	kept_free(&kept);
}

void
resumption_keep(struct session *s)
{
	if (s->resumption != NULL &&
	    gnutls_protocol_get_version(s->tls) == GNUTLS_TLS1_2)
		keep(s);
}
