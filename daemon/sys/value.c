/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * value: a parser and a printer for each type.
 */
#include <config.h>

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "daemon/sys/config.h"
#include "daemon/sys/directory.h"
#include "daemon/sys/value.h"

enum {
	MAX_PATHS = 32,
	SECOND = 1000,
	HOUR = 3600 * SECOND,
};

/* What holds for the value, and where to say that it does not. */
struct reading {
	uint32_t min, max;
	char *why;
	size_t size;
};

static const char *const levels[] = {
	[LOG_ERR] = "error",
	[LOG_WARNING] = "warning",
	[LOG_NOTICE] = "notice",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

static const char *const methods[] = {
	[TRUST_PIN] = "pin",
	[TRUST_DANE] = "dane",
	[TRUST_PKIX] = "pkix",
	[TRUST_TOFU] = "tofu",
	[TRUST_LDAP] = "ldap",
};

/* Methods that the design names and a later version speaks. */
static const char *const unspoken[] = { "openpgp" };

__attribute__((format(printf, 2, 3))) static int
fail(struct reading *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(p->why, p->size, fmt, ap);
	va_end(ap);
	return -1;
}

/*
 * From text to values.  Each function is given the value with no space around
 * it, and returns 0, or -1 after fail().
 */

static int
parse_text(struct reading *p, const char *value, char **out)
{
	if (value[0] == '\0')
		return fail(p, "the value is missing");
	if ((*out = strdup(value)) == NULL)
		return fail(p, "out of memory");
	return 0;
}

static int
parse_path(struct reading *p, const char *value, char **out)
{
	if (value[0] != '/' && value[0] != '\0')
		return fail(p, "\"%s\" is not an absolute path", value);
	return parse_text(p, value, out);
}

static int
parse_paths(struct reading *p, const char *value, char ***out)
{
	char *copy = NULL, *save = NULL, *word;
	bool none = strcmp(value, "none") == 0;
	size_t n = 0;
	int rv = -1;

	if ((*out = calloc(MAX_PATHS + 1, sizeof(char *))) == NULL ||
	    (copy = strdup(value)) == NULL) {
		(void)fail(p, "out of memory");
		goto err;
	}
	for (word = none ? NULL : strtok_r(copy, " \t", &save); word != NULL;
	     word = strtok_r(NULL, " \t", &save)) {
		if (n == MAX_PATHS) {
			(void)fail(p, "more than %d paths", MAX_PATHS);
			goto err;
		}
		if (parse_path(p, word, &(*out)[n++]) != 0)
			goto err;
	}
	if (n == 0 && !none && fail(p, "the value is missing") != 0)
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
parse_number(struct reading *p, const char *value, uint32_t *out)
{
	const char *end;
	uint64_t n;

	if (parse_digits(value, &end, &n) != 0 || *end != '\0')
		return fail(p, "\"%s\" is not a number", value);
	if (n < p->min || n > p->max)
		return fail(
		    p, "%s is not between %u and %u", value, p->min, p->max);
	*out = (uint32_t)n;
	return 0;
}

static int
parse_duration(struct reading *p, const char *value, uint32_t *out)
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
		if (n < p->min || n > p->max)
			return fail(p, "%s is not between %ums and %us", value,
			    p->min, p->max / SECOND);
		*out = (uint32_t)n;
		return 0;
	}
	return fail(p, "\"%s\" is not a duration", value);
}

static int
parse_boolean(struct reading *p, const char *value, bool *out)
{
	*out = strcmp(value, "yes") == 0;
	if (!*out && strcmp(value, "no") != 0)
		return fail(p, "\"%s\" is neither yes nor no", value);
	return 0;
}

static int
parse_level(struct reading *p, const char *value, int *out)
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
parse_method(struct reading *p, const char *word, enum trust_method *out)
{
	for (size_t i = 0; i < sizeof(unspoken) / sizeof(unspoken[0]); i++)
		if (strcmp(word, unspoken[i]) == 0)
			return fail(
			    p, "this version cannot speak %s", unspoken[i]);
	for (int i = TRUST_PIN; i <= TRUST_LDAP; i++) {
		if (strcmp(word, methods[i]) == 0) {
			*out = (enum trust_method)i;
			return 0;
		}
	}
	return fail(
	    p, "\"%s\" is not a method: pin, dane, ldap, pkix or tofu", word);
}

