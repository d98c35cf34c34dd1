/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * config: the table of everything that can be configured, and how text
 * becomes that and that becomes text.  libinih finds the lines.
 */
#include <config.h>

#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/sys/config.h"
#include "daemon/sys/defaults.h"
#include "daemon/sys/peers.h"
#include "daemon/sys/value.h"

enum {
	LINE_MAX_BYTES = 4096,
	VALUE_MAX_BYTES = LINE_MAX_BYTES - 64, /* config_text() adds a name */
	SECOND = 1000,
	HOUR = 3600 * SECOND,
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
	char *pattern; /* of the section [trust "PATTERN"], or NULL */
	char *error;   /* "": none yet */
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
	KEY("daemon", "workers", VALUE_NUMBER, workers, 0, CONFIG_MAX_WORKERS,
	    true),
	KEY("daemon", "handshake-nice", VALUE_NUMBER, handshake_nice, 0, 19,
	    true),
	KEY("daemon", "drain", VALUE_DURATION, drain, 0, 24 * HOUR, false),
	KEY("daemon", "log-level", VALUE_LEVEL, log_level, 0, 0, false),
	KEY("tls", "priority", VALUE_TEXT, priority, 0, 0, false),
	KEY("tls", "handshake-timeout", VALUE_DURATION, handshake_timeout, 100,
	    HOUR, false),
	KEY("tls", "linger", VALUE_DURATION, linger, 0, HOUR, false),
	KEY("tls", "tickets", VALUE_BOOLEAN, tickets, 0, 0, false),
	KEY("tls", "ticket-lifetime", VALUE_DURATION, ticket_lifetime, SECOND,
	    24 * HOUR, false),
	KEY("quota", "max-handshakes", VALUE_NUMBER, max_handshakes, 0,
	    UINT32_MAX, false),
	KEY("quota", "max-sessions", VALUE_NUMBER, max_sessions, 0, UINT32_MAX,
	    false),
	KEY("quota", "max-connections", VALUE_NUMBER, max_connections, 0,
	    UINT32_MAX, false),
	KEY("identity", "acl", VALUE_PATH, acl, 0, 0, false),
	KEY("identity", "disclosure", VALUE_PATH, disclosure, 0, 0, false),
	KEY("identity", "key-paths", VALUE_PATHS, key_paths, 0, 0, false),
	KEY("identity", "pkcs11-modules", VALUE_PATHS, pkcs11_modules, 0, 0,
	    false),
	KEY("identity", "token-paths", VALUE_PATHS, token_paths, 0, 0, false),
	KEY("trust", "anchors", VALUE_ANCHORS, anchors, 0, 0, false),
	KEY("trust", "crls", VALUE_FILE, crls, 0, 0, false),
	KEY("trust", "require-crl", VALUE_BOOLEAN, require_crl, 0, 0, false),
	KEY("trust", "pkix-strict", VALUE_BOOLEAN, pkix_strict, 0, 0, false),
	KEY("trust", "pins", VALUE_FILE, pins, 0, 0, false),
	KEY("trust", "ldap", VALUE_DIRECTORY, ldap, 0, 0, false),
	KEY("trust", "client-policy", VALUE_POLICY, client_policy, 0, 0, false),
	KEY("trust", "server-policy", VALUE_POLICY, server_policy, 0, 0, false),
	KEY("authorization", "rules", VALUE_FILE, rules, 0, 0, false),
	KEY("authorization", "plugin", VALUE_FILE, plugin, 0, 0, true),
	/* The parent takes a process for hung that is silent for longer. */
	KEY("authorization", "plugin-timeout", VALUE_DURATION, plugin_timeout,
	    10, 8 * SECOND, false),
	KEY("cache", "size", VALUE_NUMBER, cache_size, 0, 10000000, false),
	KEY("cache", "max-age", VALUE_DURATION, cache_max_age, SECOND,
	    7 * 24 * HOUR, false),
	KEY("cache", "negative-age", VALUE_DURATION, cache_negative_age, 0,
	    HOUR, false),
	KEY("ocsp", "staple", VALUE_BOOLEAN, ocsp_staple, 0, 0, true),
	KEY("ocsp", "timeout", VALUE_DURATION, ocsp_timeout, 10,
	    10 * 60 * SECOND, false),
	KEY("dns", "trust-anchor", VALUE_ANCHORS, dns_anchor, 0, 0, true),
	KEY("dns", "forward", VALUE_RESOLVER, dns_forward, 0, 0, true),
	KEY("dns", "timeout", VALUE_DURATION, dns_timeout, 10, HOUR, false),
	KEY("dns", "local-zones", VALUE_BOOLEAN, dns_local_zones, 0, 0, true),
	KEY("ldap", "anchors", VALUE_ANCHORS, ldap_anchors, 0, 0, false),
	KEY("ldap", "timeout", VALUE_DURATION, ldap_timeout, 10, HOUR, false),
	KEY("ldap", "lifetime", VALUE_DURATION, ldap_lifetime, SECOND,
	    24 * HOUR, false),
};

