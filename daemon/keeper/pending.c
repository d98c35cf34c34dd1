/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * pending: the answers of one transaction.
 */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/keeper/copies.h"
#include "daemon/keeper/pending.h"

enum {
	BATCH_MAX = 256, /* answers, each with a descriptor */
	ROUNDS_MAX = 16, /* that they wait for more */
};

struct answer_later {
	int connection;
	uint32_t request;
	char *text;
	bool has_id;
	uint8_t id[KEY_ID_SIZE];
};

struct unlink_later {
	struct unlink_later *next;
	char *reference;
};

static struct answer_later answers[BATCH_MAX];
static size_t nanswers;
static unsigned rounds;
static struct unlink_later *unlinks;

void
pending_finish(void)
{
	struct unlink_later *u;
	struct trouble t = { 0 };
	bool done = store_commit(keeper.store, &t) == 0;

	/* Before anybody is told that it is so. */
	credential_forget();
	for (size_t i = 0; i < nanswers; i++) {
		struct answer_later *a = &answers[i];

		admin_result(a->connection, a->request, done ? 0 : t.error,
		    done ? a->text : t.text, a->has_id ? a->id : NULL);
		free(a->text);
	}
	nanswers = 0;
	rounds = 0;
	while ((u = unlinks) != NULL) {
		unlinks = u->next;
		if (done)
			copies_remove(keeper.dir, u->reference);
		free(u->reference);
		free(u);
	}
}

void
pending_add(struct asked *asked, const char *text, const uint8_t *id)
{
	struct answer_later *a = &answers[nanswers++];

	*a = (struct answer_later){ .connection = asked->connection,
		.request = asked->request,
		.text = text != NULL ? strdup(text) : NULL,
		.has_id = id != NULL };
	if (id != NULL)
		memcpy(a->id, id, KEY_ID_SIZE);
	asked->connection = -1;
	if (nanswers == BATCH_MAX)
		pending_finish();
}

void
pending_unlink(const char *reference)
{
	struct unlink_later *u;

	if (!copies_own(keeper.dir, reference) ||
	    (u = calloc(1, sizeof(*u))) == NULL)
		return;
	if ((u->reference = strdup(reference)) == NULL) {
		free(u);
		return;
	}
	u->next = unlinks;
	unlinks = u;
}

/* Is there more from front already?  Then one write can do for all. */
static bool
more_is_waiting(void)
{
	const struct edge *front = role_edge(ROLE_FRONT, 0);
	struct pollfd pfd = { .events = POLLIN };

	if (front == NULL)
		return false;
	pfd.fd = front->watch.fd;
	return poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLIN) != 0;
}

void
pending_commit(void)
{
	if (!store_dirty(keeper.store) && nanswers == 0)
		return;
	if (++rounds >= ROUNDS_MAX || !more_is_waiting())
		pending_finish();
}
