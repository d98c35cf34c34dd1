/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * credential: answers CREDENTIAL, with all that a worker needs for it.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "daemon/ipc/voucher.h"
#include "daemon/keeper/inquiry.h"
#include "daemon/keeper/keeper.h"
#include "daemon/sys/log.h"

enum {
	ANSWER_ROOM = MESSAGE_MAX - 4096, /* bytes for credentials */
};

/* The rows of the answer; those that find no room are left out. */
static struct blob
encode_rows(struct inquiry *q, uint8_t *space)
{
	struct wire_writer w = { .data = space, .size = ANSWER_ROOM };
	static uint8_t row[MESSAGE_MAX];
	size_t sent = 0;
	int len;

	for (size_t i = 0; i < q->n; i++) {
		const struct chain *c = q->credentials[i]->chain;
		struct credential_row msg = { .key = { c->id, KEY_ID_SIZE },
			.pk = c->pk,
			.bits = c->bits,
			.chain = c->der };

		len = message_encode(
		    &credential_row_schema, 0, &msg, row, sizeof(row));
		if (len == -1 || w.len + 4 + (size_t)len > w.size) {
			log_warning(
			    "credential-too-large", "identity=%s", q->name);
			credential_release(q->credentials[i]);
			continue;
		}
		wire_put_string(&w, row, (size_t)len);
		q->credentials[sent++] = q->credentials[i];
	}
	q->n = sent;
	return (struct blob){ w.data, w.len };
}

/* States that they are ours, where there is somebody to be asked about one of
 * them; none where that fails, which is no trouble. */
static struct blob
vouch(const struct inquiry *q, uint8_t space[VOUCHER_MAX])
{
	uint8_t ids[VOUCHER_CHAINS * CHAIN_ID_SIZE];
	struct voucher v = { .chains = { ids, 0 },
		.until = loop_now(role.loop) + VOUCHER_LIFE };
	bool responder = false;
	int len = -1;

	if (q->p->grant.role != APP_ROLE_SERVER || role.grant_keys == NULL)
		return (struct blob){ NULL, 0 };
	for (size_t i = 0; i < q->n && i < VOUCHER_CHAINS; i++) {
		const struct chain *c = q->credentials[i]->chain;

		responder = responder || c->responder;
		memcpy(ids + v.chains.len, c->whole, CHAIN_ID_SIZE);
		v.chains.len += CHAIN_ID_SIZE;
	}
	if (responder)
		len = voucher_seal(role.grant_keys, &v, space);
	return len == -1 ? (struct blob){ NULL, 0 }
			 : (struct blob){ space, (size_t)len };
}

/* A name of the peer's choosing, as far as the log can show it: it must not
 * look like other fields of the line. */
static const char *
shown(const char *name, char *space)
{
	const char *why;

	if (name == NULL)
		return "-";
	return name_identity(name, space, &why) == 0 ? space : "invalid";
}

static void
log_denial(const struct edge *edge, const struct inquiry *q)
{
	char name[NAME_SIZE], fallback[NAME_SIZE];

	log_notice("credential-denied",
	    "worker=%u session=%llu name=%s fallback=%s reason=\"%s\"",
	    edge->index, (unsigned long long)q->p->grant.session,
	    shown(q->req->name, name), shown(q->req->fallback, fallback),
	    q->trouble.text);
}

/* A session that asked for no verdict of before is not resumed either, and one
 * that leaves none behind leaves no ticket. */
static void
put_tickets(struct inquiry *q, struct credential_ans *ans,
    uint8_t keys[2][TICKET_KEY_SIZE])
{
	const struct grant *g = &q->p->grant;
	const struct ticket_use use = {
		.uid = g->uid,
		.unit = g->unit,
		.flags = g->flags,
		.identity = q->name,
		.sni = q->req->name,
		.credentials = q->credentials,
		.n = q->n,
	};
	size_t n;

	if (g->role != APP_ROLE_SERVER || !role.config->tickets ||
	    (g->flags & (APP_NO_CACHE_READ | APP_NO_CACHE_WRITE)) != 0)
		return;
	tickets_turn(
	    keeper.tickets, loop_now(role.loop), role.config->ticket_lifetime);
	n = tickets_derive(keeper.tickets, &use, keys);
	if (n > 0)
		ans->ticket_key = (struct blob){ keys[0], TICKET_KEY_SIZE };
	if (n > 1)
		ans->ticket_previous =
		    (struct blob){ keys[1], TICKET_KEY_SIZE };
}

/* Servers begin many sessions, and clients ask for the remote's sake. */
static uint32_t
keep(const struct inquiry *q)
{
	uint64_t now = loop_now(role.loop);

	if (q->p->grant.role != APP_ROLE_SERVER || q->until <= now)
		return 0;
	return (uint32_t)(q->until - now);
}

void
credential_forget(void)
{
	struct credential_forget msg = { false };

	for (struct edge *e = role.edges; e != NULL; e = e->next)
		if (e->role == ROLE_WORKER)
			(void)edge_send(
			    e, &credential_forget_schema, 0, &msg, NULL, 0);
}

int
answer_credential(struct edge *edge, struct packet *packet, void *msg)
{
	static uint8_t space[ANSWER_ROOM];
	uint8_t keys[2][TICKET_KEY_SIZE];
	uint8_t voucher[VOUCHER_MAX];
	struct credential_ans ans = { 0 };
	struct presented p;
	struct inquiry q = { .req = msg, .p = &p };

	p.grant.session = 0;
	if (grants_present(role.grant_keys, q.req->grant, edge->index,
		loop_now(role.loop), &p, &q.trouble) != 0 ||
	    inquiry_decide(&q) != 0) {
		keeper.denials++;
		ans.error = (uint32_t)q.trouble.error;
		ans.reason = q.trouble.text;
		log_denial(edge, &q);
	} else {
		keeper.credentials++;
		ans.name = q.name;
		if (q.n > 0)
			ans.credentials = encode_rows(&q, space);
		put_tickets(&q, &ans, keys);
		ans.voucher = vouch(&q, voucher);
		ans.keep = keep(&q);
	}
	if (edge_send(edge, &credential_ans_schema, packet->header.request,
		&ans, NULL, 0) != 0)
		log_warning("credential-unanswered", "worker=%u error=\"%s\"",
		    edge->index, strerror(errno));
	explicit_bzero(keys, sizeof(keys));
	inquiry_clear(&q);
	return 0;
}
