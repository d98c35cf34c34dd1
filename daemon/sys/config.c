/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * config: the table of everything that can be configured, and how text
 * becomes values and values become text.  libinih finds the lines.
 */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "daemon/sys/config.h"

enum {
	LINE_MAX_BYTES = 4096,
	VALUE_MAX_BYTES = LINE_MAX_BYTES - 64, /* config_text() adds a name */
	MAX_PATHS = 32,
	SECOND = 1000,
	HOUR = 3600 * SECOND,
	MAX_WORKERS = 256,
};

enum value_type {
	VALUE_TEXT,
	VALUE_PATH,	/* char *: absolute */
	VALUE_PATHS,	/* char **: absolute, NULL-terminated */
	VALUE_ANCHORS,	/* char *: absolute, "system" or "none" */
	VALUE_OPTION,	/* char *: a name; NULL for "none" */
	VALUE_FILE,	/* char *: absolute; NULL for "none" */
	VALUE_NUMBER,	/* uint32_t */
	VALUE_DURATION, /* uint32_t, milliseconds */
	VALUE_BOOLEAN,	/* bool */
	VALUE_LEVEL,	/* int, of syslog(3) */
	VALUE_POLICY,	/* enum trust_method[CONFIG_MAX_METHODS] */
};

struct key {
	const char *section;
	const char *name;
	enum value_type type;
	size_t offset;
	uint32_t min, max; /* of numbers and durations */
	bool restart;	   /* only a restart changes it */
};

/* What is being parsed, and how far that has come. */
struct parse {
	struct config *config;
	const char *text;
	size_t left;
	unsigned line;
	uint64_t seen; /* bit i: keys[i] */
	const struct key *key;
	char *error; /* "": none yet */
	size_t error_size;
};

#define KEY(s, n, t, member, ...)                                     \
	{                                                             \
		s, n, t, offsetof(struct config, member), __VA_ARGS__ \
	}

static const struct key keys[] = {
	KEY("daemon", "socket", VALUE_PATH, socket, 0, 0, true),
	KEY("daemon", "admin-socket", VALUE_PATH, admin_socket, 0, 0, true),
	KEY("daemon", "state", VALUE_PATH, state, 0, 0, true),
	KEY("daemon", "user", VALUE_OPTION, user, 0, 0, true),
	KEY("daemon", "keeper-user", VALUE_OPTION, keeper_user, 0, 0, true),
	KEY("daemon", "workers", VALUE_NUMBER, workers, 0, MAX_WORKERS, true),
	KEY("daemon", "drain", VALUE_DURATION, drain, 0, 24 * HOUR, false),
	KEY("daemon", "log-level", VALUE_LEVEL, log_level, 0, 0, false),
	KEY("tls", "priority", VALUE_TEXT, priority, 0, 0, false),
	KEY("tls", "handshake-timeout", VALUE_DURATION, handshake_timeout, 100,
	    HOUR, false),
	KEY("tls", "linger", VALUE_DURATION, linger, 0, HOUR, false),
	KEY("quota", "max-handshakes", VALUE_NUMBER, max_handshakes, 0,
	    UINT32_MAX, false),
	KEY("quota", "max-sessions", VALUE_NUMBER, max_sessions, 0, UINT32_MAX,
	    false),
	KEY("quota", "max-connections", VALUE_NUMBER, max_connections, 0,
	    UINT32_MAX, false),
	KEY("identity", "acl", VALUE_PATH, acl, 0, 0, false),
	KEY("identity", "disclosure", VALUE_PATH, disclosure, 0, 0, false),
	KEY("identity", "key-paths", VALUE_PATHS, key_paths, 0, 0, false),
	KEY("trust", "anchors", VALUE_ANCHORS, anchors, 0, 0, false),
	KEY("trust", "crls", VALUE_FILE, crls, 0, 0, false),
	KEY("trust", "require-crl", VALUE_BOOLEAN, require_crl, 0, 0, false),
	KEY("trust", "pins", VALUE_FILE, pins, 0, 0, false),
	KEY("trust", "client-policy", VALUE_POLICY, client_policy, 0, 0, false),
	KEY("trust", "server-policy", VALUE_POLICY, server_policy, 0, 0, false),
};