#define PEERS_KEY(n, t, member)                                            \
	{                                                                  \
		"trust", n, t, offsetof(struct trust_peers, member), 0, 0, \
		    false                                                  \
	}

/* Those of [trust] that may stand in [trust "PATTERN"] as well. */
static const struct key peers_keys[] = {
	PEERS_KEY("client-policy", VALUE_POLICY, client_policy),
	PEERS_KEY("server-policy", VALUE_POLICY, server_policy),
	PEERS_KEY("require-crl", VALUE_BOOLEAN, require_crl),
	PEERS_KEY("ldap", VALUE_DIRECTORY, ldap),
};

enum { NPEERS_KEYS = sizeof(peers_keys) / sizeof(peers_keys[0]) };

enum { NKEYS = sizeof(keys) / sizeof(keys[0]) };

_Static_assert(NKEYS <= 64, "parse.seen has a bit for each key");

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

static int
take_text(struct parse *p, const char *text, void *value)
{
	char why[400];

	if (value_parse(p->key->type, p->key->min, p->key->max, text, value,
		why, sizeof(why)) == 0)
		return 0;
	return fail(p, "%s", why);
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

/*
 * A section of peers: libinih has little room for the names of sections, and
 * is given [trust] in its place.
 */
static int
begin_peers(struct parse *p, char *line, char *name)
{
	char *end = strchr(name, '"');
	const char *why;

	if (end == NULL || end[1] != ']')
		return fail(p, "[trust \"PATTERN\"] does not end in \"]");
	if ((p->pattern = strndup(name, (size_t)(end - name))) == NULL)
		return fail(p, "out of memory");
	end += 2;
	end += strspn(end, " \t\r\n");
	if (*end != '\0' && *end != '#' && *end != ';')
		return fail(p, "there is more behind the section");
	if (peers_add(p->config, p->pattern, &why) == NULL)
		return fail(p, "[trust \"%s\"] %s", p->pattern, why);
	strcpy(line, "[trust]\n");
	return 0;
}

/* A section without keys never reaches take_value(): look at its line. */
static int
check_section(struct parse *p, char *line)
{
	static const char peers[] = "[trust \"";
	char *begin = line;
	const char *end;

	line += strspn(line, " \t");
	if (*line != '[')
		return 0;
	/* The section before this one ends here, also where this is none. */
	free(p->pattern);
	p->pattern = NULL;
	if (strncmp(line, peers, strlen(peers)) == 0)
		return begin_peers(p, begin, line + strlen(peers));
	if ((end = strchr(line, ']')) == NULL)
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

/* The key of this name, or NULL and fail(). */
static const struct key *
find_key(struct parse *p, const char *section, const char *name)
{
	const struct key *table = p->pattern == NULL ? keys : peers_keys;
	size_t n = p->pattern == NULL ? (size_t)NKEYS : (size_t)NPEERS_KEYS;

	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i].section, section) == 0 &&
		    strcmp(table[i].name, name) == 0)
			return &table[i];
	if (p->pattern == NULL)
		(void)fail(p, "[%s] has no key %s", section, name);
	else
		(void)fail(p, "[trust \"%s\"] has no key %s", p->pattern, name);
	return NULL;
}

