/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * pins: parsed once, sorted by name and by key, searched by halves.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include "daemon/verifier/pins.h"

enum {
	LINE_MAX_LEN = 4096,
	BASE64_LEN = 44, /* of PIN_SIZE bytes */
};

#define HASH_PREFIX "sha256:"

struct pin {
	char *name;
	bool server;
	uint8_t key[PIN_SIZE];
};

struct pins {
	struct pin *pins; /* by name */
	size_t n, room;
	const struct pin **by_key;
};

/* Says what is wrong with a line; always -1. */
static int bad(char *error, size_t size, size_t line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static int
bad(char *error, size_t size, size_t line, const char *fmt, ...)
{
	va_list args;
	int n = snprintf(error, size, "line %zu: ", line);

	va_start(args, fmt);
	if (n >= 0 && (size_t)n < size)
		vsnprintf(error + n, size - (size_t)n, fmt, args);
	va_end(args);
	return -1;
}

int
pins_hash(const char *text, uint8_t key[PIN_SIZE])
{
	gnutls_datum_t in, out = { NULL, 0 };
	int rv = -1;

	if (strncmp(text, HASH_PREFIX, strlen(HASH_PREFIX)) != 0)
		return -1;
	text += strlen(HASH_PREFIX);
	in.data = (unsigned char *)(uintptr_t)text;
	in.size = (unsigned)strlen(text);
	/* GnuTLS's decoders pass over what they do not know. */
	if (strspn(text, "0123456789abcdefABCDEF") == in.size &&
	    in.size == 2 * PIN_SIZE) {
		if (gnutls_hex_decode2(&in, &out) != 0)
			goto err;
	} else if (strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
				"uvwxyz0123456789+/") == BASE64_LEN - 1 &&
		   in.size == BASE64_LEN && text[BASE64_LEN - 1] == '=') {
		if (gnutls_base64_decode2(&in, &out) != 0)
			goto err;
	} else {
		goto err;
	}
	if (out.size != PIN_SIZE)
		goto err;
	memcpy(key, out.data, PIN_SIZE);
	rv = 0;
err:
	gnutls_free(out.data);
	return rv;
}

static int
add(struct pins *pins, const char *name, bool server, const uint8_t *key)
{
	struct pin *more;

	if (pins->n == pins->room) {
		size_t room = pins->room == 0 ? 16 : pins->room * 2;

		more = reallocarray(pins->pins, room, sizeof(*more));
		if (more == NULL)
			return -1;
		pins->pins = more;
		pins->room = room;
	}
	more = &pins->pins[pins->n];
	more->name = strdup(name);
	if (more->name == NULL)
		return -1;
	more->server = server;
	memcpy(more->key, key, PIN_SIZE);
	pins->n++;
	return 0;
}

/* One line, which is taken apart in place. */
static int
parse_line(struct pins *pins, char *line, size_t number, char *error,
    size_t error_size)
{
	static const char space[] = " \t\r";
	const char *word[3];
	struct peername name;
	uint8_t key[PIN_SIZE];
	char *rest = line;

	for (size_t i = 0; i < 3; i++) {
		word[i] = strtok_r(i == 0 ? line : NULL, space, &rest);
		if (i == 0 && (word[i] == NULL || word[i][0] == '#'))
			return 0;
		if (word[i] == NULL)
			return bad(error, error_size, number,
			    "a line is NAME, client or server, and "
			    "sha256:HASH");
	}
	if (peername_parse(&name, word[0]) != 0)
		return bad(error, error_size, number,
		    "\"%.320s\" is neither user@domain nor a domain nor an "
		    "address",
		    word[0]);
	if (strcmp(word[1], "client") != 0 && strcmp(word[1], "server") != 0)
		return bad(error, error_size, number,
		    "\"%.64s\" is neither client nor server", word[1]);
	if (pins_hash(word[2], key) != 0)
		return bad(error, error_size, number,
		    "\"%.128s\" is not sha256: with 64 hexadecimal digits, or "
		    "with 44 characters of base64",
		    word[2]);
	if (add(pins, name.text, strcmp(word[1], "server") == 0, key) != 0)
		return bad(error, error_size, number, "no memory for it");
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct pin *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : (int)x->server - (int)y->server;
}

