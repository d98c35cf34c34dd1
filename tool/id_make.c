/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * id_make: keys made by the keeper, and the PEM that comes with them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool/command.h"
#include "tool/id_make.h"
#include "tool/table.h"
#include "tool/text.h"

static const struct option options[] = {
	{ "type", required_argument, NULL, 't' },
	{ "bits", required_argument, NULL, 'b' },
	{ "out", required_argument, NULL, 'o' },
	{ "days", required_argument, NULL, 'd' },
	{ NULL, 0, NULL, 0 },
};

static const struct option options_without_days[] = {
	{ "type", required_argument, NULL, 't' },
	{ "bits", required_argument, NULL, 'b' },
	{ "out", required_argument, NULL, 'o' },
	{ NULL, 0, NULL, 0 },
};

struct made {
	const char *name;
	struct blob key;
	const char *pem;
};

void
id_make_options(int argc, char **argv, bool with_days, struct id_make *m)
{
	const struct option *longs = with_days ? options : options_without_days;
	int c;

	*m = (struct id_make){ .type = "ecdsa" };
	while ((c = option_next(argc, argv, longs)) != -1) {
		if (c == 't')
			m->type = optarg;
		else if (c == 'b')
			m->bits = option_number("--bits", 1024, 16384);
		else if (c == 'd')
			m->days = option_number("--days", 1, 36500);
		else
			m->out = optarg;
	}
	if (strcmp(m->type, "ecdsa") != 0 && strcmp(m->type, "ed25519") != 0 &&
	    strcmp(m->type, "rsa") != 0)
		usage_error("\"%s\" is no type of key: ecdsa, ed25519 and rsa "
			    "are",
		    m->type);
	if (m->bits != 0 && strcmp(m->type, "rsa") != 0)
		usage_error("--bits is for --type rsa");
	m->name = operands(argc, argv, 1, 1)[0];
}

/*
 * The file is made sure of before the key is: a key whose certificate could
 * not be written would have to be looked for.  -1 after a complaint.
 */
static int
out_open(const char *path, bool *made)
{
	int fd;

	*made = true;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd == -1 && errno == EEXIST) {
		*made = false;
		fd = open(path, O_WRONLY | O_CLOEXEC);
	}
	if (fd == -1)
		complain("cannot write %s: %s", path, strerror(errno));
	return fd;
}

static int
out_write(int fd, const char *path, const char *pem)
{
	size_t len = strlen(pem), done = 0;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && ftruncate(fd, 0) != 0)
		goto err;
	while (done < len) {
		n = write(fd, pem + done, len - done);
		if (n == -1 && errno != EINTR)
			goto err;
		done += n > 0 ? (size_t)n : 0;
	}
	return TOOL_OK;
err:
	complain("cannot write %s: %s", path, strerror(errno));
	return TOOL_NO;
}

static void
print(const struct admin_result *result, const char *name, const char *what,
    const char *pem)
{
	const struct column columns[] = {
		COLUMN(struct made, TEXT, name, "identity", "identity"),
		COLUMN(struct made, HEX, key, "key", "key"),
		COLUMN(struct made, TEXT, pem, NULL, what),
	};
	struct made made = { name, result->key, pem };

	if (!tool.json)
		text_print_lines(stdout, pem);
	record_print(tool.json ? stdout : stderr, columns, 3, tool.json, &made);
}

static int
ask_and_print(const struct id_make *m, const struct message_schema *schema,
    const void *ask, const char *what, int out)
{
	struct admin_result result;
	struct admin a;
	const char *pem;
	int status;

	if ((status = admin_open(&a)) != TOOL_OK)
		return status;
	status = admin_ask(&a, schema, ask, NULL, 0, &admin_result_schema,
	    &result, ADMIN_SLOW_TIMEOUT);
	pem = status == TOOL_OK && result.text != NULL ? result.text : "";
	if (status == TOOL_OK && result.error != 0) {
		complain(
		    "%s", *pem != '\0' ? pem : strerror((int)result.error));
		status = TOOL_NO;
	}
	if (status == TOOL_OK && out != -1)
		status = out_write(out, m->out, pem);
	if (status == TOOL_OK)
		print(
		    &result, m->name, what, out != -1 && !tool.json ? "" : pem);
	admin_close(&a);
	return status;
}

int
id_make(const struct id_make *m, const struct message_schema *schema,
    const void *ask, const char *what)
{
	bool made = false;
	int out = -1, status;

	if (m->out != NULL && (out = out_open(m->out, &made)) == -1)
		return TOOL_NO;
	status = ask_and_print(m, schema, ask, what, out);
	if (out != -1)
		(void)close(out);
	if (made && status != TOOL_OK)
		(void)unlink(m->out);
	return status;
}