/* libinih found "name = value": 1, or 0 to stop. */
static int
take_value(void *arg, const char *section, const char *name, const char *value)
{
	struct parse *p = arg;
	struct trust_peers *peers;
	const char *why;
	uint64_t *seen = &p->seen, bit;
	void *out;

	p->key = NULL;
	if (section[0] == '\0')
		return fail(p, "%s stands before any [section]", name) == 0;
	if ((p->key = find_key(p, section, name)) == NULL)
		return 0;
	if (p->pattern != NULL) {
		if ((peers = peers_add(p->config, p->pattern, &why)) == NULL)
			return fail(p, "%s", why) == 0;
		bit = UINT64_C(1) << (p->key - peers_keys);
		seen = &peers->seen;
		out = (char *)peers + p->key->offset;
	} else {
		bit = UINT64_C(1) << (p->key - keys);
		out = member(p->config, p->key);
	}
	if (*seen & bit)
		return fail(p, "stands there twice") == 0;
	*seen |= bit;
	if (strlen(value) > VALUE_MAX_BYTES)
		return fail(p, "longer than %d bytes", VALUE_MAX_BYTES) == 0;
	/* No comment to libinih where no space is in front of it. */
	if (value[0] == '#' || value[0] == ';')
		return fail(p, "\"%s\" looks like a comment", value) == 0;
	return take_text(p, value, out) == 0;
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
 * What the file does not say.
 */
static bool
peers_says(const struct trust_peers *peers, const char *name)
{
	for (size_t i = 0; i < NPEERS_KEYS; i++)
		if (strcmp(peers_keys[i].name, name) == 0)
			return (peers->seen & (UINT64_C(1) << i)) != 0;
	return false;
}

/* What a section of peers does not say is as [trust] says. */
static int
fill_peers(struct config *c)
{
	for (size_t i = 0; i < c->npeers; i++) {
		struct trust_peers *to = &c->peers[i];

		if (to->client_policy[0] == TRUST_END)
			memcpy(to->client_policy, c->client_policy,
			    sizeof(to->client_policy));
		if (to->server_policy[0] == TRUST_END)
			memcpy(to->server_policy, c->server_policy,
			    sizeof(to->server_policy));
		if (!peers_says(to, "require-crl"))
			to->require_crl = c->require_crl;
		if (!peers_says(to, "ldap") && c->ldap != NULL &&
		    (to->ldap = strdup(c->ldap)) == NULL)
			return -1;
	}
	return 0;
}

static int
fill_defaults(struct parse *p)
{
	const char *text;

	for (size_t i = 0; i < NKEYS; i++) {
		if (p->seen & (UINT64_C(1) << i))
			continue;
		p->key = &keys[i];
		text = defaults_text(p->key->section, p->key->name);
		if (text != NULL &&
		    take_text(p, text, member(p->config, p->key)) != 0)
			return -1;
	}
	if (p->config->workers == 0)
		p->config->workers = defaults_workers();
	if (fill_peers(p->config) == 0 &&
	    defaults_folders(p->config, p->error, p->error_size) == 0)
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
		p.config = NULL;
	}
	free(p.pattern);
	return p.config;
}

void
config_free(struct config *c)
{
	if (c == NULL)
		return;
	for (size_t k = 0; k < NKEYS; k++)
		value_free(keys[k].type, member(c, &keys[k]));
	peers_free(c);
	free(c);
}

static void
write_peers(FILE *out, const struct trust_peers *peers)
{
	(void)fprintf(out, "[trust \"%s\"]\n", peers->pattern);
	for (size_t i = 0; i < NPEERS_KEYS; i++) {
		(void)fprintf(out, "%s =", peers_keys[i].name);
		value_write(out, peers_keys[i].type,
		    (const char *)peers + peers_keys[i].offset);
		(void)fputc('\n', out);
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
		value_write(out, keys[i].type, member(c, &keys[i]));
		(void)fputc('\n', out);
	}
	for (size_t i = 0; i < c->npeers; i++)
		write_peers(out, &c->peers[i]);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

int
config_keep(
    struct config *fresh, const struct config *old, char *names, size_t size)
{
	size_t len;
	int r, n = 0;

	names[0] = '\0';
	for (size_t i = 0; i < NKEYS; i++) {
		if (!keys[i].restart)
			continue;
		r = value_copy(keys[i].type, member(fresh, &keys[i]),
		    member(old, &keys[i]));
		if (r == -1)
			return -1;
		if (r == 0)
			continue;
		len = strlen(names);
		(void)snprintf(names + len, size - len, "%s%s",
		    n == 0 ? "" : ", ", keys[i].name);
		n++;
	}
	return n;
}
