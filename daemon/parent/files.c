/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * files: reads what the administrator wrote, and finds what is wrong with it
 * before anybody acts on it.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/keeper/acl.h"
#include "daemon/keeper/disclosure.h"
#include "daemon/parent/files.h"
#include "daemon/verifier/rules.h"

enum {
	FILE_LIMIT = 16 * 1024 * 1024,
};

struct text {
	char *data; /* NULL: there is no such file */
	size_t len;
};

/* "line 7: sentence" of a parser becomes "path:7: sentence". */
static int
blame(const char *path, const char *why, char *error)
{
	unsigned line;
	int skip = 0;

	if (sscanf(why, "line %u: %n", &line, &skip) == 1 && skip > 0)
		(void)snprintf(
		    error, FILES_ERROR, "%s:%u: %s", path, line, why + skip);
	else
		(void)snprintf(error, FILES_ERROR, "%s: %s", path, why);
	return -1;
}

static int
read_all(int fd, struct text *out, const char *path, char *error)
{
	char *grown;
	size_t room = 0;
	ssize_t n;

	for (;;) {
		if (out->len == room) {
			room = room == 0 ? 4096 : 2 * room;
			if (room > FILE_LIMIT)
				return blame(
				    path, "the file is too long", error);
			if ((grown = realloc(out->data, room + 1)) == NULL)
				return blame(path, strerror(errno), error);
			out->data = grown;
		}
		n = read(fd, out->data + out->len, room - out->len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return blame(path, strerror(errno), error);
		if (n == 0)
			return 0;
		out->len += (size_t)n;
	}
}

static int
read_file(const char *path, bool optional, struct text *out, char *error)
{
	struct stat st;
	int fd, rv = -1;

	/* O_NONBLOCK: a FIFO of that name must not stop us. */
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1) {
		if (errno == ENOENT && optional)
			return 0;
		return blame(path, strerror(errno), error);
	}
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		(void)blame(path, "this is not a regular file", error);
	else
		rv = read_all(fd, out, path, error);
	(void)close(fd);
	if (rv != 0) {
		free(out->data);
		*out = (struct text){ 0 };
	}
	return rv;
}

/* A file of bytes in memory that nobody can change any more; -1 and errno. */
static int
memory_file(const char *name, const char *data, size_t len)
{
	size_t done = 0;
	ssize_t n;
	int fd;

	fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd == -1)
		return -1;
	while (done < len) {
		n = write(fd, data + done, len - done);
		if (n == -1 && errno != EINTR)
			goto err;
		done += n > 0 ? (size_t)n : 0;
	}
	if (fcntl(fd, F_ADD_SEALS,
		F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0)
		return fd;

err:
	(void)close(fd);
	return -1;
}

/*
 * Reads a table of rules, replaces the names of users by numbers (the keeper
 * may not ask the user database), checks it, and makes a memory file of it.
 */
static int
load_table(const char *path, bool acl, bool *has, int *fd, char *error)
{
	struct text text = { 0 };
	struct disclosure *disclosure = NULL;
	struct acl *rules = NULL;
	char why[FILES_ERROR / 2];
	char *resolved = NULL;
	size_t len = 0;
	int rv = -1;

	if (read_file(path, true, &text, error) != 0)
		return -1;
	*has = text.data != NULL;
	if (*has) {
		resolved =
		    acl_resolve(text.data, text.len, &len, why, sizeof(why));
		if (resolved != NULL && acl)
			rules = acl_parse(resolved, len, 0, why, sizeof(why));
		else if (resolved != NULL)
			disclosure = disclosure_parse(
			    resolved, len, 0, why, sizeof(why));
		if (rules == NULL && disclosure == NULL) {
			(void)blame(path, why, error);
			goto err;
		}
	}
	*fd = memory_file(acl ? "acl" : "disclosure", resolved, len);
	if (*fd == -1) {
		(void)blame(path, strerror(errno), error);
		goto err;
	}
	rv = 0;

err:
	acl_free(rules);
	disclosure_free(disclosure);
	free(resolved);
	free(text.data);
	return rv;
}