enum {
	NKEYS = sizeof(keys) / sizeof(keys[0])
};

_Static_assert(NKEYS <= 64, "parse.seen has a bit for each key");

static const char *const levels[] = {
	[LOG_ERR] = "error",
	[LOG_WARNING] = "warning",
	[LOG_NOTICE] = "notice",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

static const char *const methods[] = {
	[TRUST_PIN] = "pin",
	[TRUST_PKIX] = "pkix",
};

/* Methods that the design names and a later version speaks. */
static const char *const unspoken[] = { "dane", "ldap", "openpgp" };

static void *
member(const struct config *c, const struct key *key)
{
	return (char *)(uintptr_t)c + key->offset;
}

/* Keeps the first error, with where it is. */
__attribute__((format(printf, 2, 3))) static int
fail(struct parse *p, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (p->error[0] != '\0')
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (p->key == NULL)
		(void)snprintf(
		    p->error, p->error_size, "line %u: %s", p->line, text);
	else
		(void)snprintf(p->error, p->error_size, "line %u: [%s] %s: %s",
		    p->line, p->key->section, p->key->name, text);
	return -1;
}

/*
 * From text to values.  Each function is given the value with no space around
 * it, and returns 0, or -1 after fail().
 */

static int
parse_text(struct parse *p, const char *value, char **out)
{
	if (value[0] == '\0')
		return fail(p, "the value is missing");
	if ((*out = strdup(value)) == NULL)
		return fail(p, "out of memory");
	return 0;
}

static int
parse_path(struct parse *p, const char *value, char **out)
{
	if (value[0] != '/' && value[0] != '\0')
		return fail(p, "\"%s\" is not an absolute path", value);
	return parse_text(p, value, out);
}

static int
parse_paths(struct parse *p, const char *value, char ***out)
{
	char *copy = NULL, *save = NULL, *word;
	size_t n = 0;
	int rv = -1;

	if ((*out = calloc(MAX_PATHS + 1, sizeof(char *))) == NULL ||
	    (copy = strdup(value)) == NULL) {
		(void)fail(p, "out of memory");
		goto err;
	}
	for (word = strtok_r(copy, " \t", &save); word != NULL;
	     word = strtok_r(NULL, " \t", &save)) {
		if (n == MAX_PATHS) {
			(void)fail(p, "more than %d paths", MAX_PATHS);
			goto err;
		}
		if (parse_path(p, word, &(*out)[n++]) != 0)
			goto err;
	}
	if (n == 0 && fail(p, "the value is missing") != 0)
		goto err;
	rv = 0;

err:
	free(copy);
	return rv;
}

/* Digits only: no sign, no space, no base but ten. */
static int
parse_digits(const char *value, const char **end, uint64_t *out)
{
	uint64_t n = 0;
	const char *s;

	for (s = value; isdigit((unsigned char)*s); s++) {
		n = n * 10 + (uint64_t)(*s - '0');
		if (n > UINT32_MAX)
			return -1;
	}
	*end = s;
	*out = n;
	return s == value ? -1 : 0;
}

static int
parse_number(struct parse *p, const char *value, uint32_t *out)
{
	const char *end;
	uint64_t n;

	if (parse_digits(value, &end, &n) != 0 || *end != '\0')
		return fail(p, "\"%s\" is not a number", value);
	if (n < p->key->min || n > p->key->max)
		return fail(p, "%s is not between %u and %u", value,
		    p->key->min, p->key->max);
	*out = (uint32_t)n;
	return 0;
}

static int
parse_duration(struct parse *p, const char *value, uint32_t *out)
{
	static const struct {
		const char *unit;
		uint32_t ms;
	} units[] = { { "", SECOND }, { "ms", 1 }, { "s", SECOND },
		{ "m", 60 * SECOND }, { "min", 60 * SECOND }, { "h", HOUR } };
	const char *end;
	uint64_t n;

	if (parse_digits(value, &end, &n) != 0)
		return fail(p, "\"%s\" is not a duration", value);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit) != 0)
			continue;
		n *= units[i].ms;
		if (n < p->key->min || n > p->key->max)
			return fail(p, "%s is not between %ums and %us", value,
			    p->key->min, p->key->max / SECOND);
		*out = (uint32_t)n;
		return 0;
	}
	return fail(p, "\"%s\" is not a duration", value);
}

