/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * admin: answers ADMIN_ROUTED: a table of the requests, and the short ones.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/keeper/admin.h"
#include "daemon/keeper/pending.h"
#include "daemon/sys/log.h"

void
admin_result(int connection, uint32_t request, int error, const char *text,
    const uint8_t *id)
{
	struct admin_result ans = { .error = (uint32_t)error, .text = text };

	if (id != NULL)
		ans.key = (struct blob){ id, KEY_ID_SIZE };
	admin_answer(connection, &admin_result_schema, request, &ans);
}

int
admin_name(const char *in, char *out, struct trouble *t)
{
	const char *why;

	if (name_identity(in, out, &why) != 0)
		return trouble(t, EINVAL, "the name \"%s\" %s", in, why);
	return 0;
}

int
admin_store(struct asked *asked, const char *name, const struct reference *ref,
    const struct chain *chain, const char *pem, struct trouble *t)
{
	struct identity before;
	char text[APP_REASON_MAX];

	if (store_find(keeper.store, name, &before, t) == 0) {
		/* A copy that the new reference takes the place of. */
		for (size_t i = 0; i < before.n; i++) {
			const struct reference *old = &before.rows[i];

			if (memcmp(old->id, ref->id, KEY_ID_SIZE) != 0)
				continue;
			if (strcmp(old->key, ref->key) != 0)
				pending_unlink(old->key);
			if (strcmp(old->cert, ref->cert) != 0)
				pending_unlink(old->cert);
		}
		identity_clear(&before);
	}
	if (store_put(keeper.store, name, ref, t) != 0)
		return -1;
	snprintf(text, sizeof(text),
	    "warning: the certificate does not name %s, so peers that look for "
	    "this name will refuse it",
	    name);
	pending_add(asked, chain_covers(chain, name) ? pem : text, ref->id);
	return 0;
}

static int
explain(struct asked *asked, void *msg, struct trouble *t)
{
	const struct admin_acl_explain *req = msg;
	struct caller caller = { .uid = req->uid, .unit = req->unit };
	struct admin_acl_ans ans = { 0 };
	struct acl_verdict v;
	char name[NAME_SIZE];
	uint32_t *gids;
	size_t n = req->gids.len / 4;

	if (admin_name(req->identity, name, t) != 0)
		return -1;
	if ((gids = calloc(n + 1, sizeof(*gids))) == NULL)
		return trouble(t, ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		const uint8_t *at = req->gids.data + 4 * i;

		gids[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
			  (uint32_t)at[2] << 8 | at[3];
	}
	caller.gids = gids;
	caller.ngids = n;
	acl_decide(keeper.acl, &caller, req->role, name, &v);
	ans.allowed = v.allowed;
	ans.line = v.line;
	ans.rule = v.rule;
	admin_answer(
	    asked->connection, &admin_acl_ans_schema, asked->request, &ans);
	asked->connection = -1;
	free(gids);
	return 0;
}

static int
status(struct asked *asked, void *msg, struct trouble *t)
{
	const struct {
		const char *name;
		uint64_t value;
	} counters[] = {
		{ "credentials", keeper.credentials },
		{ "signatures", keeper.signatures },
		{ "denials", keeper.denials },
		{ "identities", store_count(keeper.store) },
		{ "loaded", loaded_count(keeper.loaded) },
		{ "grants", grants_count(keeper.grants) },
		{ "jobs",
		    jobs_count(keeper.jobs) + jobs_count(keeper.slow_jobs) },
	};
	struct admin_status_ans ans = { 0 };
	uint8_t space[1024];
	struct wire_writer w = { .data = space, .size = sizeof(space) };
	char text[64];

	admin_status_fill(&ans);
	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++) {
		snprintf(text, sizeof(text), "%s=%llu", counters[i].name,
		    (unsigned long long)counters[i].value);
		wire_put_string(&w, text, strlen(text));
	}
	ans.counters = (struct blob){ w.data, w.len };
	admin_answer(
	    asked->connection, &admin_status_ans_schema, asked->request, &ans);
	asked->connection = -1;
	return 0;
}

static const struct request {
	const struct message_schema *schema;
	bool rows; /* so is its answer, also where it is an error */
	int (*handle)(struct asked *, void *msg, struct trouble *);
} requests[] = {
	{ &admin_status_schema, false, status },
	{ &admin_acl_explain_schema, false, explain },
	{ &admin_id_add_schema, false, admin_add },
	{ &admin_id_list_schema, true, admin_list },
	{ &admin_id_show_schema, true, admin_show },
	{ &admin_id_remove_schema, false, admin_remove },
	{ &admin_id_generate_schema, false, admin_generate },
	{ &admin_id_request_schema, false, admin_request },
};

static const struct request *
find(uint8_t type)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++)
		if (requests[i].schema->type == type)
			return &requests[i];
	return NULL;
}

static int
handle(const struct request *r, struct asked *asked, struct blob message,
    struct trouble *t)
{
	/* The packet's bytes are ours, and this is the last field of it. */
	uint8_t *data = (uint8_t *)(uintptr_t)message.data;
	unsigned nfds = asked->packet->nfds - 1;
	union {
		max_align_t align;
		uint8_t bytes[256];
	} msg;

	if (r == NULL || r->schema->size > sizeof(msg))
		return trouble(
		    t, EOPNOTSUPP, "the keeper does not know that request");
	if (message_decode(r->schema, data, message.len, &msg) != 0)
		return trouble(t, errno, "%s", message_error());
	if (nfds < r->schema->min_fds || nfds > r->schema->max_fds)
		return trouble(
		    t, EINVAL, "%s: wrong number of files", r->schema->name);
	return r->handle(asked, &msg, t);
}

int
answer_admin(struct edge *edge, struct packet *packet, void *msg)
{
	const struct admin_routed *routed = msg;
	struct asked asked = { .connection = packet_take_fd(packet, 0),
		.uid = routed->uid,
		.packet = packet };
	struct message_header header = { 0 };
	struct admin_rows rows = { 0 };
	const struct request *r = NULL;
	struct trouble t;

	if (message_peek(routed->message.data, routed->message.len, &header) ==
	    0) {
		asked.request = header.request;
		r = find(header.type);
	}
	if (handle(r, &asked, routed->message, &t) == 0)
		return 0;
	if (r != NULL && r->rows) {
		rows.error = (uint32_t)t.error;
		rows.text = t.text;
		admin_answer(
		    asked.connection, &admin_rows_schema, asked.request, &rows);
	} else {
		admin_result(
		    asked.connection, asked.request, t.error, t.text, NULL);
	}
	return 0;
}
