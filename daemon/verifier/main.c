/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * main: tlspool-verifier, which decides who a peer is.  It reads certificates
 * that anybody may have made, and holds no key.
 */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ipc/admin.h"
#include "daemon/ipc/authorize.h"
#include "daemon/ipc/verify.h"
#include "daemon/sys/log.h"
#include "daemon/sys/sandbox.h"
#include "daemon/verifier/admin.h"
#include "daemon/verifier/authorize.h"
#include "daemon/verifier/dns_context.h"
#include "daemon/verifier/ldap.h"
#include "daemon/verifier/recall.h"
#include "daemon/verifier/staples.h"
#include "daemon/verifier/stream.h"
#include "daemon/verifier/verify.h"

enum {
	/* A folder for the path that is configured, and one for the file that
	 * it may be a link to. */
	MAX_PATHS = 14
};

static char *folders[MAX_PATHS];

static int
init(void)
{
	resolver_init(role.loop, role.config);
	ldap_init(role.loop, role.config, &verify_trust);
	stream_init();
	staples_configure();
	if (trust_init(&verify_trust) == 0 &&
	    recall_init(role.config->state) == 0)
		return 0;
	log_error("start-failed", "reason=\"%s\"", strerror(errno));
	return -1;
}

/*
 * A file is replaced by another of its name, so it is the folder that has to
 * stay readable.
 */
static void
add_folder(
    struct sandbox_path *paths, size_t *n, const char *path, bool is_folder)
{
	char *copy = path == NULL ? NULL : strdup(path);

	if (copy == NULL || *n == MAX_PATHS) {
		free(copy);
		return;
	}
	folders[*n] = copy;
	paths[*n].path = is_folder ? copy : dirname(copy);
	(*n)++;
}

static void
add_file(struct sandbox_path *paths, size_t *n, const struct trust_file *file,
    bool is_folder)
{
	char *real;

	if (file->path == NULL)
		return;
	real = realpath(file->path, NULL);
	add_folder(paths, n, file->path, is_folder);
	add_folder(paths, n, real, is_folder);
	free(real);
}

/* The trust anchor of DNSSEC, which is written anew in its folder where it
 * can be kept up to date. */
static unsigned
add_resolver(struct sandbox_path *paths, size_t *n)
{
	bool kept;
	const char *path = dns_context_anchor(role.config, &kept);
	size_t first;

	add_folder(paths, n, "/etc/resolv.conf", true);
	if (path == NULL)
		return 0;
	first = *n;
	add_folder(paths, n, path, false);
	for (size_t i = first; i < *n; i++)
		paths[i].write = kept;
	return kept ? SANDBOX_WPATH : 0;
}

/* Sockets: to ask the DNS, directories, and responders of OCSP; without any of
 * them, none. */
static unsigned
add_network(struct sandbox_path *paths, size_t *n)
{
	unsigned promises = 0;
	bool network, local;

	ldap_needs(role.config, &network, &local);
	network = network || resolver_speaks() || role.config->ocsp_staple;
	ldap_allow(network, local);
	/* The thread of the resolver begins behind the sandbox. */
	if (network)
		promises |=
		    SANDBOX_INET | SANDBOX_SOCKET | add_resolver(paths, n);
	return promises | (local ? SANDBOX_UNIX : 0);
}

static int
sandbox(void)
{
	struct sandbox_path paths[MAX_PATHS + 2] = { 0 };
	char own[4096]; /* what the verifier itself remembers */
	unsigned promises = SANDBOX_RELAY | SANDBOX_RPATH | SANDBOX_WPATH;
	size_t n = 0;
	int rv;

	/* Read without privilege, so that what works now works again when the
	 * files have changed. */
	if (trust_configure(&verify_trust, role.config) != 0) {
		log_error("start-failed", "reason=\"%s\"", strerror(errno));
		return -1;
	}
	recall_configure(role.config);
	add_file(paths, &n, &verify_trust.anchors_file, false);
	add_file(paths, &n, &verify_trust.crls_file, true);
	add_file(paths, &n, &verify_trust.pins_file, false);
	add_file(paths, &n, &verify_trust.rules_file, false);
	add_file(paths, &n, &verify_trust.ldap_anchors_file, false);
	promises |= add_network(paths, &n);
	snprintf(own, sizeof(own), "%s/verifier", role.config->state);
	paths[n] = (struct sandbox_path){ own, true };
	rv = sandbox_enter(promises, paths);
	for (size_t i = 0; i < MAX_PATHS; i++)
		free(folders[i]);
	if (rv == 0)
		staples_begin();
	return rv;
}

/*
 * Folders that were not configured at the start stay closed: then the log
 * says so, and what was read before stays in force until a restart.
 */
static void
reload(void)
{
	resolver_init(role.loop, role.config);
	recall_configure(role.config);
	staples_configure();
	ldap_init(role.loop, role.config, &verify_trust);
	if (trust_configure(&verify_trust, role.config) != 0)
		log_error("reload-failed", "reason=\"%s\"", strerror(errno));
}

static void
edge_up(struct edge *edge)
{
	if (edge->role == ROLE_WORKER)
		staples_edge_up(edge);
}

static void
edge_down(struct edge *edge)
{
	if (edge->role == ROLE_AUTHORIZER)
		authorize_edge_down(edge);
	else
		verify_edge_down(edge);
	if (edge->role == ROLE_WORKER)
		staples_edge_down(edge);
}

static void
drain(uint32_t limit_ms)
{
	/* Sessions that are established need no verdict, and those that are
	 * not are ended by their workers. */
	role_drained();
}

static void
stop(void)
{
	staples_stop();
	recall_end();
}

static const struct edge_handler handlers[] = {
	{ ROLE_WORKER, &verify_req_schema, verify_request },
	{ ROLE_WORKER, &verify_prepare_schema, verify_prepare },
	{ ROLE_WORKER, &staple_req_schema, staple_request },
	{ ROLE_FRONT, &admin_routed_schema, answer_admin },
	{ ROLE_AUTHORIZER, &authorize_ans_schema, authorize_answered },
	{ ROLE_AUTHORIZER, &authorize_ready_schema, authorize_ready },
};

static const struct role_calls calls = {
	.role = ROLE_VERIFIER,
	.handlers = handlers,
	.nhandlers = sizeof(handlers) / sizeof(handlers[0]),
	.init = init,
	.sandbox = sandbox,
	.reload = reload,
	.edge_up = edge_up,
	.edge_down = edge_down,
	.hear = role_hear_parent,
	.drain = drain,
	.stop = stop,
};

int
main(int argc, char **argv)
{
	return role_main(&calls, argc, argv);
}
