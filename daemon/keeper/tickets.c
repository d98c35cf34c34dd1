/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tickets: random bytes that every key is made from by HKDF (RFC 5869), so
 * that all workers have the same one for the same use, and nobody can make
 * the key of one use from that of another.  What has been forgotten cannot be
 * made again, and so old tickets stay closed, whoever has kept them.
 */
#include <config.h>

#include <string.h>

#include <gnutls/crypto.h>

#include "daemon/keeper/tickets.h"
#include "daemon/sys/log.h"
#include "daemon/sys/secret.h"

enum {
	SEED_SIZE = 32,
	INFO_MAX = 4096, /* names, a unit, ids of keys: all are limited */
};

static const char label[] = "TLS Pool session tickets";

/* In locked memory. */
struct tickets {
	struct seed {
		bool there;
		uint64_t made; /* milliseconds */
		uint8_t random[SEED_SIZE];
	} current, previous;
};

struct tickets *
tickets_new(void)
{
	return secret_alloc(sizeof(struct tickets));
}

void
tickets_free(struct tickets *tickets)
{
	secret_free(tickets, sizeof(*tickets));
}

void
tickets_forget(struct tickets *tickets)
{
	explicit_bzero(tickets, sizeof(*tickets));
}

static void
wipe(struct seed *seed)
{
	static const struct seed none;

	explicit_bzero(seed->random, sizeof(seed->random));
	*seed = none;
}

static bool
is_older(const struct seed *seed, uint64_t now, uint64_t age)
{
	return seed->there && now - seed->made >= age;
}

void
tickets_turn(struct tickets *tickets, uint64_t now, uint64_t lifetime)
{
	struct seed *current = &tickets->current;

	if (is_older(current, now, lifetime)) {
		tickets->previous = *current;
		wipe(current);
	}
	if (is_older(&tickets->previous, now, 2 * lifetime))
		wipe(&tickets->previous);
	if (current->there)
		return;
	if (gnutls_rnd(GNUTLS_RND_KEY, current->random, SEED_SIZE) != 0) {
		log_error("tickets-unseeded", "error=\"%s\"",
		    "there is no randomness for ticket keys");
		return;
	}
	current->made = now;
	current->there = true;
}

static size_t
put_use(const struct ticket_use *use, uint8_t *info)
{
	struct wire_writer w = { .data = info, .size = INFO_MAX };
	const char *unit = use->unit != NULL ? use->unit : "";
	const char *sni = use->sni != NULL ? use->sni : "";

	wire_put_string(&w, label, sizeof(label) - 1);
	wire_put_u32(&w, use->uid);
	wire_put_u32(&w, use->flags);
	wire_put_string(&w, unit, strlen(unit));
	wire_put_string(&w, use->identity, strlen(use->identity));
	wire_put_byte(&w, use->sni != NULL);
	wire_put_string(&w, sni, strlen(sni));
	for (size_t i = 0; i < use->n; i++)
		wire_put_string(
		    &w, use->credentials[i]->chain->id, KEY_ID_SIZE);
	return w.full ? 0 : w.len;
}

static bool
derive(const struct seed *seed, const gnutls_datum_t *info, uint8_t *key)
{
	/* Evenly random already: there is nothing to extract. */
	gnutls_datum_t random = { (unsigned char *)(uintptr_t)seed->random,
		SEED_SIZE };

	return seed->there && gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &random,
				  info, key, TICKET_KEY_SIZE) == 0;
}

size_t
tickets_derive(const struct tickets *tickets, const struct ticket_use *use,
    uint8_t keys[2][TICKET_KEY_SIZE])
{
	uint8_t text[INFO_MAX];
	gnutls_datum_t info = { text, (unsigned)put_use(use, text) };

	if (info.size == 0 || !derive(&tickets->current, &info, keys[0]))
		return 0;
	return derive(&tickets->previous, &info, keys[1]) ? 2 : 1;
}
