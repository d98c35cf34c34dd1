/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * acl_test: who may be whom, and what a table must not say.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "daemon/keeper/acl.h"
#include "daemon/keeper/disclosure.h"
#include "daemon/sys/name.h"

enum {
	CLIENT = APP_ROLE_CLIENT,
	SERVER = APP_ROLE_SERVER,
};

static const char table[] =
    "# the table of the tests\n"
    "allow server mail.example.com user=postfix:101\n"
    "deny  any    secret.example.com anyone\n"
    "allow client *@example.com group=50\r\n"
    "\n"
    "   allow server *.example.com unit=nginx.service # behind the rule\n"
    "allow any Both.Example.Org user=7 group=8 group=9 unit=a@1.service\n"
    "deny any *.deep.example.net anyone\n"
    "allow any *.example.net anyone\n"
    "allow any anna@users.example.net user=0\n"
    "allow server * user=55\n";

static const uint32_t staff[] = { 100, 50 };
static const uint32_t eight_and_nine[] = { 8, 9 };

static const struct {
	const char *identity;
	unsigned role;
	struct caller caller;
	bool allowed;
	uint32_t line;
} decisions[] = {
	{ "mail.example.com", SERVER, { .uid = 101 }, true, 2 },
	{ "MAIL.Example.Com", SERVER, { .uid = 101 }, true, 2 },
	{ "mail.example.com", CLIENT, { .uid = 101 }, false, 0 },
	{ "mail.example.com", SERVER, { .uid = 102 }, false, 0 },
	{ "mail.example.com", SERVER, { .uid = 55 }, true, 11 },
	{ "mail.example.com", CLIENT, { .uid = 55 }, false, 0 },
	/* deny stands before what would allow it */
	{ "secret.example.com", SERVER, { .uid = 55 }, false, 3 },
	{ "secret.example.com", SERVER, { .unit = "nginx.service" }, false, 3 },
	/* users */
	{ "anna@example.com", CLIENT, { .uid = 1, .gids = staff, .ngids = 2 },
	    true, 4 },
	{ "anna@example.com", SERVER, { .uid = 1, .gids = staff, .ngids = 2 },
	    false, 0 },
	{ "anna@example.com", CLIENT, { .uid = 1, .gids = staff, .ngids = 1 },
	    false, 0 },
	{ "anna@sub.example.com", CLIENT,
	    { .uid = 1, .gids = staff, .ngids = 2 }, false, 0 },
	{ "anna@users.example.net", CLIENT, { .uid = 0 }, true, 10 },
	/* any depth, but not the domain itself, and no user of it */
	{ "www.example.com", SERVER, { .unit = "nginx.service" }, true, 6 },
	{ "a.b.c.example.com", SERVER, { .unit = "nginx.service" }, true, 6 },
	{ "example.com", SERVER, { .unit = "nginx.service" }, false, 0 },
	{ "notexample.com", SERVER, { .unit = "nginx.service" }, false, 0 },
	{ "anna@www.example.com", SERVER, { .unit = "nginx.service" }, false,
	    0 },
	{ "www.example.com", SERVER, { .unit = "other.service" }, false, 0 },
	{ "www.example.com", SERVER, { .unit = NULL }, false, 0 },
	/* an identity that is a wildcard itself */
	{ "*.example.com", SERVER, { .unit = "nginx.service" }, true, 6 },
	/* all conditions must hold */
	{ "both.example.org", SERVER, { 7, eight_and_nine, 2, "a@1.service" },
	    true, 7 },
	{ "both.example.org", SERVER, { 7, eight_and_nine, 1, "a@1.service" },
	    false, 0 },
	{ "both.example.org", SERVER, { 6, eight_and_nine, 2, "a@1.service" },
	    false, 0 },
	{ "both.example.org", SERVER, { 7, eight_and_nine, 2, NULL }, false,
	    0 },
	/* the narrower pattern decides only where it stands first */
	{ "x.deep.example.net", CLIENT, { .uid = 1 }, false, 8 },
	{ "deep.example.net", CLIENT, { .uid = 1 }, true, 9 },
	{ "nowhere.example", CLIENT, { .uid = 1 }, false, 0 },
};

