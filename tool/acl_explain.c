/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * acl_explain: asks the keeper which rule decides, before it has to.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ipc/app.h"
#include "tool/admin.h"
#include "tool/command.h"
#include "tool/table.h"
#include "tool/text.h"

enum {
	MAX_GROUPS = 65536, /* NGROUPS_MAX of Linux */
	OPTION_USER = 1,
	OPTION_GROUP,
	OPTION_UNIT,
};

static const struct option options[] = {
	{ "user", required_argument, NULL, OPTION_USER },
	{ "group", required_argument, NULL, OPTION_GROUP },
	{ "unit", required_argument, NULL, OPTION_UNIT },
	{ NULL, 0, NULL, 0 },
};

static const struct column columns[] = {
	COLUMN(struct admin_acl_ans, BOOLEAN, allowed, NULL, "allowed"),
	COLUMN(struct admin_acl_ans, NUMBER, line, NULL, "line"),
	COLUMN(struct admin_acl_ans, TEXT, rule, NULL, "rule"),
};

/* Who is asked about. */
struct subject {
	uint32_t uid;
	const char *unit;
	gid_t *gids;
	size_t ngids;
};

/* A number, or -1. */
static long long
number(const char *text)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 ||
	    v >= UINT32_MAX)
		return -1;
	return (long long)v;
}

static void
add_group(struct subject *s, gid_t gid)
{
	for (size_t i = 0; i < s->ngids; i++)
		if (s->gids[i] == gid)
			return;
	if (s->ngids == MAX_GROUPS)
		usage_error("there are more groups than a process can have");
	s->gids[s->ngids++] = gid;
}

static void
add_named_group(struct subject *s, const char *name)
{
	struct group *gr = getgrnam(name);
	long long gid = number(name);

	if (gr == NULL && gid == -1)
		usage_error("there is no group %s", name);
	add_group(s, gr != NULL ? gr->gr_gid : (gid_t)gid);
}

/* The groups of a user as a login would have them. */
static void
set_user(struct subject *s, const char *name)
{
	struct passwd *pw = getpwnam(name);
	long long uid = number(name);
	int n = MAX_GROUPS;
	gid_t *gids;

	if (pw == NULL && uid == -1)
		usage_error("there is no user %s", name);
	if (pw == NULL)
		pw = getpwuid((uid_t)uid);
	s->uid = pw != NULL ? pw->pw_uid : (uint32_t)uid;
	if (pw == NULL)
		return; /* a number without a name has no groups */
	if ((gids = calloc(MAX_GROUPS, sizeof(*gids))) == NULL)
		out_of_memory();
	if (getgrouplist(pw->pw_name, pw->pw_gid, gids, &n) == -1)
		n = MAX_GROUPS;
	for (int i = 0; i < n; i++)
		add_group(s, gids[i]);
	free(gids);
}

static void
set_caller(struct subject *s)
{
	int n = getgroups(0, NULL);
	gid_t *gids;

	s->uid = geteuid();
	add_group(s, getegid());
	if (n <= 0)
		return;
	if ((gids = calloc((size_t)n, sizeof(*gids))) == NULL)
		out_of_memory();
	n = getgroups(n, gids);
	for (int i = 0; i < n; i++)
		add_group(s, gids[i]);
	free(gids);
}

static void
read_options(int argc, char **argv, struct subject *s)
{
	const char *user = NULL;
	int c;

	if ((s->gids = calloc(MAX_GROUPS, sizeof(*s->gids))) == NULL)
		out_of_memory();
	while ((c = option_next(argc, argv, options)) != -1) {
		if (c == OPTION_USER)
			user = optarg;
		else if (c == OPTION_GROUP)
			add_named_group(s, optarg);
		else
			s->unit = optarg;
	}
	if (user != NULL)
		set_user(s, user);
	else
		set_caller(s);
}

static int
print(const struct admin_acl_ans *ans)
{
	const char *rule = ans->rule != NULL ? ans->rule : "";

	if (tool.json) {
		record_print(stdout, columns,
		    sizeof(columns) / sizeof(columns[0]), true, ans);
	} else {
		printf(ans->allowed ? "allowed" : "denied");
		if (ans->line != 0)
			printf(" by line %" PRIu32, ans->line);
		fputs(": ", stdout);
		text_print(stdout, rule);
		putchar('\n');
	}
	return ans->allowed ? TOOL_OK : TOOL_NO;
}

static int
explain(const struct subject *s, uint8_t role, const char *identity)
{
	struct admin_acl_explain ask = { .uid = s->uid,
		.unit = s->unit,
		.role = role,
		.identity = identity };
	struct admin_acl_ans ans;
	struct admin a;
	uint32_t *gids;
	int status;

	if ((status = admin_open(&a)) != TOOL_OK)
		return status;
	if ((gids = calloc(s->ngids + 1, sizeof(*gids))) == NULL)
		out_of_memory();
	for (size_t i = 0; i < s->ngids; i++)
		gids[i] = htonl(s->gids[i]);
	ask.gids = (struct blob){ (uint8_t *)gids, s->ngids * sizeof(*gids) };
	status = admin_ask(&a, &admin_acl_explain_schema, &ask, NULL, 0,
	    &admin_acl_ans_schema, &ans, ADMIN_TIMEOUT);
	if (status == TOOL_OK)
		status = print(&ans);
	free(gids);
	admin_close(&a);
	return status;
}

static int
run(int argc, char **argv)
{
	struct subject s = { 0 };
	uint8_t role;
	char **args;
	int status;

	read_options(argc, argv, &s);
	args = operands(argc, argv, 2, 2);
	if (strcmp(args[0], "client") == 0)
		role = APP_ROLE_CLIENT;
	else if (strcmp(args[0], "server") == 0)
		role = APP_ROLE_SERVER;
	else
		usage_error(
		    "\"%s\" is no role: client and server are", args[0]);
	status = explain(&s, role, args[1]);
	free(s.gids);
	return status;
}

const struct command acl_explain_command = {
	.name = "acl explain",
	.summary = "say which rule decides who may be whom",
	.help = "[--user USER] [--group GROUP ...] [--unit UNIT] "
		"client|server IDENTITY\n"
		"Asks the daemon whether a user may be an identity, and which "
		"rule says so.  The exit\nstatus is 0 for allowed and 1 for "
		"denied.\n\n"
		"  --user USER    name or number, with all its groups [you]\n"
		"  --group GROUP  one group more\n"
		"  --unit UNIT    as a process of that systemd unit\n\n"
		"Example:\n"
		"  tlspool-cli acl explain --user www-data --unit "
		"nginx.service server www.example.com\n",
	.run = run,
};
