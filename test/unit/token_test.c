/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * token_test: what the URI of a key in a token may say.
 */
#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/keeper/token.h"

static void
uris_name_the_file_of_the_pin(void **state)
{
	static const struct {
		const char *uri, *path, *why;
	} rows[] = {
		{ "pkcs11:token=t;object=k", NULL, NULL },
		{ "pkcs11:token=t?pin-source=/etc/pin", "/etc/pin", NULL },
		{ "pkcs11:token=t?pin-source=file:/etc/pin", "/etc/pin", NULL },
		{ "pkcs11:token=t?pin-source=file:///etc/pin", "/etc/pin",
		    NULL },
		{ "pkcs11:?pin-value=1234", NULL, "does not belong" },
		{ "pkcs11:?pin-source=/a&pin-value=1", NULL,
		    "does not belong" },
		{ "pkcs11:?pin-source=/a&module-name=x", NULL, "nothing but" },
		{ "pkcs11:?module-path=/x", NULL, "nothing but" },
		{ "pkcs11:?", NULL, "nothing but" },
		{ "pkcs11:?pin-source=", NULL, "absolute path" },
		{ "pkcs11:?pin-source=pin", NULL, "absolute path" },
		{ "pkcs11:?pin-source=file:pin", NULL, "absolute path" },
		{ "pkcs11:?pin-source=file://host/pin", NULL, "absolute path" },
		{ "pkcs11:?pin-source=|/bin/sh", NULL, "absolute path" },
		{ "pkcs11:?pin-source=/a%2fb", NULL, "absolute path" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trouble t = { 0 };
		char *path;
		int r = token_pin_path(rows[i].uri, &path, &t);

		if ((r == 0) != (rows[i].why == NULL))
			fail_msg("%s: %s", rows[i].uri, t.text);
		if (rows[i].path == NULL)
			assert_null(path);
		else
			assert_string_equal(path, rows[i].path);
		if (r != 0 && strstr(t.text, rows[i].why) == NULL)
			fail_msg("%s: %s", rows[i].uri, t.text);
		free(path);
	}
}

static void
references_are_told_apart(void **state)
{
	assert_true(token_named("pkcs11:token=t"));
	assert_false(token_named("file:/pkcs11:"));
	assert_false(token_named("pkcs11"));
	assert_false(token_named(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uris_name_the_file_of_the_pin),
		cmocka_unit_test(references_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
