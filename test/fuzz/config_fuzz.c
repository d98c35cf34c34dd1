/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * config_fuzz: the text of tlspool.conf.  It is taken whole, with what the
 * rest of the daemon relies on, or refused with a sentence; and what the parent
 * hands on to the others says the same to them.
 */
#include <string.h>

#include "daemon/sys/config.h"
#include "test/fuzz/fuzz.h"

static void
hand_on(const struct config *c)
{
	char error[256] = "", *text, *again;
	struct config *other;

	text = config_text(c);
	always(text != NULL);
	other = config_parse(text, strlen(text), error, sizeof(error));
	always(other != NULL);
	again = config_text(other);
	always(again != NULL && strcmp(text, again) == 0);
	config_free(other);
	free(text);
	free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char error[256] = "";
	struct config *c;

	c = config_parse((const char *)data, len, error, sizeof(error));
	if (c == NULL) {
		always(error[0] != '\0');
		always(memchr(error, '\0', sizeof(error)) != NULL);
		return 0;
	}
	always(c->workers > 0);
	always(c->socket != NULL && c->admin_socket != NULL);
	always(c->state != NULL && c->priority != NULL);
	always(c->client_policy[CONFIG_MAX_METHODS - 1] == TRUST_END);
	always(c->server_policy[CONFIG_MAX_METHODS - 1] == TRUST_END);
	hand_on(c);
	config_free(c);
	return 0;
}
