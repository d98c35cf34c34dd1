/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * disclosure_fuzz: the text of a disclosure table, and its answers, which end.
 */
#include <string.h>

#include "daemon/keeper/acl.h"
#include "daemon/keeper/disclosure.h"
#include "daemon/sys/name.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct caller caller = { .uid = 33, .unit = "a.service" };
	static const char *const remotes[] = { NULL, "", "example.com",
		"mail.example.com", "x.y.z.example" };
	char error[256] = "", lower[NAME_SIZE];
	struct disclosure *d;
	const char *id, *why;

	d = disclosure_parse(
	    (const char *)data, len, ACL_NAMES, error, sizeof(error));
	if (d == NULL) {
		always(error[0] != '\0');
		return 0;
	}
	for (size_t i = 0; i < sizeof(remotes) / sizeof(remotes[0]); i++) {
		size_t at = 0, before = 0;

		while ((id = disclosure_next(d, &caller, remotes[i], &at)) !=
		       NULL) {
			always(at > before);
			before = at;
			/* only what can be an identity is in the table */
			always(name_identity(id, lower, &why) == 0);
		}
	}
	disclosure_free(d);
	return 0;
}
