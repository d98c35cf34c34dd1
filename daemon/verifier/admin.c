/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * admin: answers ADMIN_ROUTED: a table of the requests.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ipc/admin.h"
#include "daemon/ipc/app.h"
#include "daemon/sys/log.h"
#include "daemon/verifier/admin.h"
#include "daemon/verifier/leader.h"
#include "daemon/verifier/link.h"
#include "daemon/verifier/lookup.h"
#include "daemon/verifier/recall.h"
#include "daemon/verifier/resolver.h"
#include "daemon/verifier/staples.h"
#include "daemon/verifier/verify.h"

enum {
	PAGE_BYTES = 64 * 1024,
	ROW_BYTES = 512,
};

static void result(int connection, uint32_t request, int error, const char *fmt,
    ...) __attribute__((format(printf, 4, 5)));

static void
result(int connection, uint32_t request, int error, const char *fmt, ...)
{
	char text[512];
	struct admin_result ans = { .error = (uint32_t)error, .text = text };
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	admin_answer(connection, &admin_result_schema, request, &ans);
}

static void
put_counter(struct wire_writer *w, const char *name, uint64_t value)
{
	char text[64];
	int len = snprintf(
	    text, sizeof(text), "%s=%llu", name, (unsigned long long)value);

	wire_put_string(w, text, (size_t)len);
}

static void
put_cache(struct wire_writer *w)
{
	const struct cache_counters *c = cache_counters(recall_cache());
	struct cache_clock now = recall_clock();

	put_counter(w, "cached", cache_count(recall_cache(), &now));
	put_counter(w, "cache-found", c->found);
	put_counter(w, "cache-missed", c->missed);
	put_counter(w, "cache-stored", c->stored);
	put_counter(w, "cache-dropped", c->dropped);
	put_counter(w, "cache-broken", c->broken);
	put_counter(w, "joined", leader_joined());
}

static void
status(int connection, uint32_t request, void *msg)
{
	const struct verify_counters *c = verify_counters();
	struct admin_status_ans ans = { 0 };
	uint8_t buf[1024];
	struct wire_writer w = { .data = buf, .size = sizeof(buf) };
	struct staples_counters s = staples_count();

	put_counter(&w, "requests", c->requests);
	put_counter(&w, "accepted", c->accepted);
	put_counter(&w, "refused", c->refused);
	put_counter(&w, "denied", c->denied);
	put_counter(&w, "waiting", c->waiting);
	put_counter(&w, "anchors", anchors_count(verify_trust.anchors));
	put_counter(&w, "crls", crls_count(verify_trust.crls));
	put_counter(&w, "pins",
	    pins_count(verify_trust.pins) + known_count(verify_trust.known));
	put_counter(&w, "rules", rules_count(verify_trust.rules));
	put_cache(&w);
	put_counter(&w, "directories", link_count());
	put_counter(&w, "dns-asked", resolver_counters()->asked);
	put_counter(&w, "dns-known", resolver_counters()->known);
	put_counter(&w, "staples", s.chains);
	put_counter(&w, "staples-fresh", s.fresh);
	put_counter(&w, "staples-fetched", s.fetched);
	put_counter(&w, "staples-failed", s.failed);
	admin_status_fill(&ans);
	ans.counters = (struct blob){ buf, w.len };
	admin_answer(connection, &admin_status_ans_schema, request, &ans);
}

/* Name and key of a request, and a store to change: false: it is answered. */
static bool
take_pin(int connection, uint32_t request, const char *name, const char *hash,
    struct peername *peer, uint8_t key[PIN_SIZE])
{
	if (verify_trust.known == NULL)
		result(connection, request, EIO,
		    "the pinned keys cannot be read: %s",
		    verify_trust.known_trouble);
	else if (peername_parse(peer, name) != 0)
		result(connection, request, EINVAL,
		    "\"%.320s\" is neither user@domain nor a domain nor an "
		    "address",
		    name);
	else if (hash != NULL && pins_hash(hash, key) != 0)
		result(connection, request, EINVAL,
		    "\"%.128s\" is not sha256: with 64 hexadecimal digits, or "
		    "with 44 characters of base64",
		    hash);
	else
		return true;
	return false;
}

static void
trust_pin(int connection, uint32_t request, void *msg)
{
	const struct admin_trust_pin *ask = msg;
	bool server = ask->role == APP_ROLE_SERVER;
	struct peername peer;
	uint8_t key[PIN_SIZE];

	if (!take_pin(connection, request, ask->name, ask->key, &peer, key))
		return;
	if (known_add(verify_trust.known, &peer, server, key, KNOWN_PINNED,
		time(NULL)) == 0) {
		log_notice("key-pinned", "name=%s peer=%s", peer.text,
		    server ? "server" : "client");
		result(connection, request, 0, "%s", peer.text);
		return;
	}
	result(connection, request, errno, "the key was not pinned: %s",
	    errno == EEXIST   ? "it is pinned for this name already"
	    : errno == EDQUOT ? "there are too many"
			      : strerror(errno));
}

