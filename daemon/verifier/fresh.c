/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * fresh: each question has a context of libunbound of its own, which has no
 * memory.  That costs a thread, so it is for administrators.
 */
#include <stdio.h>
#include <string.h>

#include <unbound.h>

#include "daemon/verifier/dns_context.h"
#include "daemon/verifier/fresh.h"

enum { CLASS_IN = 1 };

static void
tell(struct fresh *f)
{
	loop_unwatch(&f->watch);
	loop_timer_cancel(f->loop, &f->timer);
	f->answered(f);
}

/* A context cannot be ended from within its own callback. */
static void
answered(void *arg, int error, struct ub_result *result)
{
	struct fresh *f = arg;

	f->result = result;
	f->done = true;
	resolver_classify(&f->answer, error, result);
	if (f->answer.state == RESOLVER_INSECURE && result->havedata)
		resolver_take_records(&f->answer, result);
}

static void
ready(struct loop_watch *watch, uint32_t events)
{
	struct fresh *f = container_of(watch, struct fresh, watch);

	(void)events;
	(void)ub_process(f->ctx);
	if (f->done)
		tell(f);
}

static void
too_late(struct loop_timer *timer)
{
	struct fresh *f = container_of(timer, struct fresh, timer);

	(void)ub_cancel(f->ctx, f->id);
	f->answer.state = RESOLVER_TIMEOUT;
	snprintf(f->answer.why, sizeof(f->answer.why), "no answer within %u ms",
	    f->timeout);
	tell(f);
}

int
fresh_ask(struct fresh *f, struct loop *loop, const struct config *config,
    const char *name, unsigned type)
{
	char absolute[DOMAIN_SIZE + 1], anchor[DOMAIN_SIZE];
	int r = UB_NOMEM;

	f->loop = loop;
	f->timeout = config->dns_timeout;
	f->watch.ready = ready;
	f->timer.expired = too_late;
	snprintf(absolute, sizeof(absolute), "%s.", name);
	if ((f->ctx = dns_context_open(config, false, anchor, &r)) == NULL)
		goto err;
	f->watch.fd = ub_fd(f->ctx);
	r = UB_SYNTAX;
	if (loop_watch(loop, &f->watch, EPOLLIN) != 0 ||
	    loop_timer_set(loop, &f->timer, loop_now(loop) + f->timeout) != 0)
		goto err;
	r = ub_resolve_async(
	    f->ctx, absolute, (int)type, CLASS_IN, f, answered, &f->id);
	if (r == 0)
		return 0;
err:
	snprintf(f->answer.why, sizeof(f->answer.why),
	    "the DNS cannot be asked: %s", ub_strerror(r));
	return -1;
}

void
fresh_end(struct fresh *f)
{
	loop_unwatch(&f->watch);
	loop_timer_cancel(f->loop, &f->timer);
	if (f->result != NULL)
		ub_resolve_free(f->result);
	if (f->ctx != NULL)
		ub_ctx_delete(f->ctx);
	f->result = NULL;
	f->ctx = NULL;
}