static void
rules_decide(void **state)
{
	char error[256] = "";
	struct acl_verdict v;
	struct acl *acl;

	acl = acl_parse(table, strlen(table), 0, error, sizeof(error));
	assert_string_equal(error, acl != NULL ? error : "");
	assert_non_null(acl);
	for (size_t i = 0; i < sizeof(decisions) / sizeof(*decisions); i++) {
		acl_decide(acl, &decisions[i].caller, decisions[i].role,
		    decisions[i].identity, &v);
		if (v.allowed != decisions[i].allowed ||
		    v.line != decisions[i].line)
			fail_msg("row %zu (%s): allowed %d, line %u", i,
			    decisions[i].identity, v.allowed, v.line);
		assert_non_null(v.rule);
	}
	/* The text of a rule is what the administrator wrote. */
	acl_decide(acl, &(struct caller){ .uid = 101 }, SERVER,
	    "mail.example.com", &v);
	assert_string_equal(
	    v.rule, "allow server mail.example.com user=postfix");
	acl_free(acl);
}

static const struct {
	const char *text;
	const char *error;
} bad[] = {
	{ "permit any * anyone", "line 1: \"permit\" is neither" },
	{ "\n\nallow both * anyone", "line 3: \"both\" is none of" },
	{ "allow any *", "line 1: a rule is" },
	{ "allow", "line 1: a rule is" },
	{ "allow any ex..com anyone", "has an empty label" },
	{ "allow any -x.com anyone", "begins or ends with a hyphen" },
	{ "allow any example.com.. anyone", "ends with a dot" },
	{ "allow any b\xfc"
	  "cher.example anyone",
	    "not UTF-8" },
	{ "allow any *x.example anyone", "has a character" },
	{ "allow any a.*.example anyone", "has a character" },
	{ "allow any @example.com anyone", "has no user" },
	{ "allow any a..b@example.com anyone", "two dots" },
	{ "allow any *@*.example.com anyone", "has a character" },
	{ "allow any * someone", "is none of user=" },
	{ "allow any * user=", "needs a name" },
	{ "allow any * user=postfix", "has not been resolved" },
	{ "allow any * user=postfix:x", "is not a number" },
	{ "allow any * user=4294967295", "is not a number" },
	{ "allow any * user=12x", "is not a number" },
	{ "allow any * group=99999999999999999999", "is not a number" },
	{ "allow any * user=1 user=2", "two users" },
	{ "allow any * unit=a.service unit=b.service", "two units" },
	{ "allow any * unit=nginx", "full name of a unit" },
	{ "allow any * anyone user=1", "stands beside" },
	{ "allow any * user=1 anyone", "stands beside" },
};

static void
bad_tables_are_refused(void **state)
{
	char error[256];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct acl *acl = acl_parse(
		    bad[i].text, strlen(bad[i].text), 0, error, sizeof(error));

		if (acl != NULL || strstr(error, bad[i].error) == NULL)
			fail_msg("row %zu: %s", i, acl ? "accepted" : error);
	}
	assert_null(
	    acl_parse("allow any * \0 user=1", 20, 0, error, sizeof(error)));
	assert_non_null(strstr(error, "NUL"));
}

static void
no_file_means_owners(void **state)
{
	const uint32_t owners[] = { 0, 1000 };
	struct acl *acl = acl_owners(owners, 2);
	struct acl_verdict v;

	acl_decide(acl, &(struct caller){ .uid = 0 }, CLIENT, "a.example", &v);
	assert_true(v.allowed);
	acl_decide(
	    acl, &(struct caller){ .uid = 1000 }, SERVER, "a.example", &v);
	assert_true(v.allowed);
	acl_decide(
	    acl, &(struct caller){ .uid = 1001 }, SERVER, "a.example", &v);
	assert_false(v.allowed);
	assert_int_equal(v.line, 0);
	assert_non_null(strstr(v.rule, "there is no ACL"));
	acl_free(acl);
}