static int
parse_boolean(struct parse *p, const char *value, bool *out)
{
	*out = strcmp(value, "yes") == 0;
	if (!*out && strcmp(value, "no") != 0)
		return fail(p, "\"%s\" is neither yes nor no", value);
	return 0;
}

static int
parse_level(struct parse *p, const char *value, int *out)
{
	for (int i = LOG_ERR; i <= LOG_DEBUG; i++) {
		if (strcmp(value, levels[i]) == 0) {
			*out = i;
			return 0;
		}
	}
	return fail(
	    p, "\"%s\" is none of error, warning, notice, info, debug", value);
}

static int
parse_method(struct parse *p, const char *word, enum trust_method *out)
{
	for (size_t i = 0; i < sizeof(unspoken) / sizeof(unspoken[0]); i++)
		if (strcmp(word, unspoken[i]) == 0)
			return fail(
			    p, "this version cannot speak %s", unspoken[i]);
	for (int i = TRUST_PIN; i <= TRUST_PKIX; i++) {
		if (strcmp(word, methods[i]) == 0) {
			*out = (enum trust_method)i;
			return 0;
		}
	}
	return fail(p, "\"%s\" is not a method: pin or pkix", word);
}

static int
parse_policy(struct parse *p, const char *value, enum trust_method *out)
{
	enum trust_method method = TRUST_END;
	char *copy, *save = NULL, *word;
	size_t n = 0, i;
	int rv = -1;

	if ((copy = strdup(value)) == NULL)
		return fail(p, "out of memory");
	for (word = strtok_r(copy, " \t", &save); word != NULL;
	     word = strtok_r(NULL, " \t", &save)) {
		if (parse_method(p, word, &method) != 0)
			goto err;
		for (i = 0; i < n; i++) {
			if (out[i] == method) {
				(void)fail(p, "%s stands there twice", word);
				goto err;
			}
		}
		/* No method twice, and fewer methods than places. */
		out[n++] = method;
	}
	out[n] = TRUST_END;
	if (n == 0 && fail(p, "the value is missing") != 0)
		goto err;
	rv = 0;

err:
	free(copy);
	return rv;
}

static int
parse_value(struct parse *p, const char *value)
{
	void *out = member(p->config, p->key);

	switch (p->key->type) {
	case VALUE_TEXT:
		return parse_text(p, value, out);
	case VALUE_PATH:
		return parse_path(p, value, out);
	case VALUE_PATHS:
		return parse_paths(p, value, out);
	case VALUE_ANCHORS:
		if (strcmp(value, "system") == 0 || strcmp(value, "none") == 0)
			return parse_text(p, value, out);
		return parse_path(p, value, out);
	case VALUE_OPTION:
		if (strcmp(value, "none") == 0)
			return 0;
		return parse_text(p, value, out);
	case VALUE_FILE:
		if (strcmp(value, "none") == 0)
			return 0;
		return parse_path(p, value, out);
	case VALUE_NUMBER:
		return parse_number(p, value, out);
	case VALUE_DURATION:
		return parse_duration(p, value, out);
	case VALUE_BOOLEAN:
		return parse_boolean(p, value, out);
	case VALUE_LEVEL:
		return parse_level(p, value, out);
	case VALUE_POLICY:
		return parse_policy(p, value, out);
	}
	return fail(p, "has no type");
}

