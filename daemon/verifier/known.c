/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * known: a sorted array, written as a whole beside the old file and renamed
 * over it, so that after a crash there is the one or the other.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/verifier/known.h"
#include "daemon/verifier/source.h"

enum {
	FILE_MAX = 4 * 1024 * 1024,
	LINE_SIZE = 1024,
};

static const char *const kinds[] = {
	[KNOWN_PINNED] = "pinned",
	[KNOWN_FIRST_USE] = "first-use",
};

struct known {
	char *path, *fresh; /* the file, and what is renamed to it */
	struct known_key keys[KNOWN_MAX];
	size_t n;
	uint64_t changes;
	/* Of all names in a role, as of that number of changes. */
	struct {
		bool good;
		uint64_t changes;
		uint8_t digest[DIGEST_SIZE];
	} all[2];
};

static int
compare(const struct known_key *k, const char *name, bool server)
{
	int order = strcmp(k->name, name);

	return order != 0 ? order : (int)k->server - (int)server;
}

/* The first key that does not stand before this name and role. */
static size_t
place(const struct known *known, const char *name, bool server)
{
	size_t low = 0, high = known->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&known->keys[middle], name, server) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* In memory alone: 0, or -1 and errno. */
static int
insert(struct known *known, const char *name, const struct known_key *like)
{
	size_t at = place(known, name, like->server);
	char *copy;

	if (known->n == KNOWN_MAX) {
		errno = EDQUOT;
		return -1;
	}
	if ((copy = strdup(name)) == NULL)
		return -1;
	memmove(&known->keys[at + 1], &known->keys[at],
	    (known->n - at) * sizeof(*known->keys));
	known->keys[at] = *like;
	known->keys[at].name = copy;
	known->n++;
	known->changes++;
	return 0;
}

static void
take_out(struct known *known, size_t at, struct known_key *out)
{
	*out = known->keys[at];
	known->n--;
	known->changes++;
	memmove(&known->keys[at], &known->keys[at + 1],
	    (known->n - at) * sizeof(*known->keys));
}

static bool
is_date(const char *text)
{
	static const char form[] = "dddd-dd-dd";

	for (size_t i = 0; i < sizeof(form); i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9'
				   : text[i] != form[i])
			return false;
	return true;
}

static int
parse_line(struct known *known, char *line)
{
	static const char space[] = " \t\r";
	struct known_key key = { .kind = KNOWN_PINNED };
	struct peername name;
	char *rest = line, *word[5];

	for (size_t i = 0; i < 5; i++)
		word[i] = strtok_r(i == 0 ? line : NULL, space, &rest);
	if (word[0] == NULL || word[0][0] == '#')
		return 0;
	if (word[2] == NULL || peername_parse(&name, word[0]) != 0 ||
	    pins_hash(word[2], key.key) != 0)
		return -1;
	key.server = strcmp(word[1], "server") == 0;
	if (!key.server && strcmp(word[1], "client") != 0)
		return -1;
	if (word[3] != NULL && strcmp(word[3], kinds[KNOWN_FIRST_USE]) == 0)
		key.kind = KNOWN_FIRST_USE;
	if (word[3] != NULL && word[4] != NULL && is_date(word[4]))
		memcpy(key.since, word[4], sizeof(key.since));
	return insert(known, name.text, &key);
}

static int
parse(struct known *known, const gnutls_datum_t *data, char *error,
    size_t error_size)
{
	const char *text = (const char *)data->data, *end = text + data->size;
	char line[LINE_SIZE];
	size_t number = 0, len;

	for (; text < end; text += len + 1) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));

		len = (size_t)((newline == NULL ? end : newline) - text);
		number++;
		if (len < sizeof(line) && memchr(text, '\0', len) == NULL) {
			memcpy(line, text, len);
			line[len] = '\0';
			if (parse_line(known, line) == 0)
				continue;
		}
		snprintf(
		    error, error_size, "line %zu: no key, or too many", number);
		return -1;
	}
	return 0;
}

