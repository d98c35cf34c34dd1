/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * id_add: gives the keeper a certificate, and a key or where it is.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* asprintf */
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool/admin.h"
#include "tool/command.h"
#include "tool/id_add.h"

enum {
	OPTION_CERT = 1,
	OPTION_KEY,
	OPTION_COPY,
	OPTION_FROM,
};

static const struct option options[] = {
	{ "cert", required_argument, NULL, OPTION_CERT },
	{ "key", required_argument, NULL, OPTION_KEY },
	{ "copy", no_argument, NULL, OPTION_COPY },
	{ "from", required_argument, NULL, OPTION_FROM },
	{ NULL, 0, NULL, 0 },
};

/*
 * The directory in front, and nothing more: a link that is pointed to the
 * next certificate one day must remain a link.
 */
static char *
absolute(const char *prefix, const char *path)
{
	char *cwd = NULL, *out = NULL;

	if (*path == '/') {
		if (asprintf(&out, "%s%s", prefix, path) == -1)
			out_of_memory();
		return out;
	}
	if ((cwd = getcwd(NULL, 0)) == NULL)
		return NULL;
	if (asprintf(&out, "%s%s/%s", prefix, cwd, path) == -1)
		out_of_memory();
	free(cwd);
	return out;
}

/* Opens a file to be sent along; 0, or -1 and the sentence. */
static int
attach(
    struct id_addition *add, const char *path, char *error, size_t error_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd == -1) {
		snprintf(error, error_size, "cannot read %s: %s", path,
		    strerror(errno));
		return -1;
	}
	add->fds[add->nfds++] = fd;
	return 0;
}

int
id_addition_open(struct id_addition *add, const char *name, const char *cert,
    const char *key, bool copy, char *error, size_t error_size)
{
	bool is_token = key != NULL && strncmp(key, "pkcs11:", 7) == 0;

	*add = (struct id_addition){ .ask.name = name,
		.ask.copy = copy && key != NULL };
	if (key != NULL && strncmp(key, "file:", 5) == 0)
		key += 5;
	if (copy && is_token) {
		snprintf(error, error_size,
		    "only a key in a file can be "
		    "copied");
		return -1;
	}
	if (attach(add, cert, error, error_size) != 0 ||
	    (add->ask.copy && attach(add, key, error, error_size) != 0))
		return -1;
	if (copy)
		return 0;
	add->cert = absolute("", cert);
	if (is_token)
		add->key = strdup(key);
	else if (key != NULL)
		add->key = absolute("file:", key);
	if (add->cert == NULL || (key != NULL && add->key == NULL)) {
		snprintf(error, error_size,
		    "where is the working directory? %s", strerror(errno));
		return -1;
	}
	add->ask.cert = add->cert;
	add->ask.key = add->key;
	return 0;
}

void
id_addition_close(struct id_addition *add)
{
	for (unsigned i = 0; i < add->nfds; i++)
		(void)close(add->fds[i]);
	add->nfds = 0;
	free(add->cert);
	free(add->key);
	add->cert = add->key = NULL;
}

static int
add_one(const char *name, const char *cert, const char *key, bool copy)
{
	struct id_addition add;
	struct admin_result result;
	struct admin a;
	char error[512];
	int status = TOOL_NO;

	if (id_addition_open(
		&add, name, cert, key, copy, error, sizeof(error)) != 0) {
		complain("%s", error);
		goto out;
	}
	if ((status = admin_open(&a)) != TOOL_OK)
		goto out;
	status = admin_ask(&a, &admin_id_add_schema, &add.ask, add.fds,
	    add.nfds, &admin_result_schema, &result, ADMIN_SLOW_TIMEOUT);
	/* Text without an error is a warning. */
	if (status == TOOL_OK && (result.error != 0 || result.text != NULL))
		complain("%s", result.text != NULL
				   ? result.text
				   : strerror((int)result.error));
	if (status == TOOL_OK && result.error != 0)
		status = TOOL_NO;
	admin_close(&a);
out:
	id_addition_close(&add);
	return status;
}

static int
run(int argc, char **argv)
{
	const char *cert = NULL, *key = NULL, *from = NULL;
	bool copy = false;
	char **name;
	int c;

	while ((c = option_next(argc, argv, options)) != -1) {
		if (c == OPTION_CERT)
			cert = optarg;
		else if (c == OPTION_KEY)
			key = optarg;
		else if (c == OPTION_FROM)
			from = optarg;
		else
			copy = true;
	}
	if (from != NULL) {
		if (cert != NULL || key != NULL)
			usage_error("the lines of --from name certificate and "
				    "key");
		(void)operands(argc, argv, 0, 0);
		return id_add_list(from, copy);
	}
	name = operands(argc, argv, 1, 1);
	if (cert == NULL)
		usage_error("--cert is missing");
	if (copy && key != NULL && strncmp(key, "pkcs11:", 7) == 0)
		usage_error("--copy is for a --key in a file");
	return add_one(name[0], cert, key, copy);
}

const struct command id_add_command = {
	.name = "id add",
	.summary = "add an identity with a certificate and a key",
	.help = "NAME --cert CHAIN [--key FILE|pkcs11:URI] [--copy]\n"
		"   or: tlspool-cli [GLOBAL OPTIONS] id add --from LIST "
		"[--copy]\n"
		"Adds an identity (a domain, *.domain, or user@domain), or "
		"one more key to it.  The\ndaemon checks that key and "
		"certificate belong together and can be used.\n\n"
		"  --cert CHAIN   the certificate and its issuers, PEM\n"
		"  --key FILE     the private key, PEM; the daemon reads the "
		"files again when they\n"
		"                 change\n"
		"  --key pkcs11:  the key is in a token\n"
		"                 without --key: the daemon made it (id "
		"request)\n"
		"  --copy         the daemon keeps copies, the files may go "
		"away\n"
		"  --from LIST    a line per identity: NAME CHAIN [KEY]; \"-\" "
		"is standard input\n\n"
		"Example:\n"
		"  tlspool-cli id add www.example.com --cert chain.pem "
		"--key key.pem\n",
	.run = run,
};
