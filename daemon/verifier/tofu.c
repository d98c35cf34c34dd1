/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tofu: whoever answers first is believed, so only servers that the
 * application names are: a client could claim any name that is free.
 */
#include <errno.h>
#include <string.h>

#include "daemon/ipc/app.h"
#include "daemon/sys/log.h"
#include "daemon/verifier/tofu.h"

enum {
	/* Seconds that a yes may be remembered elsewhere: the key may be
	 * forgotten at any time. */
	TOFU_LIFETIME = 60 * 60,
};

/* Remembers the key, or says why it cannot be believed without that. */
static enum says
first_use(struct verdict *v, const uint8_t key[PIN_SIZE])
{
	const char *name = v->expected.text;
	uint64_t until = (uint64_t)v->now + TOFU_LIFETIME;

	if ((v->flags & APP_NO_CACHE_WRITE) != 0)
		return verdict_accept(v, "tofu", (uint64_t)v->now,
		    "no key of %s was known, and this one is not remembered",
		    name);
	if (known_add(v->trust->known, &v->expected, true, key, KNOWN_FIRST_USE,
		v->now) == 0) {
		log_notice("key-remembered", "name=%s", name);
		return verdict_accept(v, "tofu", until,
		    "no key of %s was known; this one is remembered", name);
	}
	return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_INTERNAL_ERROR,
	    "the key of %s cannot be remembered: %s", name,
	    errno == EDQUOT ? "there are too many" : strerror(errno));
}

enum says
tofu_ask(struct verdict *v)
{
	const struct known_key *old;
	uint8_t key[PIN_SIZE];
	size_t n;
	bool match;

	if (!v->peer_is_server || v->expected.kind == PEERNAME_NONE) {
		verdict_step(v, "tofu: only servers that are asked for by name "
				"are believed at first use");
		return SAYS_CANNOT;
	}
	if (v->trust->known == NULL)
		return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_INTERNAL_ERROR,
		    "the remembered keys cannot be read: %s",
		    v->trust->known_trouble);
	if (!verdict_key(v, key))
		return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE,
		    "the key of the peer cannot be read");
	n = known_find(v->trust->known, true, &v->expected, KNOWN_FIRST_USE,
	    key, &match, &old);
	if (n == 0)
		return first_use(v, key);
	if (match)
		return verdict_accept(v, "tofu",
		    (uint64_t)v->now + TOFU_LIFETIME,
		    "the key of %s is the one that was known before",
		    v->expected.text);
	return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE,
	    "the key of %s has changed: another one was known%s%s; tlspool-cli "
	    "trust unpin %s forgets it",
	    v->expected.text, old->since[0] == '\0' ? "" : " since ",
	    old->since, v->expected.text);
}
