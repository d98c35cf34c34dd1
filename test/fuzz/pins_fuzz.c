/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * pins_fuzz: the text of a file of pins, and what is found in it.
 */
#include <string.h>

#include "daemon/verifier/pins.h"
#include "test/fuzz/fuzz.h"

static void
look_up(const struct pins *pins, const char *text, size_t len)
{
	static const uint8_t key[PIN_SIZE] = { 1 };
	struct peername name;
	char word[APP_NAME_MAX + 2];
	bool match;

	if (len >= sizeof(word))
		len = sizeof(word) - 1;
	if (len > 0)
		memcpy(word, text, len);
	word[len] = '\0';
	if (peername_parse(&name, word) != 0) {
		always(name.kind == PEERNAME_NONE);
		return;
	}
	always(strlen(name.text) <= APP_NAME_MAX);
	always(peername_equal(&name, &name));
	for (int server = 0; server < 2; server++) {
		match = false;
		always(pins_find(pins, server != 0, &name, key, &match) <=
		       pins_count(pins));
		always(!match || pins_count(pins) > 0);
	}
}

/* Each key is pinned for somebody. */
static void
by_key(const struct pins *pins)
{
	const uint8_t *key;
	const char *name, *first;
	bool server;

	for (size_t i = 0; pins_get(pins, i, &name, &server, &key); i++) {
		first = NULL;
		always(pins_names(pins, server, key, &first) >= 1);
		always(first != NULL && strcmp(first, name) <= 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char error[512] = "";
	const char *text = (const char *)data;
	struct pins *pins;
	size_t n;

	pins = pins_parse(text, len, error, sizeof(error));
	if (pins == NULL) {
		always(error[0] != '\0');
		always(memchr(error, '\0', sizeof(error)) != NULL);
		return 0;
	}
	/* its own first word */
	for (n = 0; n < len && strchr(" \t\r\n", text[n]) == NULL; n++)
		;
	look_up(pins, text, n);
	look_up(pins, "db.example.com", 14);
	by_key(pins);
	pins_free(pins);
	return 0;
}
