/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * pin: the handshake has proved already that the peer holds the key.
 */
#include <errno.h>

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

enum says
pin_ask(struct verdict *v)
{
	const struct peername *name = verdict_name(v);
	uint8_t key[PIN_SIZE];
	size_t len = sizeof(key), n;
	const struct known_key *any;
	bool match, match_known;

	/* Whoever was pinned must not pass by a weaker method only because a
	 * file has a fault. */
	if (v->trust->pins == NULL && v->trust->pins_file.path != NULL)
		return cannot_read(v, v->trust->pins_file.trouble);
	if (v->trust->known == NULL && v->trust->known_trouble[0] != '\0')
		return cannot_read(v, v->trust->known_trouble);
	if (name->kind == PEERNAME_NONE)
		return SAYS_CANNOT;
	if (gnutls_x509_crt_get_key_id(
		v->chain[0], GNUTLS_KEYID_USE_SHA256, key, &len) != 0 ||
	    len != sizeof(key))
		return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE,
		    "the key of the peer cannot be read");
	n = pins_find(v->trust->pins, v->peer_is_server, name, key, &match);
	n += known_find(v->trust->known, v->peer_is_server, name, KNOWN_PINNED,
	    key, &match_known, &any);
	match = match || match_known;
	if (n == 0)
		return SAYS_CANNOT;
	if (!match)
		return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE,
		    "the key of %s is not one of its %zu pinned keys",
		    name->text, n);
	return verdict_accept(v, "pin", (uint64_t)v->now + PIN_LIFETIME,
	    "the key is pinned for %s", name->text);
}