static int
check_priority(const char *path, const char *priority, char *error)
{
	gnutls_priority_t cache = NULL;
	const char *at = priority;
	char why[256];

	if (gnutls_priority_init2(&cache, priority, &at, 0) == 0) {
		gnutls_priority_deinit(cache);
		return 0;
	}
	(void)snprintf(why, sizeof(why),
	    "[tls] priority: GnuTLS does not understand \"%.100s\"", at);
	return blame(path, why, error);
}

/* What other processes will open by themselves must be there. */
static int
check_there(const char *path, const char *key, const char *file, bool folder,
    char *error)
{
	char why[FILES_ERROR / 2];
	struct stat st;

	if (file == NULL || file[0] != '/')
		return 0;
	if (stat(file, &st) != 0)
		(void)snprintf(why, sizeof(why), "%s: %.256s: %s", key, file,
		    strerror(errno));
	else if (folder != (S_ISDIR(st.st_mode) != 0))
		(void)snprintf(why, sizeof(why), "%s: %.256s is %s", key, file,
		    folder ? "not a folder" : "a folder");
	else
		return 0;
	return blame(path, why, error);
}

/* The verifier reads them again when they change; now they must be fine. */
static int
check_rules(const char *file, char *error)
{
	struct rules *rules = NULL;
	struct text text = { 0 };
	char why[FILES_ERROR / 2];

	if (file == NULL)
		return 0;
	if (read_file(file, false, &text, error) != 0)
		return -1;
	rules = rules_parse(text.data, text.len, why, sizeof(why));
	free(text.data);
	if (rules == NULL)
		return blame(file, why, error);
	rules_free(rules);
	return 0;
}

static int
check_config(const char *path, const struct config *c, char *error)
{
	if (check_priority(path, c->priority, error) != 0 ||
	    check_there(path, "[trust] anchors", c->anchors, false, error) !=
		0 ||
	    check_there(path, "[trust] crls", c->crls, true, error) != 0 ||
	    check_there(path, "[trust] pins", c->pins, false, error) != 0 ||
	    check_there(
		path, "[dns] trust-anchor", c->dns_anchor, false, error) != 0 ||
	    check_rules(c->rules, error) != 0 ||
	    check_there(
		path, "[authorization] plugin", c->plugin, false, error) != 0)
		return -1;
	return 0;
}

static int
load_config(struct settings *s, const char *path, bool optional,
    const struct config *old, char *kept, size_t kept_size, char *error)
{
	struct text text = { 0 };
	char why[FILES_ERROR / 2];
	char *canonical = NULL;
	int rv = -1;

	if (read_file(path, optional, &text, error) != 0)
		return -1;
	s->config = config_parse(
	    text.data == NULL ? "" : text.data, text.len, why, sizeof(why));
	if (s->config == NULL) {
		(void)blame(path, why, error);
		goto err;
	}
	if (check_config(path, s->config, error) != 0)
		goto err;
	if (old != NULL && config_keep(s->config, old, kept, kept_size) == -1) {
		(void)blame(path, strerror(errno), error);
		goto err;
	}
	canonical = config_text(s->config);
	if (canonical != NULL)
		s->fds[0] = memory_file("config", canonical, strlen(canonical));
	if (s->fds[0] == -1) {
		(void)blame(path, strerror(errno), error);
		goto err;
	}
	rv = 0;

err:
	free(canonical);
	free(text.data);
	return rv;
}

int
settings_load(struct settings *s, const char *path, bool optional,
    const struct config *old, char *kept, size_t kept_size, char *error)
{
	*s = (struct settings){ .fds = { -1, -1, -1 } };
	if (load_config(s, path, optional, old, kept, kept_size, error) == 0 &&
	    load_table(s->config->acl, true, &s->has_acl, &s->fds[1], error) ==
		0 &&
	    load_table(s->config->disclosure, false, &s->has_disclosure,
		&s->fds[2], error) == 0)
		return 0;
	settings_free(s);
	return -1;
}

void
settings_free(struct settings *s)
{
	if (s->config == NULL) /* none is {0}; after a failure, no more */
		goto done;
	config_free(s->config);
	for (size_t i = 0; i < 3; i++)
		if (s->fds[i] != -1)
			(void)close(s->fds[i]);
done:
	*s = (struct settings){ .fds = { -1, -1, -1 } };
}
