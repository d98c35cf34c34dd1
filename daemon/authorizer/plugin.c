/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * plugin: code of somebody else; what comes out of it is checked, and what it
 * does to this process concerns nobody else.
 */
#include <dlfcn.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/authorizer/plugin.h"
#include "daemon/ipc/app.h"

_Static_assert((int)TLSPOOL_AUTHORIZE_CLIENT == (int)APP_ROLE_CLIENT &&
		   (int)TLSPOOL_AUTHORIZE_SERVER == (int)APP_ROLE_SERVER,
    "the roles of the wire are those of the interface");
_Static_assert(sizeof(((struct tlspool_authorize_answer *)0)->reason) ==
		   AUTHORIZE_REASON_MAX + 1,
    "a reason fits the message");

static int
begin(const struct tlspool_authorizer *calls, const char *path)
{
	char *copy;
	int rv;

	if (calls->begin == NULL)
		return 0;
	if ((copy = strdup(path)) == NULL)
		return -1;
	rv = calls->begin(dirname(copy));
	free(copy);
	return rv;
}

int
plugin_load(
    struct plugin *plugin, const char *path, char *error, size_t error_size)
{
	const struct tlspool_authorizer *calls;

	plugin->calls = NULL;
	plugin->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (plugin->handle == NULL) {
		snprintf(error, error_size, "%s", dlerror());
		return -1;
	}
	calls = dlsym(plugin->handle, "tlspool_authorizer");
	if (calls == NULL)
		snprintf(error, error_size, "%s defines no tlspool_authorizer",
		    path);
	else if (calls->version != TLSPOOL_AUTHORIZE_VERSION)
		snprintf(error, error_size,
		    "%s is made for version %u of the interface, and this is "
		    "version %u",
		    path, calls->version, TLSPOOL_AUTHORIZE_VERSION);
	else if (calls->ask == NULL)
		snprintf(error, error_size, "%s cannot be asked", path);
	else if (begin(calls, path) != 0)
		snprintf(error, error_size, "%s refuses to begin", path);
	else
		plugin->calls = calls;
	if (plugin->calls != NULL)
		return 0;
	dlclose(plugin->handle);
	plugin->handle = NULL;
	return -1;
}

void
plugin_ask(const struct plugin *plugin, const struct authorize_req *req,
    struct tlspool_authorize_answer *scratch, struct authorize_ans *ans)
{
	const struct tlspool_authorize_question question = {
		.version = TLSPOOL_AUTHORIZE_VERSION,
		.role = req->role,
		.local = req->local,
		.remote = req->remote,
		.method = req->method,
		.evidence = req->evidence,
		.service = req->service,
		.port = req->port,
		.uid = req->uid,
	};
	int verdict;

	memset(scratch, 0, sizeof(*scratch));
	verdict = plugin->calls->ask(&question, scratch);
	scratch->reason[sizeof(scratch->reason) - 1] = '\0';
	*ans = (struct authorize_ans){
		.verdict = TLSPOOL_AUTHORIZE_DENY,
		.reason = scratch->reason,
		.lifetime = scratch->lifetime,
	};
	if (verdict >= TLSPOOL_AUTHORIZE_DENY &&
	    verdict <= TLSPOOL_AUTHORIZE_DEFER)
		ans->verdict = (uint8_t)verdict;
	else
		snprintf(scratch->reason, sizeof(scratch->reason),
		    "the plugin answered %d, which is no verdict", verdict);
}

void
plugin_end(struct plugin *plugin)
{
	if (plugin->calls != NULL && plugin->calls->end != NULL)
		plugin->calls->end();
	/* Not closed: threads of its own may still run in it. */
	plugin->calls = NULL;
}
