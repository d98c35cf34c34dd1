/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * pin: the handshake has proved already that the peer holds the key.
 */
#include <errno.h>
#include <string.h>

#include "daemon/verifier/pin.h"

enum {
	/* Seconds that a yes may be remembered: a pin has no end of its own,
	 * but the administrator may take it away. */
	PIN_LIFETIME = 24 * 60 * 60,
};

static enum says
cannot_read(struct verdict *v, const char *trouble)
{
	return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_INTERNAL_ERROR,
	    "the pinned keys cannot be read: %s", trouble);
}

static void
note_key(struct verdict *v, const char *origin, const uint8_t *pinned,
    const uint8_t *key)
{
	char hex[2 * PIN_SIZE + 1];
	size_t len = sizeof(hex);
	gnutls_datum_t data = { .size = PIN_SIZE };

	data.data = (unsigned char *)(uintptr_t)pinned;
	if (gnutls_hex_encode(&data, hex, &len) == 0)
		verdict_step(v, "pin: sha256:%s is pinned by %s%s", hex, origin,
		    memcmp(pinned, key, PIN_SIZE) == 0 ? ", and is the peer's"
						       : "");
}

/* All that are looked at. */
static void
note_keys(struct verdict *v, const struct peername *name, const uint8_t *key)
{
	size_t at = pins_place(v->trust->pins, v->peer_is_server, name);
	const struct known_key *k;
	const uint8_t *pinned;
	const char *text;
	bool server;

	for (; pins_get(v->trust->pins, at, &text, &server, &pinned) &&
	       server == v->peer_is_server && strcmp(text, name->text) == 0;
	     at++)
		note_key(v, "the file of pins", pinned, key);
	for (size_t i = 0; (k = known_get(v->trust->known, i)) != NULL; i++)
		if (k->kind == KNOWN_PINNED && k->server == v->peer_is_server &&
		    strcmp(k->name, name->text) == 0)
			note_key(v, "trust pin", k->key, key);
}

enum says
pin_ask(struct verdict *v)
{
	const struct peername *name = verdict_name(v);
	uint8_t key[PIN_SIZE];
	size_t n;
	const struct known_key *any;
	bool match, match_known;

	/* Whoever was pinned must not pass by a weaker method only because a
	 * file has a fault. */
	if (v->trust->pins == NULL && v->trust->pins_file.path != NULL)
		return cannot_read(v, v->trust->pins_file.trouble);
	if (v->trust->known == NULL && v->trust->known_trouble[0] != '\0')
		return cannot_read(v, v->trust->known_trouble);
	if (name->kind == PEERNAME_NONE) {
		verdict_step(v, "pin: keys are pinned for names");
		return SAYS_CANNOT;
	}
	if (!verdict_key(v, key))
		return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE,
		    "the key of the peer cannot be read");
	n = pins_find(v->trust->pins, v->peer_is_server, name, key, &match);
	n += known_find(v->trust->known, v->peer_is_server, name, KNOWN_PINNED,
	    key, &match_known, &any);
	match = match || match_known;
	if (v->steps != NULL)
		note_keys(v, name, key);
	if (n == 0) {
		verdict_step(v, "pin: no key of %s is pinned", name->text);
		return SAYS_CANNOT;
	}
	if (!match)
		return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE,
		    "the key of %s is not one of its %zu pinned keys",
		    name->text, n);
	return verdict_accept(v, "pin", (uint64_t)v->now + PIN_LIFETIME,
	    "the key is pinned for %s", name->text);
}
