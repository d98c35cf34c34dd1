/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * copies: files named after key and identity, so that two identities never
 * share one and each can be removed by itself.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "daemon/keeper/copies.h"
#include "daemon/keeper/file.h"
#include "daemon/keeper/key.h"

enum {
	HASH_BYTES = 8, /* of the name, in a file's name */
	HEX_ID = 2 * KEY_ID_SIZE,
};

static void
hex(const uint8_t *data, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", data[i]);
}

static int
make(const char *prefix, const char *dir, const char *folder, const char *name,
    const uint8_t *id, char *out, struct trouble *t)
{
	char hex_id[HEX_ID + 1], hex_name[2 * HASH_BYTES + 1];
	uint8_t hash[32];

	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, name, strlen(name), hash) != 0)
		return trouble(t, EIO, "SHA-256 is out of order");
	hex(id, KEY_ID_SIZE, hex_id);
	hex(hash, HASH_BYTES, hex_name);
	if (snprintf(out, REFERENCE_MAX, "%s%s/%s/%s-%s.pem", prefix, dir,
		folder, hex_id, hex_name) >= REFERENCE_MAX)
		return trouble(t, ENAMETOOLONG, "%s: too long", dir);
	return 0;
}

int
copies_key(const char *dir, const char *name, const uint8_t *id,
    char *reference, struct trouble *t)
{
	return make("file:", dir, "keys", name, id, reference, t);
}

int
copies_cert(const char *dir, const char *name, const uint8_t *id, char *path,
    struct trouble *t)
{
	return make("", dir, "certs", name, id, path, t);
}

int
copies_prepare(const char *dir)
{
	static const char *const folders[] = { "keys", "certs" };
	char path[REFERENCE_MAX];

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, folders[i]);
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return -1;
	}
	return 0;
}

int
copies_save_key(
    const char *reference, const void *data, size_t len, struct trouble *t)
{
	return file_save(key_path(reference), data, len, t);
}

int
copies_save_cert(
    const char *path, const void *data, size_t len, struct trouble *t)
{
	return file_save(path, data, len, t);
}

bool
copies_own(const char *dir, const char *reference)
{
	const char *path = key_path(reference);
	size_t len = strlen(dir);

	if (path == NULL)
		path = reference;
	return strncmp(path, dir, len) == 0 &&
	       (strncmp(path + len, "/keys/", 6) == 0 ||
		   strncmp(path + len, "/certs/", 7) == 0) &&
	       strstr(path + len, "/../") == NULL;
}

void
copies_remove(const char *dir, const char *reference)
{
	const char *path = key_path(reference);

	if (copies_own(dir, reference))
		(void)unlink(path != NULL ? path : reference);
}

/* The first file of that key, whoever it was made for. */
static int
find_key(const char *dir, const uint8_t *id, char *path, size_t size)
{
	char folder[REFERENCE_MAX], hex_id[HEX_ID + 1];
	const struct dirent *e;
	DIR *d;
	int rv = -1;

	hex(id, KEY_ID_SIZE, hex_id);
	snprintf(folder, sizeof(folder), "%s/keys", dir);
	if ((d = opendir(folder)) == NULL)
		return -1;
	while (rv == -1 && (e = readdir(d)) != NULL)
		if (strncmp(e->d_name, hex_id, HEX_ID) == 0 &&
		    strstr(e->d_name, ".new") == NULL &&
		    snprintf(path, size, "%s/%s", folder, e->d_name) <
			(int)size)
			rv = 0;
	(void)closedir(d);
	return rv;
}

int
copies_adopt_key(
    const char *dir, const char *name, const uint8_t *id, struct trouble *t)
{
	char path[REFERENCE_MAX], reference[REFERENCE_MAX];
	struct file f;
	int rv;

	if (find_key(dir, id, path, sizeof(path)) != 0)
		return trouble(t, ENOKEY,
		    "the keeper has no key that belongs to this certificate");
	if (copies_key(dir, name, id, reference, t) != 0)
		return -1;
	if (strcmp(key_path(reference), path) == 0)
		return 0;
	if (file_load(path, "the private key", &f, t) != 0)
		return -1;
	rv = copies_save_key(reference, f.data, f.len, t);
	file_free(&f);
	return rv;
}
