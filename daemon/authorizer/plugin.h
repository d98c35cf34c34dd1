/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * plugin: the shared object that the administrator wrote, and how it is asked.
 */
#ifndef TLSPOOL_AUTHORIZER_PLUGIN_H
#define TLSPOOL_AUTHORIZER_PLUGIN_H

#include <stddef.h>

#include "daemon/ipc/authorize.h"
#include <tlspool/authorize.h>

struct plugin {
	void *handle;
	const struct tlspool_authorizer *calls; /* NULL: none is loaded */
};

/*
 * Loads the shared object at path and lets it begin.  Returns 0, or -1 and
 * one sentence in error.
 */
int plugin_load(
    struct plugin *, const char *path, char *error, size_t error_size);

/*
 * Asks it.  What it says that is no answer is a denial.  *ans points into
 * *scratch.
 */
void plugin_ask(const struct plugin *, const struct authorize_req *,
    struct tlspool_authorize_answer *scratch, struct authorize_ans *ans);

/* Lets it end. */
void plugin_end(struct plugin *);

#endif