/*
 * The file.
 */

static bool
known_section(const char *name, size_t len)
{
	for (size_t i = 0; i < NKEYS; i++)
		if (strlen(keys[i].section) == len &&
		    memcmp(keys[i].section, name, len) == 0)
			return true;
	return false;
}

/* A section without keys never reaches take_value(): look at its line. */
static int
check_section(struct parse *p, const char *line)
{
	const char *end;

	line += strspn(line, " \t");
	if (*line != '[' || (end = strchr(line, ']')) == NULL)
		return 0;
	line++;
	if (known_section(line, (size_t)(end - line)))
		return 0;
	return fail(p, "[%.*s] is not a section", (int)(end - line), line);
}

/* Gives libinih its next line, as fgets(3) would; NULL at the end. */
static char *
next_line(char *out, int size, void *arg)
{
	struct parse *p = arg;
	const char *nl;
	size_t len;

	if (p->left == 0 || p->error[0] != '\0')
		return NULL;
	p->line++;
	p->key = NULL;
	nl = memchr(p->text, '\n', p->left);
	len = nl == NULL ? p->left : (size_t)(nl - p->text) + 1;
	if (memchr(p->text, '\0', len) != NULL) {
		(void)fail(p, "a NUL byte");
		return NULL;
	}
	if (size < 1 || len >= (size_t)size) {
		(void)fail(p, "longer than %d bytes", size - 3);
		return NULL;
	}
	memcpy(out, p->text, len);
	out[len] = '\0';
	p->text += len;
	p->left -= len;
	return check_section(p, out) == 0 ? out : NULL;
}

/* libinih found "name = value": 1, or 0 to stop. */
static int
take_value(void *arg, const char *section, const char *name, const char *value)
{
	struct parse *p = arg;
	size_t i;

	p->key = NULL;
	if (section[0] == '\0')
		return fail(p, "%s stands before any [section]", name) == 0;
	for (i = 0; i < NKEYS; i++)
		if (strcmp(keys[i].section, section) == 0 &&
		    strcmp(keys[i].name, name) == 0)
			break;
	if (i == NKEYS)
		return fail(p, "[%s] has no key %s", section, name) == 0;
	p->key = &keys[i];
	if (p->seen & (UINT64_C(1) << i))
		return fail(p, "stands there twice") == 0;
	p->seen |= UINT64_C(1) << i;
	if (strlen(value) > VALUE_MAX_BYTES)
		return fail(p, "longer than %d bytes", VALUE_MAX_BYTES) == 0;
	/* No comment to libinih where no space is in front of it. */
	if (value[0] == '#' || value[0] == ';')
		return fail(p, "\"%s\" looks like a comment", value) == 0;
	return parse_value(p, value) == 0;
}

static int
parse_file(struct parse *p)
{
	static char comments[] = ";#";

	ini_allow_multiline = false;
	ini_allow_no_value = false;
	ini_stop_on_first_error = true;
	ini_allow_inline_comments = true;
	ini_inline_comment_prefixes = comments;
	ini_use_stack = false;
	ini_allow_realloc = false;
	ini_initial_alloc = LINE_MAX_BYTES;
	ini_max_line = LINE_MAX_BYTES;
	if (ini_parse_stream(next_line, p, take_value, p) == 0 &&
	    p->error[0] == '\0')
		return 0;
	p->key = NULL;
	return fail(p, "neither \"[section]\" nor \"key = value\"");
}

/*
 * Defaults: of the system's pool for root, of a pool of one's own for others.
 */

static unsigned
online_cores(void)
{
	cpu_set_t set;
	int n = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = CPU_COUNT(&set);
	return n < 1 ? 1 : n > MAX_WORKERS ? MAX_WORKERS : (unsigned)n;
}

