/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * main: tlspool-authorizer, in which the plugin runs, and nothing else does.
 */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/authorizer/plugin.h"
#include "daemon/ipc/admin.h"
#include "daemon/sys/log.h"
#include "daemon/sys/role.h"
#include "daemon/sys/sandbox.h"

static struct plugin plugin;
static uint64_t asked[TLSPOOL_AUTHORIZE_DEFER + 1]; /* by verdict */

static int
init(void)
{
	if (role.config->plugin != NULL)
		return 0;
	log_error("start-failed", "reason=\"no plugin is configured\"");
	return -1;
}

/* Privilege is gone by now: a plugin runs with as little as we have. */
static int
sandbox(void)
{
	struct sandbox_path paths[3] = { 0 };
	char *copy = strdup(role.config->plugin);
	char *real = realpath(role.config->plugin, NULL);
	char error[512];
	int rv = -1;

	if (copy == NULL)
		goto err;
	if (plugin_load(&plugin, role.config->plugin, error, sizeof(error)) !=
	    0) {
		log_error("plugin-unusable", "reason=\"%s\"", error);
		errno = ENOEXEC;
		goto err;
	}
	paths[0].path = dirname(copy);
	if (real != NULL) /* it may be a link */
		paths[1].path = dirname(real);
	rv = sandbox_enter(SANDBOX_RELAY | SANDBOX_RPATH, paths);
err:
	free(copy);
	free(real);
	return rv;
}

/* From here on the verifier's clock counts. */
static void
edge_up(struct edge *edge)
{
	struct authorize_ready ready = { 0 };

	if (edge->role == ROLE_VERIFIER)
		(void)edge_send(
		    edge, &authorize_ready_schema, 0, &ready, NULL, 0);
}

static int
answer(struct edge *edge, struct packet *packet, void *msg)
{
	struct tlspool_authorize_answer scratch;
	struct authorize_ans ans;

	plugin_ask(&plugin, msg, &scratch, &ans);
	asked[ans.verdict]++;
	if (edge_send(edge, &authorize_ans_schema, packet->header.request, &ans,
		NULL, 0) != 0)
		log_warning(
		    "authorization-lost", "reason=\"%s\"", strerror(errno));
	return 0;
}

/* Front sends nothing but STATUS here. */
static int
admin_request(struct edge *edge, struct packet *packet, void *msg)
{
	static const char *const names[] = { "denied", "allowed", "deferred" };
	const struct admin_routed *routed = msg;
	struct admin_status_ans ans = { 0 };
	struct message_header header;
	uint8_t buf[256];
	struct wire_writer w = { .data = buf, .size = sizeof(buf) };
	char text[64];

	if (message_peek(routed->message.data, routed->message.len, &header) !=
		0 ||
	    header.type != ADMIN_STATUS)
		return -1;
	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		int len = snprintf(text, sizeof(text), "%s=%llu", names[i],
		    (unsigned long long)asked[i]);

		wire_put_string(&w, text, (size_t)len);
	}
	admin_status_fill(&ans);
	ans.counters = (struct blob){ buf, w.len };
	admin_answer(packet_take_fd(packet, 0), &admin_status_ans_schema,
	    header.request, &ans);
	return 0;
}

static void
stop(void)
{
	plugin_end(&plugin);
}

static const struct edge_handler handlers[] = {
	{ ROLE_VERIFIER, &authorize_req_schema, answer },
	{ ROLE_FRONT, &admin_routed_schema, admin_request },
};

static const struct role_calls calls = {
	.role = ROLE_AUTHORIZER,
	.handlers = handlers,
	.nhandlers = sizeof(handlers) / sizeof(handlers[0]),
	.init = init,
	.sandbox = sandbox,
	.edge_up = edge_up,
	.stop = stop,
};

int
main(int argc, char **argv)
{
	return role_main(&calls, argc, argv);
}
