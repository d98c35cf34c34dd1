/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * crls: files are known by name and stamp, so that only those that changed
 * are read again.  Their signatures are checked against the issuer that a
 * chain led to, because an intermediate authority is only known from there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/sys/log.h"
#include "daemon/verifier/crls.h"
#include "daemon/verifier/source.h"

struct crl_file {
	char *name;
	struct stamp stamp;
	bool here; /* seen in this round of crls_refresh() */
	struct crl **crls;
	size_t n;
	uint8_t digest[DIGEST_SIZE]; /* of the text that they are from */
	struct crl_file *next;
};

struct crls {
	struct crl_file *files; /* in the order of their names */
	uint64_t changes;
};

static void
free_lists(struct crl **lists, size_t n)
{
	for (size_t i = 0; i < n; i++)
		crl_free(lists[i]);
	free(lists);
}

static void
file_free(struct crl_file *file)
{
	free_lists(file->crls, file->n);
	free(file->name);
	free(file);
}

static struct crl_file *
file_get(struct crls *crls, const char *name)
{
	struct crl_file **at = &crls->files, *file;

	while (*at != NULL && strcmp((*at)->name, name) < 0)
		at = &(*at)->next;
	if (*at != NULL && strcmp((*at)->name, name) == 0)
		return *at;
	file = calloc(1, sizeof(*file));
	if (file == NULL)
		return NULL;
	file->name = strdup(name);
	if (file->name == NULL) {
		free(file);
		return NULL;
	}
	file->next = *at;
	*at = file;
	return file;
}

struct crls *
crls_new(void)
{
	return calloc(1, sizeof(struct crls));
}

void
crls_free(struct crls *crls)
{
	struct crl_file *file;

	if (crls == NULL)
		return;
	while ((file = crls->files) != NULL) {
		crls->files = file->next;
		file_free(file);
	}
	free(crls);
}

size_t
crls_count(const struct crls *crls)
{
	size_t n = 0;

	for (struct crl_file *f = crls->files; f != NULL; f = f->next)
		n += f->n;
	return n;
}

uint64_t
crls_changes(const struct crls *crls)
{
	return crls->changes;
}

void
crls_digest(const struct crls *crls, struct digest *d)
{
	for (struct crl_file *f = crls->files; f != NULL; f = f->next) {
		digest_text(d, f->name);
		digest_bytes(d, f->digest, sizeof(f->digest));
	}
}

static int
parse(const gnutls_datum_t *data, struct crl ***lists, size_t *n, char *error,
    size_t error_size)
{
	gnutls_x509_crl_t *parsed = NULL;
	const char *reason;
	unsigned count = 0;
	/* DER begins with a SEQUENCE; "0" would not begin a PEM block. */
	bool der = data->size > 0 && data->data[0] == 0x30;
	int r, rv = -1;

	r = gnutls_x509_crl_list_import2(&parsed, &count, data,
	    der ? GNUTLS_X509_FMT_DER : GNUTLS_X509_FMT_PEM, 0);
	if (r < 0) {
		snprintf(error, error_size, "it is not a revocation list: %s",
		    gnutls_strerror(r));
		return -1;
	}
	*n = 0;
	*lists = calloc(count, sizeof(**lists));
	if (*lists == NULL) {
		for (unsigned i = 0; i < count; i++)
			gnutls_x509_crl_deinit(parsed[i]);
		snprintf(error, error_size, "no memory");
		goto err;
	}
	rv = 0;
	for (unsigned i = 0; i < count; i++) {
		struct crl *crl = crl_new(parsed[i], &reason);

		if (crl != NULL) {
			(*lists)[(*n)++] = crl;
			continue;
		}
		snprintf(error, error_size, "list %u in it %s", i + 1, reason);
		rv = -1;
	}
	if (rv != 0) {
		free_lists(*lists, *n);
		*lists = NULL;
	}
err:
	gnutls_free(parsed);
	return rv;
}

int
crls_add(struct crls *crls, const char *name, const gnutls_datum_t *data,
    char *error, size_t error_size)
{
	struct crl_file *file = file_get(crls, name);
	struct crl **lists = NULL;
	size_t n = 0;

	if (file == NULL) {
		snprintf(error, error_size, "no memory");
		return -1;
	}
	if (parse(data, &lists, &n, error, error_size) != 0)
		return -1;
	free_lists(file->crls, file->n);
	file->crls = lists;
	file->n = n;
	crls->changes++;
	if (gnutls_hash_fast(
		GNUTLS_DIG_SHA256, data->data, data->size, file->digest) != 0)
		memset(file->digest, 0, sizeof(file->digest));
	return 0;
}

static void
refresh_file(
    struct crls *crls, int dir, const char *directory, const char *name)
{
	struct stamp stamp = stamp_of(dir, name);
	struct crl_file *file = file_get(crls, name);
	gnutls_datum_t data = { NULL, 0 };
	char error[256];

	if (file == NULL)
		return;
	file->here = true;
	if (stamp_equal(&stamp, &file->stamp))
		return;
	file->stamp = stamp;
	if (source_read(dir, name, CRLS_FILE_MAX, &data) != 0)
		snprintf(error, sizeof(error), "%s", strerror(errno));
	else if (crls_add(crls, name, &data, error, sizeof(error)) == 0)
		error[0] = '\0';
	gnutls_free(data.data);
	if (error[0] != '\0')
		log_error("crl-bad", "file=%s/%s reason=\"%s\" effect=\"%s\"",
		    directory, name, error,
		    file->n > 0 ? "the one before stays" : "no list");
	else
		log_info("crl-read", "file=%s/%s lists=%zu", directory, name,
		    file->n);
}

static void
forget_missing(struct crls *crls, const char *directory)
{
	struct crl_file **at = &crls->files, *file;

	while ((file = *at) != NULL) {
		if (file->here) {
			file->here = false;
			at = &file->next;
			continue;
		}
		log_info("crl-gone", "file=%s/%s", directory, file->name);
		*at = file->next;
		file_free(file);
		crls->changes++;
	}
}

int
crls_refresh(struct crls *crls, const char *directory)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	size_t n = 0;

	if (dir == NULL)
		return -1;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (++n > CRLS_MAX) {
			log_error("crl-many", "directory=%s most=%d", directory,
			    CRLS_MAX);
			break;
		}
		refresh_file(crls, dirfd(dir), directory, entry->d_name);
	}
	closedir(dir);
	forget_missing(crls, directory);
	return 0;
}

enum crls_result
crls_check(struct crls *crls, gnutls_x509_crt_t cert, gnutls_x509_crt_t issuer,
    time_t now, time_t *until)
{
	struct crl *newest = NULL;

	for (struct crl_file *f = crls->files; f != NULL; f = f->next) {
		for (size_t i = 0; i < f->n; i++) {
			struct crl *crl = f->crls[i];

			if (crl_this_update(crl) <= now &&
			    (newest == NULL || crl_this_update(crl) >
						   crl_this_update(newest)) &&
			    crl_is_by(crl, issuer))
				newest = crl;
		}
	}
	if (newest == NULL)
		return CRLS_UNKNOWN;
	/* A list that is out of date still knows what was revoked. */
	if (crl_lists(newest, cert))
		return CRLS_REVOKED;
	if (crl_next_update(newest) == (time_t)-1 ||
	    crl_next_update(newest) < now)
		return CRLS_UNKNOWN;
	*until = crl_next_update(newest);
	return CRLS_GOOD;
}
