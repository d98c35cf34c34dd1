/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * traced: a handshake for its trace.
 */
#include <errno.h>
#include <unistd.h>

#include <tlspool/tlspool.h>

#include "tool/command.h"
#include "tool/traced.h"

static int
prepare(struct traced *t, const struct target *target,
    const struct request_options *options, int fd)
{
	if ((t->req = tlspool_client(t->pool)) == NULL)
		out_of_memory();
	if (target_prepare(target, t->req, fd) != 0)
		return -1;
	if (request_prepare(t->req, options) == 0 &&
	    tlspool_set_trace(t->req, 1) == 0)
		return 0;
	complain("%s", tlspool_error());
	return -1;
}

static int
shake(struct traced *t, int fd)
{
	int e, plain;

	if (tlspool_start(t->req, fd) != 0) {
		e = errno;
		complain("%s", tlspool_error());
		return request_status(e);
	}
	while (tlspool_request_state(t->req) == TLSPOOL_PENDING)
		if (tlspool_wait(t->pool, -1) == -1) {
			complain("%s", tlspool_error());
			return TOOL_NO;
		}
	if ((plain = tlspool_take_fd(t->req)) != -1)
		(void)close(plain);
	if (tlspool_trace(t->req) != NULL)
		return TOOL_OK;
	complain("there is no verdict: %s",
	    plain != -1 ? "the daemon gave none"
			: tlspool_request_reason(t->req));
	return request_status(tlspool_request_error(t->req));
}

int
traced_open(struct traced *t, const struct target *target,
    const struct request_options *options)
{
	int fd;

	*t = (struct traced){ .pool = tlspool_new(tool.socket) };
	if (t->pool == NULL) {
		complain("%s", tlspool_error());
		return TOOL_NO;
	}
	if ((fd = target_reach(target, options->name)) == -1)
		return TOOL_NO;
	target_address(t->address, fd);
	if (prepare(t, target, options, fd) != 0) {
		(void)close(fd);
		return TOOL_NO;
	}
	return shake(t, fd);
}

void
traced_close(struct traced *t)
{
	tlspool_request_free(t->req);
	tlspool_free(t->pool);
}
