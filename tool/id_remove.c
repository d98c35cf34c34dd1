/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * id_remove: takes an identity, or one of its credentials, away.
 */
#include <string.h>

#include "tool/command.h"
#include "tool/id_row.h"

static const struct option options[] = {
	{ "key", required_argument, NULL, 'k' },
	{ NULL, 0, NULL, 0 },
};

static int
run(int argc, char **argv)
{
	struct admin_id_remove ask = { .name = NULL };
	struct admin_result result;
	uint8_t id[KEY_ID_SIZE];
	const char *key = NULL;
	struct admin a;
	int status;

	while (option_next(argc, argv, options) != -1)
		key = optarg;
	ask.name = operands(argc, argv, 1, 1)[0];
	if ((status = admin_open(&a)) != TOOL_OK)
		return status;
	if (key != NULL) {
		status = id_find_key(&a, ask.name, key, id);
		ask.key = (struct blob){ id, sizeof(id) };
	}
	if (status == TOOL_OK)
		status = admin_ask(&a, &admin_id_remove_schema, &ask, NULL, 0,
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

const struct command id_remove_command = {
	.name = "id remove",
	.summary = "remove an identity, or one of its keys",
	.help = "[--key ID] NAME\n"
		"Removes an identity with all its keys.  Keys and "
		"certificates in files or tokens of\nyour own stay there.\n\n"
		"  --key ID  only the key of this id (or of these first digits "
		"of it)\n\n"
		"Example:\n"
		"  tlspool-cli id remove --key 5f2c49d0 www.example.com\n",
	.run = run,
};
