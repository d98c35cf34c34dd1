/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * reload: has the daemon read its configuration again.
 */
#include <string.h>

#include "tool/admin.h"
#include "tool/command.h"

static int
run(int argc, char **argv)
{
	struct admin_reload ask = { false };
	struct admin_result result;
	struct admin a;
	int status;

	while (option_next(argc, argv, NULL) != -1)
		;
	(void)operands(argc, argv, 0, 0);
	if ((status = admin_open(&a)) != TOOL_OK)
		return status;
	status = admin_ask(&a, &admin_reload_schema, &ask, NULL, 0,
	    &admin_result_schema, &result, ADMIN_TIMEOUT);
	if (status == TOOL_OK && result.error != 0) {
		complain("%s", result.text != NULL
				   ? result.text
				   : strerror((int)result.error));
		status = TOOL_NO;
	}
	admin_close(&a);
	return status;
}

const struct command reload_command = {
	.name = "reload",
	.summary = "have the daemon read its configuration again",
	.help = "\n"
		"The new configuration is checked whole before any of it is "
		"used.  Where it is bad,\nthe error is printed with file and "
		"line, and the old one stays in force.\n\n"
		"Example:\n"
		"  tlspool-cli reload && echo in force\n",
	.run = run,
};
