/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * rules_fuzz: the text of a file of rules, and what it decides.
 */
#include <string.h>

#include "daemon/verifier/rules.h"
#include "test/fuzz/fuzz.h"

static void
decide(const struct rules *rules, const char *local, const char *remote)
{
	struct rules_question question = { .local = local, .remote = remote };
	struct rules_verdict says;

	for (int server = 0; server < 2; server++) {
		question.server = server != 0;
		rules_decide(rules, &question, &says);
		always(says.text != NULL);
		always(says.line != 0 || !says.allow);
		always(rules_count(rules) > 0 || says.line == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	char error[512] = "", word[512];
	struct rules *rules;
	size_t n;

	rules = rules_parse(text, len, error, sizeof(error));
	if (rules == NULL) {
		always(error[0] != '\0');
		always(memchr(error, '\0', sizeof(error)) != NULL);
		return 0;
	}
	/* its own first word */
	for (n = 0; n < len && n < sizeof(word) - 1 && text[n] != '\0' &&
		    strchr(" \t\r\n", text[n]) == NULL;
	     n++)
		word[n] = text[n];
	word[n] = '\0';
	decide(rules, word, "anna@example.com");
	decide(rules, NULL, word);
	decide(rules, "", "www.example.com");
	rules_free(rules);
	return 0;
}
