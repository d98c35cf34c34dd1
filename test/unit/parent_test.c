/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * Tests of the parent: who may talk to whom, and what --check finds.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/parent/edges.h"
#include "daemon/parent/files.h"
#include "daemon/parent/folders.h"

/* The whole picture: a line here is a decision, not a detail. */
static void
edges_are_these(void **state)
{
	static const bool joined[ROLES][ROLES] = {
		[ROLE_FRONT] = { [ROLE_WORKER] = true,
		    [ROLE_KEEPER] = true,
		    [ROLE_VERIFIER] = true,
		    [ROLE_AUTHORIZER] = true },
		[ROLE_WORKER] = { [ROLE_FRONT] = true,
		    [ROLE_KEEPER] = true,
		    [ROLE_VERIFIER] = true },
		[ROLE_KEEPER] = { [ROLE_FRONT] = true, [ROLE_WORKER] = true },
		[ROLE_VERIFIER] = { [ROLE_FRONT] = true,
		    [ROLE_WORKER] = true,
		    [ROLE_AUTHORIZER] = true },
		[ROLE_AUTHORIZER] = { [ROLE_FRONT] = true,
		    [ROLE_VERIFIER] = true },
	};

	for (unsigned a = 0; a < ROLES; a++)
		for (unsigned b = 0; b < ROLES; b++)
			assert_int_equal(
			    edges_joined((enum role)a, (enum role)b),
			    joined[a][b]);
}

/*
 * Settings: files in a folder of their own.
 */

static char folder[] = "parent_test.XXXXXX";
static char root[4096];

static int
setup(void **state)
{
	return mkdtemp(folder) == NULL || realpath(folder, root) == NULL ? -1
									 : 0;
}

static void
put(const char *name, const char *text)
{
	char path[5000];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
drop(const char *name)
{
	char path[5000];

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	(void)remove(path);
}

static int
teardown(void **state)
{
	drop("conf");
	drop("acl");
	drop("disclosure");
	drop("a/b/c");
	drop("a/b");
	drop("a");
	return rmdir(root);
}

static int
load(const char *more, const struct config *old, struct settings *s, char *kept,
    char *error)
{
	char text[16384], path[5000];

	(void)snprintf(text, sizeof(text),
	    "[identity]\nacl = %s/acl\ndisclosure = %s/disclosure\n"
	    "[daemon]\nsocket = /r/a\nadmin-socket = /r/b\nstate = /s\n%s",
	    root, root, more);
	put("conf", text);
	(void)snprintf(path, sizeof(path), "%s/conf", root);
	return settings_load(s, path, false, old, kept, 256, error);
}

/* Is what comes behind the folder in error as expected? */
static void
assert_blamed(const char *error, const char *expected)
{
	assert_memory_equal(error, root, strlen(root));
	assert_string_equal(error + strlen(root), expected);
}

static void
mistakes_are_found(void **state)
{
	static const struct {
		const char *config, *acl, *disclosure, *error;
	} cases[] = {
		{ "drain = soon\n", NULL, NULL,
		    "/conf:8: [daemon] drain: \"soon\" is not a duration" },
		{ "[tls]\npriority = NORMAL:+NONSENSE\n", NULL, NULL,
		    "/conf: [tls] priority: GnuTLS does not understand "
		    "\"+NONSENSE\"" },
		{ "[trust]\nanchors = /nowhere/at-all\n", NULL, NULL,
		    "/conf: [trust] anchors: /nowhere/at-all: No such file or "
		    "directory" },
		{ "[trust]\npins = /\n", NULL, NULL,
		    "/conf: [trust] pins: / is a folder" },
		{ "[trust]\ncrls = /dev/null\n", NULL, NULL,
		    "/conf: [trust] crls: /dev/null is not a folder" },
	};
	char error[FILES_ERROR];
	struct settings s;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
		    load(cases[i].config, NULL, &s, NULL, error), -1);
		assert_blamed(error, cases[i].error);
	}
	put("acl", "# fine\nallow anybody\n");
	assert_int_equal(load("", NULL, &s, NULL, error), -1);
	assert_memory_equal(
	    error + strlen(root), "/acl:2: ", strlen("/acl:2: "));
	put("acl", "allow any * user=no-such-user-here\n");
	assert_int_equal(load("", NULL, &s, NULL, error), -1);
	assert_memory_equal(
	    error + strlen(root), "/acl:1: ", strlen("/acl:1: "));
	drop("acl");
	put("disclosure", "one-word\n");
	assert_int_equal(load("", NULL, &s, NULL, error), -1);
	assert_memory_equal(
	    error + strlen(root), "/disclosure:1: ", strlen("/disclosure:1: "));
	drop("disclosure");
	assert_int_equal(
	    settings_load(&s, "/nowhere/at-all", false, NULL, NULL, 0, error),
	    -1);
	assert_string_equal(
	    error, "/nowhere/at-all: No such file or directory");
}

static void
memory_files_are_sealed(void **state)
{
	char error[FILES_ERROR], kept[256], buf[256] = "";
	struct settings s, t;

	put("acl", "allow any * user=root\n");
	assert_int_equal(load("workers = 2\n", NULL, &s, NULL, error), 0);
	assert_true(s.has_acl);
	assert_false(s.has_disclosure);
	assert_true(pread(s.fds[1], buf, sizeof(buf) - 1, 0) > 0);
	assert_string_equal(buf, "allow any * user=root:0\n");
	assert_int_equal(pread(s.fds[2], buf, sizeof(buf), 0), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pwrite(s.fds[i], "x", 1, 0), -1);
		assert_int_equal(errno, EPERM);
	}
	assert_int_equal(load("workers = 3\n", s.config, &t, kept, error), 0);
	assert_string_equal(kept, "workers");
	assert_int_equal(t.config->workers, 2);
	settings_free(&s);
	settings_free(&s);
	settings_free(&t);
	drop("acl");
}

static void
folders_are_made(void **state)
{
	char path[5000];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/a/b/c", root);
	assert_int_equal(folder_make(path, 0700), 0);
	assert_int_equal(folder_make(path, 0700), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	put("conf", "x");
	(void)snprintf(path, sizeof(path), "%s/conf/d", root);
	assert_int_equal(folder_make(path, 0700), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edges_are_these),
		cmocka_unit_test(mistakes_are_found),
		cmocka_unit_test(memory_files_are_sealed),
		cmocka_unit_test(folders_are_made),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