static void
empty_file_denies_all(void **state)
{
	char error[64];
	struct acl *acl = acl_parse("", 0, 0, error, sizeof(error));
	struct acl_verdict v;

	acl_decide(acl, &(struct caller){ .uid = 0 }, SERVER, "a.example", &v);
	assert_false(v.allowed);
	acl_free(acl);
}

static void
names_are_resolved(void **state)
{
	static const char text[] =
	    "# user=nosuchuser\nallow any * user=root group=root # user=x\n"
	    "allow any a.example user=17 user=root:0 unit=user.service";
	char error[256], *out;
	size_t len;

	out = acl_resolve(text, strlen(text), &len, error, sizeof(error));
	assert_non_null(out);
	assert_string_equal(out,
	    "# user=nosuchuser\nallow any * user=root:0 group=root:0 # user=x\n"
	    "allow any a.example user=17 user=root:0 unit=user.service");
	free(out);
	out = acl_resolve(
	    "\nallow any * user=no-such-user", 30, &len, error, sizeof(error));
	assert_null(out);
	assert_string_equal(error, "line 2: there is no user \"no-such-user\"");
}

/* To check a file, names need no numbers; they match nobody then. */
static void
names_alone_match_nobody(void **state)
{
	static const char text[] = "allow any * user=postfix\n"
				   "allow any * group=staff\n";
	const uint32_t gid = UINT32_MAX;
	struct acl_verdict v;
	char error[256];
	struct acl *acl;

	acl = acl_parse(text, strlen(text), ACL_NAMES, error, sizeof(error));
	assert_non_null(acl);
	acl_decide(acl,
	    &(struct caller){ .uid = UINT32_MAX, .gids = &gid, .ngids = 1 },
	    SERVER, "a.example", &v);
	assert_false(v.allowed);
	acl_free(acl);
}

static void
large_tables_are_fast(void **state)
{
	const size_t n = 10000, size = n * 64;
	char *text = malloc(size), name[64], error[256];
	struct timespec a, b;
	struct acl_verdict v;
	struct acl *acl;
	size_t len = 0;
	double seconds;

	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, size - len,
		    "allow server host%zu.example.com user=%zu\n", i, i);
	clock_gettime(CLOCK_MONOTONIC, &a);
	acl = acl_parse(text, len, 0, error, sizeof(error));
	assert_non_null(acl);
	for (uint32_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "host%u.example.com", i);
		acl_decide(acl, &(struct caller){ .uid = i }, SERVER, name, &v);
		assert_true(v.allowed);
		assert_int_equal(v.line, i + 1);
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	seconds = (double)(b.tv_sec - a.tv_sec) +
		  (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	/* Quadratic would be minutes under a sanitizer. */
	assert_true(seconds < 5);
	acl_free(acl);
	free(text);
}

static const char disclosures[] =
    "imap.example.com   anna@example.com   user=1000\n"
    "imap.example.com   root@example.com   user=0\n"
    "*.example.org      anna@example.org   unit=mutt.service\n"
    "*.example.org      host.example.org\n"
    "*                  default.example.net user=1000\n";

static const struct {
	const char *remote;
	struct caller caller;
	const char *first, *second;
} disclosed[] = {
	{ "imap.example.com", { .uid = 1000 }, "anna@example.com",
	    "default.example.net" },
	{ "IMAP.example.COM", { .uid = 0 }, "root@example.com", NULL },
	{ "imap.example.com", { .uid = 5 }, NULL, NULL },
	{ "a.b.example.org", { .unit = "mutt.service" }, "anna@example.org",
	    "host.example.org" },
	{ "example.org", { .uid = 5 }, NULL, NULL },
	{ "x.example.org", { .uid = 5 }, "host.example.org", NULL },
	{ NULL, { .uid = 1000 }, "default.example.net", NULL },
	{ NULL, { .uid = 5 }, NULL, NULL },
	{ ".example.org", { .uid = 5 }, NULL, NULL },
};