/* The folder of run-time files, or of state, of who runs this. */
static int
own_folder(struct parse *p, bool state, char *out, size_t size)
{
	const char *base = getenv(state ? "XDG_STATE_HOME" : "XDG_RUNTIME_DIR");
	const char *below = "";
	int n;

	if (geteuid() == 0) {
		n = snprintf(
		    out, size, "%s", state ? TLSPOOL_STATEDIR : TLSPOOL_RUNDIR);
		return n > 0 && (size_t)n < size ? 0 : -1;
	}
	if ((base == NULL || base[0] != '/') && state) {
		base = getenv("HOME");
		below = "/.local/state";
	}
	n = base == NULL || base[0] != '/'
		? -1
		: snprintf(out, size, "%s%s/tlspool", base, below);
	if (n > 0 && (size_t)n < size)
		return 0;
	if (p->error[0] == '\0')
		(void)snprintf(p->error, p->error_size,
		    "[daemon] %s is not set, and neither is the variable %s "
		    "that the default comes from",
		    state ? "state" : "socket or admin-socket",
		    state ? "HOME" : "XDG_RUNTIME_DIR");
	return -1;
}

static int
default_folders(struct parse *p)
{
	struct config *c = p->config;
	char folder[3072];

	if (c->socket == NULL || c->admin_socket == NULL) {
		if (own_folder(p, false, folder, sizeof(folder)) != 0)
			return -1;
		if (c->socket == NULL &&
		    asprintf(&c->socket, "%s/tlspool.sock", folder) == -1)
			return -1;
		if (c->admin_socket == NULL &&
		    asprintf(&c->admin_socket, "%s/admin.sock", folder) == -1)
			return -1;
	}
	if (c->state == NULL) {
		if (own_folder(p, true, folder, sizeof(folder)) != 0)
			return -1;
		if ((c->state = strdup(folder)) == NULL)
			return -1;
	}
	return 0;
}

/* The text that stands for a key that the file does not name, or NULL. */
static const char *
default_text(const char *name)
{
	static const char *const defaults[][2] = {
		{ "user", "tlspool" },
		{ "keeper-user", "tlspool-keeper" },
		{ "workers", "0" },
		{ "drain", "30s" },
		{ "log-level", "info" },
		{ "priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:"
			      "-RSA:-DHE-RSA:%SERVER_PRECEDENCE" },
		{ "handshake-timeout", "30s" },
		{ "linger", "5s" },
		{ "max-handshakes", "20000" },
		{ "max-sessions", "0" },
		{ "max-connections", "1000" },
		{ "acl", TLSPOOL_SYSCONFDIR "/acl" },
		{ "disclosure", TLSPOOL_SYSCONFDIR "/disclosure" },
		{ "key-paths",
		    TLSPOOL_SYSCONFDIR " /etc/ssl /etc/letsencrypt /etc/pki" },
		{ "anchors", "system" },
		{ "require-crl", "no" },
		{ "client-policy", "pin pkix" },
		{ "server-policy", "pin pkix" },
	};
	bool user =
	    strcmp(name, "user") == 0 || strcmp(name, "keeper-user") == 0;

	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (strcmp(defaults[i][0], name) == 0)
			return user && geteuid() != 0 ? NULL : defaults[i][1];
	return NULL;
}

static int
fill_defaults(struct parse *p)
{
	const char *text;

	for (size_t i = 0; i < NKEYS; i++) {
		if (p->seen & (UINT64_C(1) << i))
			continue;
		p->key = &keys[i];
		text = default_text(keys[i].name);
		if (text != NULL && parse_value(p, text) != 0)
			return -1;
	}
	if (p->config->workers == 0)
		p->config->workers = online_cores();
	if (default_folders(p) == 0)
		return 0;
	p->key = NULL;
	return fail(p, "out of memory");
}

