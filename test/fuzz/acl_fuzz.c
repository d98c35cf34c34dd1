/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * acl_fuzz: the text of an ACL, and questions to what came out of it: nothing
 * is allowed without a rule, and the rule that is shown is of that kind.
 */
#include <string.h>

#include "daemon/keeper/acl.h"
#include "daemon/sys/name.h"
#include "test/fuzz/fuzz.h"

static void
ask(const struct acl *acl, const char *identity)
{
	static const uint32_t gids[] = { 0, 33, 100 };
	static const struct caller callers[] = {
		{ .uid = 0, .gids = gids, .ngids = 1 },
		{ .uid = 33, .gids = gids, .ngids = 3, .unit = "a.service" },
		{ .uid = UINT32_MAX },
	};
	struct acl_verdict v;

	for (size_t i = 0; i < sizeof(callers) / sizeof(callers[0]); i++) {
		for (unsigned role = 0; role < 2; role++) {
			acl_decide(acl, &callers[i], role, identity, &v);
			always(v.rule != NULL);
			always(!v.allowed || v.line > 0);
			always(v.line == 0 ||
			       strncmp(v.rule, v.allowed ? "allow" : "deny",
				   v.allowed ? 5 : 4) == 0);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char error[256] = "", name[NAME_SIZE + 8];
	struct acl *acl;

	for (unsigned flags = 0; flags <= ACL_NAMES; flags++) {
		acl = acl_parse(
		    (const char *)data, len, flags, error, sizeof(error));
		if (acl == NULL) {
			always(error[0] != '\0');
			continue;
		}
		ask(acl, "mail.example.com");
		ask(acl, "anna@example.com");
		ask(acl, "");
		/* the end of the input as a name */
		size_t n = len < sizeof(name) - 1 ? len : sizeof(name) - 1;
		if (n > 0)
			memcpy(name, data + len - n, n);
		name[n] = '\0';
		ask(acl, name);
		acl_free(acl);
	}
	return 0;
}