struct known *
known_open(const char *path, char *error, size_t error_size)
{
	struct known *known = calloc(1, sizeof(*known));
	gnutls_datum_t data = { NULL, 0 };

	snprintf(error, error_size, "no memory");
	if (known == NULL || (known->path = strdup(path)) == NULL ||
	    asprintf(&known->fresh, "%s.new", path) == -1)
		goto err;
	if (source_read(AT_FDCWD, path, FILE_MAX, &data) != 0) {
		if (errno == ENOENT)
			return known;
		snprintf(error, error_size, "%s", strerror(errno));
		goto err;
	}
	if (parse(known, &data, error, error_size) != 0)
		goto err;
	gnutls_free(data.data);
	return known;
err:
	gnutls_free(data.data);
	known_free(known);
	return NULL;
}

void
known_free(struct known *known)
{
	if (known == NULL)
		return;
	for (size_t i = 0; i < known->n; i++)
		free(known->keys[i].name);
	free(known->path);
	free(known->fresh);
	free(known);
}

static int
put_keys(const struct known *known, FILE *file)
{
	char hex[2 * PIN_SIZE + 1];

	fputs(
	    "# Written by the TLS Pool; tlspool-cli trust changes it.\n", file);
	for (size_t i = 0; i < known->n; i++) {
		const struct known_key *k = &known->keys[i];

		for (size_t b = 0; b < PIN_SIZE; b++)
			snprintf(hex + 2 * b, 3, "%02x", k->key[b]);
		fprintf(file, "%s %s sha256:%s %s %s\n", k->name,
		    k->server ? "server" : "client", hex, kinds[k->kind],
		    k->since);
	}
	return fflush(file) == 0 && ferror(file) == 0 ? 0 : -1;
}

/* The name of a file lasts when its folder is on the disk. */
static int
sync_folder(const char *path)
{
	char *copy = strdup(path);
	int fd = -1, rv = -1;

	if (copy != NULL)
		fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd != -1) {
		rv = fsync(fd);
		close(fd);
	}
	free(copy);
	return rv;
}

static int
save(const struct known *known)
{
	FILE *file = NULL;
	int fd, e, rv = -1;

	fd = open(known->fresh,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	if ((file = fdopen(fd, "w")) == NULL)
		goto err;
	if (put_keys(known, file) != 0 || fsync(fd) != 0)
		goto err;
	rv = 0;
err:
	e = errno;
	if ((file != NULL ? fclose(file) : close(fd)) != 0 && rv == 0) {
		e = errno;
		rv = -1;
	}
	if (rv == 0 && rename(known->fresh, known->path) == 0)
		return sync_folder(known->path);
	if (rv == 0)
		e = errno;
	(void)unlink(known->fresh);
	errno = e;
	return -1;
}

static size_t
count_kind(const struct known *known, enum known_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < known->n; i++)
		n += known->keys[i].kind == kind;
	return n;
}

/* The place of exactly this key, or the number of keys. */
static size_t
find_key(const struct known *known, const char *name, bool server,
    const uint8_t *key)
{
	for (size_t i = place(known, name, server);
	     i < known->n && compare(&known->keys[i], name, server) == 0; i++)
		if (memcmp(known->keys[i].key, key, PIN_SIZE) == 0)
			return i;
	return known->n;
}

