/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * answers: a bounded table, by all that the keeper decides on.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/ipc/app.h"
#include "daemon/ipc/grant.h"
#include "daemon/ipc/hash.h"
#include "daemon/worker/answers.h"

enum {
	MAX_KEPT = 1024,
	BASIS_MAX = GRANT_MAX + 2 * APP_NAME_MAX + 64, /* bytes */
};

/* The caller and the question, as bytes. */
struct basis {
	size_t len;
	uint8_t bytes[BASIS_MAX];
};

struct kept {
	UT_hash_handle hh;
	struct answer_kept answer;
	uint64_t until;
	uint8_t keys[2][TICKET_KEY_SIZE];
	char name[APP_NAME_MAX + 1];
	size_t len;
	uint8_t basis[];
};

/* In the order of their coming, the oldest first. */
static struct kept *answers;
static unsigned forgotten;

static void
drop(struct kept *a)
{
	HASH_DEL(answers, a);
	credentials_unref(a->answer.credentials);
	explicit_bzero(a->keys, sizeof(a->keys));
	free(a);
}

/* A name that is not there is not the empty one. */
static void
put_name(struct wire_writer *w, const char *name)
{
	wire_put_byte(w, name != NULL);
	if (name != NULL)
		wire_put_string(w, (const uint8_t *)name, strlen(name));
}

/* What differs between two grants of the same caller is left out: for which
 * session, how often and until when they are good. */
static int
write_basis(const struct credential_req *q, struct basis *b)
{
	struct wire_writer w = { .data = b->bytes, .size = BASIS_MAX };
	uint8_t space[GRANT_MAX + 1];
	struct grant g;

	if (grant_read(q->grant, space, &g) != 0)
		return -1;
	wire_put_u32(&w, g.uid);
	wire_put_string(&w, g.gids.data, g.gids.len);
	put_name(&w, g.unit);
	wire_put_byte(&w, g.role);
	put_name(&w, g.name);
	wire_put_u32(&w, g.flags);
	wire_put_byte(&w, g.disclose);
	put_name(&w, q->name);
	put_name(&w, q->fallback);
	wire_put_byte(&w, q->covered);
	put_name(&w, q->remote);
	b->len = w.len;
	return w.full ? -1 : 0;
}

static struct kept *
find(const struct basis *b)
{
	struct kept *a;

	HASH_FIND(hh, answers, b->bytes, b->len, a);
	return a;
}

const struct answer_kept *
answers_find(const struct credential_req *q, uint64_t now)
{
	struct basis b;
	struct kept *a;

	if (answers == NULL || write_basis(q, &b) != 0 ||
	    (a = find(&b)) == NULL)
		return NULL;
	if (now < a->until)
		return &a->answer;
	drop(a);
	return NULL;
}

/* A key of another size has been refused where it came. */
static struct blob
copy_key(struct blob key, uint8_t *space)
{
	if (key.len != TICKET_KEY_SIZE)
		return (struct blob){ NULL, 0 };
	memcpy(space, key.data, TICKET_KEY_SIZE);
	return (struct blob){ space, TICKET_KEY_SIZE };
}

void
answers_keep(const struct credential_req *q, struct credentials *credentials,
    const char *name, const struct blob ticket_keys[2], uint64_t until)
{
	struct basis b;
	struct kept *a;

	if (write_basis(q, &b) != 0 || strlen(name) > APP_NAME_MAX)
		return;
	if ((a = find(&b)) != NULL)
		drop(a);
	if ((a = calloc(1, sizeof(*a) + b.len)) == NULL)
		return;
	if (HASH_COUNT(answers) >= MAX_KEPT)
		drop(answers);
	memcpy(a->basis, b.bytes, b.len);
	strcpy(a->name, name);
	a->len = b.len;
	a->until = until;
	a->answer.credentials = credentials_hold(credentials);
	a->answer.name = a->name;
	for (size_t i = 0; i < 2; i++)
		a->answer.ticket_keys[i] = copy_key(ticket_keys[i], a->keys[i]);
	HASH_ADD_KEYPTR(hh, answers, a->basis, a->len, a);
}

void
answers_forget(void)
{
	forgotten++;
	while (answers != NULL)
		drop(answers);
}

unsigned
answers_forgotten(void)
{
	return forgotten;
}
