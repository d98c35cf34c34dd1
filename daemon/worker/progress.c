/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * progress: what front is told of sessions.  Each message costs both of us a
 * system call, and front perhaps its sleep: so there is one for all that
 * happened in a round.
 */
#include "daemon/ipc/dispatch.h"
#include "daemon/sys/role.h"
#include "daemon/worker/progress.h"

static uint8_t established_space[PROGRESS_MAX], finished_space[PROGRESS_MAX];
static struct wire_writer established = { .data = established_space,
	.size = sizeof(established_space) };
static struct wire_writer finished = { .data = finished_space,
	.size = sizeof(finished_space) };

void
progress_tell(void *unused)
{
	const struct dispatch_progress msg = {
		.established = { established.data, established.len },
		.finished = { finished.data, finished.len },
	};
	struct edge *front = role_edge(ROLE_FRONT, 0);

	(void)unused;
	if (established.len == 0 && finished.len == 0)
		return;
	if (front != NULL)
		(void)edge_send(
		    front, &dispatch_progress_schema, 0, &msg, NULL, 0);
	established.len = finished.len = 0;
}

static void
put(struct wire_writer *w, uint64_t session)
{
	if (w->len == w->size)
		progress_tell(NULL);
	wire_put_u64(w, session);
}

void
progress_established(uint64_t session)
{
	put(&established, session);
}

void
progress_finished(uint64_t session)
{
	put(&finished, session);
}
