/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * staple_file: a file for each chain, whose name is the chain's id: two strings
 * of the wire, the chain and the answer.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/ipc/credential.h"
#include "daemon/ipc/verify.h"
#include "daemon/verifier/source.h"
#include "daemon/verifier/staple_file.h"

enum {
	PATH_SIZE = 4096,
	NAME_LEN = 2 * CHAIN_ID_SIZE,
	FILE_MAX = CHAIN_MAX + STAPLE_MAX + 8,
};

static void
name_of(char name[NAME_LEN + 1], const uint8_t id[CHAIN_ID_SIZE])
{
	for (size_t i = 0; i < CHAIN_ID_SIZE; i++)
		snprintf(name + 2 * i, 3, "%02x", id[i]);
}

/* 0, or -1 and ENAMETOOLONG. */
static int
path_of(char path[PATH_SIZE], const char *folder, const uint8_t *id,
    const char *suffix)
{
	char name[NAME_LEN + 1];
	int len;

	name_of(name, id);
	len = snprintf(path, PATH_SIZE, "%s/%s%s", folder, name, suffix);
	if (len > 0 && len < PATH_SIZE)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

static int
write_all(const char *path, const struct wire_writer *data)
{
	int fd = open(
	    path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t done = 0;
	ssize_t n = 0;

	if (fd == -1)
		return -1;
	while (done < data->len &&
	       (n = write(fd, data->data + done, data->len - done)) > 0)
		done += (size_t)n;
	if (close(fd) != 0)
		return -1;
	return done == data->len ? 0 : -1;
}

/* Not forced to the disk: what a crash leaves half written is judged to be
 * no answer. */
int
staple_file_write(const char *folder, const uint8_t id[CHAIN_ID_SIZE],
    struct blob chain, struct blob answer)
{
	char path[PATH_SIZE], fresh[PATH_SIZE];
	struct wire_writer w = { .size = 8 + chain.len + answer.len };
	int error, rv = -1;

	if ((w.data = malloc(w.size)) == NULL)
		return -1;
	wire_put_string(&w, chain.data, chain.len);
	wire_put_string(&w, answer.data, answer.len);
	if (path_of(path, folder, id, "") != 0 ||
	    path_of(fresh, folder, id, ".new") != 0 ||
	    (mkdir(folder, 0700) != 0 && errno != EEXIST))
		goto err;
	if (write_all(fresh, &w) == 0 && rename(fresh, path) == 0) {
		rv = 0;
	} else {
		error = errno;
		(void)unlink(fresh);
		errno = error;
	}
err:
	free(w.data);
	return rv;
}

void
staple_file_remove(const char *folder, const uint8_t id[CHAIN_ID_SIZE])
{
	char path[PATH_SIZE];

	if (path_of(path, folder, id, "") == 0)
		(void)unlink(path);
}

/* Is it one that was written for the chain that it is called after? */
static bool
read_file(int dir, const char *name, gnutls_datum_t *data,
    uint8_t id[CHAIN_ID_SIZE], struct blob *chain, struct blob *answer)
{
	char right[NAME_LEN + 1];
	struct blob rest;

	if (source_read(dir, name, FILE_MAX, data) != 0)
		return false;
	rest = (struct blob){ data->data, data->size };
	if (wire_list_next(&rest, chain) != 1 ||
	    wire_list_next(&rest, answer) != 1 || rest.len != 0 ||
	    chain_id(*chain, id) != 0)
		return false;
	name_of(right, id);
	return strcmp(name, right) == 0;
}

static bool
is_old(int dir, const char *name, time_t now)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_mtime < now - STAPLE_FILE_OLD;
}

void
staple_file_each(const char *folder, time_t now, size_t most,
    void (*call)(
	const uint8_t id[CHAIN_ID_SIZE], struct blob chain, struct blob answer))
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir != NULL && most > 0 && (entry = readdir(dir)) != NULL) {
		gnutls_datum_t data = { NULL, 0 };
		uint8_t id[CHAIN_ID_SIZE];
		struct blob chain, answer;
		int fd = dirfd(dir);

		if (entry->d_name[0] == '.')
			continue;
		if (!is_old(fd, entry->d_name, now) &&
		    read_file(fd, entry->d_name, &data, id, &chain, &answer)) {
			call(id, chain, answer);
			most--;
		} else {
			(void)unlinkat(fd, entry->d_name, 0);
		}
		gnutls_free(data.data);
	}
	if (dir != NULL)
		closedir(dir);
}