struct config *
config_parse(const char *text, size_t len, char *error, size_t error_size)
{
	struct parse p = {
		.text = text,
		.left = len,
		.error = error,
		.error_size = error_size,
	};

	error[0] = '\0';
	if ((p.config = calloc(1, sizeof(*p.config))) == NULL) {
		(void)fail(&p, "out of memory");
		return NULL;
	}
	if (parse_file(&p) != 0 || fill_defaults(&p) != 0) {
		config_free(p.config);
		return NULL;
	}
	return p.config;
}

/* Is the value a string of its own? */
static bool
is_string(const struct key *key)
{
	switch (key->type) {
	case VALUE_TEXT:
	case VALUE_PATH:
	case VALUE_ANCHORS:
	case VALUE_OPTION:
	case VALUE_FILE:
		return true;
	default:
		return false;
	}
}

void
config_free(struct config *c)
{
	char **paths;

	if (c == NULL)
		return;
	for (size_t i = 0; i < NKEYS; i++)
		if (is_string(&keys[i]))
			free(*(char **)member(c, &keys[i]));
	for (paths = c->key_paths; paths != NULL && *paths != NULL; paths++)
		free(*paths);
	free(c->key_paths);
	free(c);
}

/*
 * From values to text.
 */

static void
write_value(FILE *out, const struct key *key, const void *value)
{
	const enum trust_method *method;
	const char *string;
	char *const *path;

	switch (key->type) {
	case VALUE_PATHS:
		for (path = *(char *const *const *)value; *path != NULL; path++)
			(void)fprintf(out, " %s", *path);
		break;
	case VALUE_NUMBER:
		(void)fprintf(out, " %u", *(const uint32_t *)value);
		break;
	case VALUE_DURATION:
		(void)fprintf(out, " %ums", *(const uint32_t *)value);
		break;
	case VALUE_BOOLEAN:
		(void)fputs(*(const bool *)value ? " yes" : " no", out);
		break;
	case VALUE_LEVEL:
		(void)fprintf(out, " %s", levels[*(const int *)value]);
		break;
	case VALUE_POLICY:
		for (method = value; *method != TRUST_END; method++)
			(void)fprintf(out, " %s", methods[*method]);
		break;
	default:
		string = *(const char *const *)value;
		(void)fprintf(out, " %s", string == NULL ? "none" : string);
		break;
	}
}

char *
config_text(const struct config *c)
{
	const char *section = "";
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	if ((out = open_memstream(&text, &len)) == NULL)
		return NULL;
	for (size_t i = 0; i < NKEYS; i++) {
		if (strcmp(section, keys[i].section) != 0)
			(void)fprintf(out, "[%s]\n", keys[i].section);
		section = keys[i].section;
		(void)fprintf(out, "%s =", keys[i].name);
		write_value(out, &keys[i], member(c, &keys[i]));
		(void)fputc('\n', out);
	}
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* Puts one value back: 1 where it differed. */
static unsigned
keep_value(
    const struct key *key, struct config *fresh, const struct config *old)
{
	char **a, *const *b, *copy = NULL;
	uint32_t *number;

	if (key->type == VALUE_NUMBER) {
		number = member(fresh, key);
		if (*number == *(const uint32_t *)member(old, key))
			return 0;
		*number = *(const uint32_t *)member(old, key);
		return 1;
	}
	a = member(fresh, key);
	b = member(old, key);
	if (*a == *b || (*a != NULL && *b != NULL && strcmp(*a, *b) == 0))
		return 0;
	if (*b != NULL && (copy = strdup(*b)) == NULL)
		return 1;
	free(*a);
	*a = copy;
	return 1;
}

unsigned
config_keep(
    struct config *fresh, const struct config *old, char *names, size_t size)
{
	unsigned n = 0;
	size_t len = 0;

	names[0] = '\0';
	for (size_t i = 0; i < NKEYS; i++) {
		if (!keys[i].restart || keep_value(&keys[i], fresh, old) == 0)
			continue;
		len = strlen(names);
		(void)snprintf(names + len, size - len, "%s%s",
		    n == 0 ? "" : ", ", keys[i].name);
		n++;
	}
	return n;
}