static int
compare_keys(const struct pin *x, bool server, const uint8_t *key)
{
	return x->server != server ? (int)x->server - (int)server
				   : memcmp(x->key, key, PIN_SIZE);
}

static int
compare_by_key(const void *a, const void *b)
{
	const struct pin *x = *(const struct pin *const *)a,
			 *y = *(const struct pin *const *)b;
	int order = compare_keys(x, y->server, y->key);

	return order != 0 ? order : strcmp(x->name, y->name);
}

static int
sort(struct pins *pins)
{
	if (pins->n == 0)
		return 0;
	qsort(pins->pins, pins->n, sizeof(*pins->pins), compare);
	pins->by_key = calloc(pins->n, sizeof(*pins->by_key));
	if (pins->by_key == NULL)
		return -1;
	for (size_t i = 0; i < pins->n; i++)
		pins->by_key[i] = &pins->pins[i];
	qsort(pins->by_key, pins->n, sizeof(*pins->by_key), compare_by_key);
	return 0;
}

struct pins *
pins_parse(const char *text, size_t len, char *error, size_t error_size)
{
	struct pins *pins = calloc(1, sizeof(*pins));
	char line[LINE_MAX_LEN];
	size_t number = 0;

	if (pins == NULL) {
		snprintf(error, error_size, "no memory");
		return NULL;
	}
	for (const char *end = text + len; text < end;) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((newline == NULL ? end : newline) - text);

		number++;
		if (n >= sizeof(line)) {
			bad(error, error_size, number, "too long");
			goto err;
		}
		if (memchr(text, '\0', n) != NULL) {
			bad(error, error_size, number, "not text");
			goto err;
		}
		memcpy(line, text, n);
		line[n] = '\0';
		if (parse_line(pins, line, number, error, error_size) != 0)
			goto err;
		text += n + (newline == NULL ? 0 : 1);
	}
	if (sort(pins) == 0)
		return pins;
	snprintf(error, error_size, "no memory");
err:
	pins_free(pins);
	return NULL;
}

void
pins_free(struct pins *pins)
{
	if (pins == NULL)
		return;
	for (size_t i = 0; i < pins->n; i++)
		free(pins->pins[i].name);
	free(pins->by_key);
	free(pins->pins);
	free(pins);
}

size_t
pins_count(const struct pins *pins)
{
	return pins == NULL ? 0 : pins->n;
}

static struct pin
wanted_pin(bool server, const struct peername *name)
{
	return (struct pin){ .server = server,
		.name = (char *)(uintptr_t)name->text };
}

size_t
pins_place(const struct pins *pins, bool server, const struct peername *name)
{
	const struct pin wanted = wanted_pin(server, name);
	size_t low = 0, high = pins_count(pins);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&pins->pins[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t
pins_find(const struct pins *pins, bool server, const struct peername *name,
    const uint8_t *key, bool *match)
{
	const struct pin wanted = wanted_pin(server, name);
	size_t found = 0;

	*match = false;
	if (name->kind == PEERNAME_NONE)
		return 0;
	for (size_t i = pins_place(pins, server, name);
	     i < pins_count(pins) && compare(&pins->pins[i], &wanted) == 0;
	     i++) {
		found++;
		if (memcmp(pins->pins[i].key, key, PIN_SIZE) == 0)
			*match = true;
	}
	return found;
}

size_t
pins_names(const struct pins *pins, bool server, const uint8_t key[PIN_SIZE],
    const char **name)
{
	size_t low = 0, high = pins_count(pins), found = 0;
	const struct pin *last = NULL;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_keys(pins->by_key[middle], server, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < pins_count(pins) &&
	       compare_keys(pins->by_key[low], server, key) == 0;
	     low++) {
		if (last == NULL)
			*name = pins->by_key[low]->name;
		if (last == NULL ||
		    strcmp(last->name, pins->by_key[low]->name) != 0)
			found++;
		last = pins->by_key[low];
	}
	return found;
}

bool
pins_get(const struct pins *pins, size_t at, const char **name, bool *server,
    const uint8_t **key)
{
	if (at >= pins_count(pins))
		return false;
	*name = pins->pins[at].name;
	*server = pins->pins[at].server;
	*key = pins->pins[at].key;
	return true;
}