/* Addresses only: whose name would tell us where to ask for names? */
static int
parse_resolver(struct reading *p, const char *value, char **out)
{
	char address[INET6_ADDRSTRLEN];
	uint8_t bytes[16];
	const char *at = strchr(value, '@'), *end = NULL;
	size_t len = at == NULL ? strlen(value) : (size_t)(at - value);
	uint64_t port = 53;

	if (strcmp(value, "none") == 0)
		return 0;
	if (strcmp(value, "system") == 0)
		return parse_text(p, value, out);
	if (len >= sizeof(address))
		return fail(p, "\"%s\" is not an address", value);
	memcpy(address, value, len);
	address[len] = '\0';
	if (inet_pton(AF_INET, address, bytes) != 1 &&
	    inet_pton(AF_INET6, address, bytes) != 1)
		return fail(p, "\"%s\" is not an address", address);
	if (at != NULL && (parse_digits(at + 1, &end, &port) != 0 ||
			      *end != '\0' || port == 0 || port > UINT16_MAX))
		return fail(p, "\"%s\" is not a port", at + 1);
	return parse_text(p, value, out);
}

static int
parse_directory(struct reading *p, const char *value, char **out)
{
	struct directory directory;
	const char *why;

	if (strcmp(value, "none") == 0)
		return 0;
	if (strcmp(value, "dns") != 0 && value[0] != '\0' &&
	    directory_parse(&directory, value, &why) != 0)
		return fail(p, "\"%s\" %s", value, why);
	return parse_text(p, value, out);
}

static int
parse_policy(struct reading *p, const char *value, enum trust_method *out)
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

int
value_parse(enum value_type type, uint32_t min, uint32_t max, const char *value,
    void *out, char *why, size_t why_size)
{
	struct reading reading = { min, max, why, why_size }, *p = &reading;

	switch (type) {
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
	case VALUE_RESOLVER:
		return parse_resolver(p, value, out);
	case VALUE_DIRECTORY:
		return parse_directory(p, value, out);
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
 * From values to text.
 */

void
value_write(FILE *out, enum value_type type, const void *value)
{
	const enum trust_method *method;
	const char *string;
	char *const *path;

	switch (type) {
	case VALUE_PATHS:
		path = *(char *const *const *)value;
		if (*path == NULL)
			(void)fputs(" none", out);
		for (; *path != NULL; path++)
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

static bool
is_string(enum value_type type)
{
	switch (type) {
	case VALUE_TEXT:
	case VALUE_PATH:
	case VALUE_ANCHORS:
	case VALUE_OPTION:
	case VALUE_FILE:
	case VALUE_RESOLVER:
	case VALUE_DIRECTORY:
		return true;
	default:
		return false;
	}
}

void
value_free(enum value_type type, void *value)
{
	char **string = value, **path;

	if (is_string(type)) {
		free(*string);
		*string = NULL;
	} else if (type == VALUE_PATHS) {
		for (path = *(char ***)value; path != NULL && *path; path++)
			free(*path);
		free(*(char ***)value);
		*(char ***)value = NULL;
	}
}

int
value_copy(enum value_type type, void *value, const void *other)
{
	const char *to;
	char *copy = NULL;

	if (type == VALUE_BOOLEAN) {
		if (*(bool *)value == *(const bool *)other)
			return 0;
		*(bool *)value = *(const bool *)other;
		return 1;
	}
	if (!is_string(type)) {
		if (*(uint32_t *)value == *(const uint32_t *)other)
			return 0;
		*(uint32_t *)value = *(const uint32_t *)other;
		return 1;
	}
	to = *(char *const *)other;
	if (to == *(char **)value || (to != NULL && *(char **)value != NULL &&
					 strcmp(to, *(char **)value) == 0))
		return 0;
	if (to != NULL && (copy = strdup(to)) == NULL)
		return -1;
	free(*(char **)value);
	*(char **)value = copy;
	return 1;
}