static void
trust_unpin(int connection, uint32_t request, void *msg)
{
	const struct admin_trust_unpin *ask = msg;
	struct peername peer;
	uint8_t key[PIN_SIZE];
	int n;

	if (!take_pin(connection, request, ask->name, ask->key, &peer, key))
		return;
	n = known_remove(
	    verify_trust.known, &peer, ask->key == NULL ? NULL : key);
	if (n == -1) {
		result(connection, request, errno,
		    "the key was not forgotten: %s", strerror(errno));
	} else if (n == 0) {
		result(connection, request, ENOENT,
		    "no such key of %s is kept here; the file of pins is "
		    "edited by hand",
		    peer.text);
	} else {
		log_notice("key-unpinned", "name=%s keys=%d", peer.text, n);
		result(connection, request, 0, "%s", peer.text);
	}
}

/* The key number at, of this store and then of the administrator's file. */
static bool
get_row(size_t at, struct admin_pin_row *row)
{
	const struct known_key *k = known_get(verify_trust.known, at);
	const uint8_t *key;
	bool server;

	*row = (struct admin_pin_row){ .origin = "file" };
	if (k != NULL) {
		row->name = k->name;
		row->origin = k->kind == KNOWN_PINNED ? "pinned" : "first-use";
		row->since = k->since[0] == '\0' ? NULL : k->since;
		server = k->server;
		key = k->key;
	} else if (!pins_get(verify_trust.pins,
		       at - known_count(verify_trust.known), &row->name,
		       &server, &key)) {
		return false;
	}
	row->role = server ? APP_ROLE_SERVER : APP_ROLE_CLIENT;
	row->key = (struct blob){ key, PIN_SIZE };
	return true;
}

static void
trust_list(int connection, uint32_t request, void *msg)
{
	static uint8_t page[PAGE_BYTES];
	const struct admin_trust_list *ask = msg;
	struct wire_writer w = { .data = page, .size = sizeof(page) };
	struct admin_rows ans = { 0 };
	struct admin_pin_row row;
	uint8_t space[ROW_BYTES];
	char next[16];
	size_t at = ask->from;
	int len;

	for (; get_row(at, &row); at++) {
		len = message_encode(
		    &admin_pin_row_schema, 0, &row, space, sizeof(space));
		if (len < 0)
			continue;
		if (w.len + 4 + (size_t)len > w.size) {
			ans.more = true;
			break;
		}
		wire_put_string(&w, space, (size_t)len);
	}
	snprintf(next, sizeof(next), "%zu", at);
	ans.rows = (struct blob){ w.data, w.len };
	ans.next = ans.more ? next : NULL;
	admin_answer(connection, &admin_rows_schema, request, &ans);
}

static void
staple(int connection, uint32_t request, void *msg)
{
	const struct admin_staple *ask = msg;
	struct admin_staple_ans ans = { 0 };
	const struct staple *s = NULL;

	if (ask->chain.len == CHAIN_ID_SIZE)
		s = staples_find(ask->chain.data);
	if (s != NULL) {
		ans.until =
		    staple_is_fresh(s, time(NULL)) ? (uint64_t)s->until : 0;
		ans.is_revoked = s->revoked;
		ans.fetched = (uint64_t)s->fetched;
		ans.next = (uint64_t)s->next;
		ans.url = s->url[0] != '\0' ? s->url : NULL;
		ans.trouble = s->trouble[0] != '\0' ? s->trouble : NULL;
	}
	admin_answer(connection, &admin_staple_ans_schema, request, &ans);
}

static const struct request {
	const struct message_schema *schema;
	void (*answer)(int connection, uint32_t request, void *msg);
} requests[] = {
	{ &admin_status_schema, status },
	{ &admin_trust_pin_schema, trust_pin },
	{ &admin_trust_unpin_schema, trust_unpin },
	{ &admin_trust_list_schema, trust_list },
	{ &admin_cache_list_schema, admin_cache_list },
	{ &admin_cache_flush_schema, admin_cache_flush },
	{ &admin_tlsa_lookup_schema, lookup_begin },
	{ &admin_staple_schema, staple },
};

int
answer_admin(struct edge *edge, struct packet *packet, void *msg)
{
	const struct admin_routed *routed = msg;
	/* The packet's bytes are ours, and this is the last field of it. */
	uint8_t *data = (uint8_t *)(uintptr_t)routed->message.data;
	struct message_header header;
	union {
		max_align_t align;
		uint8_t bytes[256];
	} ask;

	(void)edge;
	if (message_peek(data, routed->message.len, &header) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		const struct request *r = &requests[i];
		int connection;

		if (r->schema->type != header.type)
			continue;
		if (r->schema->size > sizeof(ask))
			return -1;
		connection = packet_take_fd(packet, 0);
		if (message_decode(
			r->schema, data, routed->message.len, &ask) != 0)
			result(connection, header.request, EINVAL, "%s",
			    message_error());
		else
			r->answer(connection, header.request, &ask);
		return 0;
	}
	return -1;
}
