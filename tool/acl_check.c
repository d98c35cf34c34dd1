/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * acl_check: looks for errors in an ACL before the daemon does.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/keeper/acl.h"
#include "tool/command.h"

enum {
	ACL_FILE_MAX = 16 * 1024 * 1024, /* bytes */
};

/* NULL after a complaint. */
static char *
read_all(const char *path, size_t *len)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char *text = malloc(ACL_FILE_MAX);

	if (text == NULL)
		out_of_memory();
	if (in == NULL) {
		complain("cannot open %s: %s", path, strerror(errno));
		goto err;
	}
	*len = fread(text, 1, ACL_FILE_MAX, in);
	if (ferror(in)) {
		complain("cannot read %s: %s", path, strerror(errno));
		goto err;
	}
	if (*len == ACL_FILE_MAX) {
		complain("%s is longer than an ACL can be", path);
		goto err;
	}
	if (in != stdin)
		(void)fclose(in);
	return text;
err:
	if (in != NULL && in != stdin)
		(void)fclose(in);
	free(text);
	return NULL;
}

static int
run(int argc, char **argv)
{
	const char *path = TLSPOOL_SYSCONFDIR "/acl";
	struct acl *acl = NULL;
	char error[512], *text, *resolved = NULL, **operand;
	size_t len, resolved_len;
	int status = TOOL_NO;

	while (option_next(argc, argv, NULL) != -1)
		;
	operand = operands(argc, argv, 0, 1);
	if (*operand != NULL)
		path = *operand;
	if ((text = read_all(path, &len)) == NULL)
		return TOOL_NO;
	if ((acl = acl_parse(text, len, ACL_NAMES, error, sizeof(error))) ==
		NULL ||
	    (resolved = acl_resolve(
		 text, len, &resolved_len, error, sizeof(error))) == NULL)
		complain("%s: %s", path, error);
	else
		status = TOOL_OK;
	free(resolved);
	acl_free(acl);
	free(text);
	return status;
}

const struct command acl_check_command = {
	.name = "acl check",
	.summary = "look for errors in an ACL",
	.help =
	    "[FILE]\n"
	    "Checks an ACL [" TLSPOOL_SYSCONFDIR "/acl]; \"-\" is standard "
	    "input.  Silent where all is\nwell; else it prints the first "
	    "error with its line.\n\n"
	    "Example:\n"
	    "  tlspool-cli acl check acl.new && mv acl.new " TLSPOOL_SYSCONFDIR
	    "/acl\n",
	.run = run,
};