static void
assert_same(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		assert_ptr_equal(a, b);
	else
		assert_string_equal(a, b);
}

static void
rows_disclose(void **state)
{
	struct disclosure *d;
	char error[256];

	d = disclosure_parse(
	    disclosures, strlen(disclosures), 0, error, sizeof(error));
	assert_non_null(d);
	for (size_t i = 0; i < sizeof(disclosed) / sizeof(*disclosed); i++) {
		const struct caller *caller = &disclosed[i].caller;
		const char *remote = disclosed[i].remote;
		size_t at = 0;

		assert_same(disclosure_next(d, caller, remote, &at),
		    disclosed[i].first);
		assert_same(disclosure_next(d, caller, remote, &at),
		    disclosed[i].second);
	}
	disclosure_free(d);
}

static void
bad_disclosures_are_refused(void **state)
{
	static const char *const rows[][2] = {
		{ "imap.example.com", "line 1: a row is" },
		{ "a@example.com b@example.com", "is a user, not a server" },
		{ "* *", "identity \"*\"" },
		{ "* *@example.com", "identity" },
		{ "* a.example user=x", "has not been resolved" },
		{ "* a.example nobody", "is none of" },
	};
	char error[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_null(disclosure_parse(
		    rows[i][0], strlen(rows[i][0]), 0, error, sizeof(error)));
		assert_non_null(strstr(error, rows[i][1]));
	}
}

static void
identities_have_a_grammar(void **state)
{
	static const struct {
		const char *name, *why;
	} names[] = {
		{ "Example.COM", NULL },
		{ "localhost", NULL },
		{ "*.example.com", NULL },
		{ "xn--bcher-kva.example", NULL },
		{ "anna.b+c@example.com", NULL },
		{ "", "is empty" },
		{ "*", "has a character" },
		{ "*@example.com", "has an asterisk" },
		{ "a b.example", "has a space" },
		{ "a_b.example", "has a character" },
		{ "anna@", "has an empty label" },
		{ "a@b@example.com", "has a character" },
		{ "b\xc3\xbc"
		  "cher.example",
		    NULL },
		{ "b\xfc"
		  "cher.example",
		    "not UTF-8" },
		{ "example.com.", NULL },
		{ "anna@xn--99zz.example", "no A-label" },
	};
	char out[NAME_SIZE], label[80];
	const char *why;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		int r = name_identity(names[i].name, out, &why);

		assert_int_equal(r, names[i].why == NULL ? 0 : -1);
		if (r != 0 && strstr(why, names[i].why) == NULL)
			fail_msg("%s %s", names[i].name, why);
	}
	memset(label, 'a', sizeof(label));
	snprintf(label + 64, 10, ".example");
	assert_int_equal(name_identity(label, out, &why), -1);
	assert_int_equal(name_identity(label + 1, out, &why), 0);
	assert_true(name_covers("*.example.com", "www.example.com"));
	assert_false(name_covers("*.example.com", "a.b.example.com"));
	assert_false(name_covers("*.example.com", "example.com"));
	assert_false(name_covers("*.example.com", ".example.com"));
	assert_false(name_covers("*.example.com", "anna@x.example.com"));
	assert_true(name_covers("anna@example.com", "anna@example.com"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_decide),
		cmocka_unit_test(bad_tables_are_refused),
		cmocka_unit_test(no_file_means_owners),
		cmocka_unit_test(empty_file_denies_all),
		cmocka_unit_test(names_are_resolved),
		cmocka_unit_test(names_alone_match_nobody),
		cmocka_unit_test(large_tables_are_fast),
		cmocka_unit_test(rows_disclose),
		cmocka_unit_test(bad_disclosures_are_refused),
		cmocka_unit_test(identities_have_a_grammar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