int
known_add(struct known *known, const struct peername *name, bool server,
    const uint8_t key[PIN_SIZE], enum known_kind kind, time_t now)
{
	struct known_key add = { .server = server, .kind = kind }, old;
	struct tm tm;
	size_t at = find_key(known, name->text, server, key);
	int e;

	memcpy(add.key, key, PIN_SIZE);
	if (gmtime_r(&now, &tm) != NULL)
		strftime(add.since, sizeof(add.since), "%Y-%m-%d", &tm);
	if (at < known->n) {
		if (known->keys[at].kind == KNOWN_PINNED ||
		    kind != KNOWN_PINNED) {
			errno = EEXIST;
			return -1;
		}
		known->keys[at].kind = KNOWN_PINNED;
		known->changes++;
		if (save(known) == 0)
			return 0;
		known->keys[at].kind = KNOWN_FIRST_USE;
		return -1;
	}
	if (kind == KNOWN_FIRST_USE &&
	    count_kind(known, kind) >= KNOWN_MAX_FIRST_USE) {
		errno = EDQUOT;
		return -1;
	}
	if (insert(known, name->text, &add) != 0)
		return -1;
	if (save(known) == 0)
		return 0;
	e = errno;
	take_out(known, find_key(known, name->text, server, key), &old);
	free(old.name);
	errno = e;
	return -1;
}

int
known_remove(
    struct known *known, const struct peername *name, const uint8_t *key)
{
	struct known_key *gone = calloc(KNOWN_MAX, sizeof(*gone));
	int n = 0, e;

	if (gone == NULL)
		return -1;
	for (size_t i = known->n; i-- > 0;)
		if (strcmp(known->keys[i].name, name->text) == 0 &&
		    (key == NULL ||
			memcmp(known->keys[i].key, key, PIN_SIZE) == 0))
			take_out(known, i, &gone[n++]);
	if (n > 0 && save(known) != 0) {
		e = errno;
		/* They stay, then: what the file says is what holds. */
		for (int i = 0; i < n; i++)
			(void)insert(known, gone[i].name, &gone[i]);
		for (int i = 0; i < n; i++)
			free(gone[i].name);
		free(gone);
		errno = e;
		return -1;
	}
	for (int i = 0; i < n; i++)
		free(gone[i].name);
	free(gone);
	return n;
}

size_t
known_find(const struct known *known, bool server, const struct peername *name,
    enum known_kind kind, const uint8_t key[PIN_SIZE], bool *match,
    const struct known_key **any)
{
	size_t found = 0;

	*match = false;
	*any = NULL;
	if (known == NULL || name->kind == PEERNAME_NONE)
		return 0;
	for (size_t i = place(known, name->text, server);
	     i < known->n && compare(&known->keys[i], name->text, server) == 0;
	     i++) {
		if (known->keys[i].kind != kind)
			continue;
		found++;
		*any = &known->keys[i];
		if (memcmp(known->keys[i].key, key, PIN_SIZE) == 0)
			*match = true;
	}
	return found;
}

uint64_t
known_changes(const struct known *known)
{
	return known == NULL ? 0 : known->changes;
}

static void
put_key(struct digest *d, const struct known_key *k)
{
	digest_text(d, k->name);
	digest_number(d, k->kind);
	digest_bytes(d, k->key, sizeof(k->key));
}

static void
digest_all(struct known *known, bool server)
{
	struct digest d;

	digest_begin(&d);
	for (size_t i = 0; i < known->n; i++)
		if (known->keys[i].server == server)
			put_key(&d, &known->keys[i]);
	known->all[server].good = digest_end(&d, known->all[server].digest);
	known->all[server].changes = known->changes;
}

void
known_digest(
    struct known *known, bool server, const char *name, struct digest *d)
{
	/* Where the digest of all cannot be made, that of d cannot, too. */
	if (known == NULL)
		return;
	if (name == NULL) {
		if (!known->all[server].good ||
		    known->all[server].changes != known->changes)
			digest_all(known, server);
		if (known->all[server].good)
			digest_bytes(d, known->all[server].digest, DIGEST_SIZE);
		else
			(void)digest_end(d, known->all[server].digest);
		return;
	}
	for (size_t i = place(known, name, server);
	     i < known->n && compare(&known->keys[i], name, server) == 0; i++)
		put_key(d, &known->keys[i]);
}

size_t
known_count(const struct known *known)
{
	return known == NULL ? 0 : known->n;
}

const struct known_key *
known_get(const struct known *known, size_t at)
{
	return at < known_count(known) ? &known->keys[at] : NULL;
}
