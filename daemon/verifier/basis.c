/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * basis: files count by what was taken from them, and so by what is in force;
 * the plugin counts by how its file looks, because only another process reads
 * it.  The keys that the verifier keeps itself are left to fingerprint.c: one
 * that is remembered at first use does not concern other peers.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/verifier/basis.h"
#include "daemon/verifier/dns_context.h"

enum { ANCHOR_MAX = 1024 * 1024 };

/* Whose keys no verdict rests on.  Whatever section is new counts. */
static const char *const unrelated[] = { "[daemon]", "[tls]", "[quota]",
	"[identity]", "[cache]" };

static bool
is_unrelated(const char *line, size_t len)
{
	for (size_t i = 0; i < sizeof(unrelated) / sizeof(unrelated[0]); i++)
		if (len == strlen(unrelated[i]) &&
		    memcmp(line, unrelated[i], len) == 0)
			return true;
	return false;
}

/* The text of the configuration has every default in it. */
static void
put_config(struct digest *d, const char *text)
{
	bool counts = true;
	size_t len;

	for (; *text != '\0'; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (text[0] == '[')
			counts = !is_unrelated(text, len);
		if (counts)
			digest_bytes(d, text, len);
	}
}

/*
 * The keys of the file, without what libunbound notes beside them when it
 * keeps them up to date.
 */
static void
put_anchor(struct digest *d, const struct config *config)
{
	bool kept;
	const char *path = dns_context_anchor(config, &kept), *at;
	gnutls_datum_t data = { NULL, 0 };
	size_t len, line;

	digest_text(d, path);
	if (path == NULL || source_read(AT_FDCWD, path, ANCHOR_MAX, &data) != 0)
		return;
	for (at = (const char *)data.data; *at != '\0'; at += line) {
		line = strcspn(at, "\n");
		line += at[line] == '\n';
		len = strcspn(at, ";\n");
		while (len > 0 && strchr(" \t\r", at[len - 1]) != NULL)
			len--;
		if (len > 0)
			digest_bytes(d, at, len);
	}
	gnutls_free(data.data);
}

void
basis_configure(struct trust *trust, const struct config *config)
{
	char *text = config_text(config);
	struct digest d;

	digest_begin(&d);
	put_config(&d, text != NULL ? text : "");
	put_anchor(&d, config);
	trust->based = digest_end(&d, trust->configured) && text != NULL;
	free(text);
}

static void
put_file(struct digest *d, const struct trust_file *file)
{
	digest_text(d, file->path);
	digest_bytes(d, file->taken, sizeof(file->taken));
	digest_text(d, file->trouble);
}

static void
put_look(struct digest *d, const struct trust_file *file)
{
	const struct stamp *s = &file->stamp;

	digest_number(d, (uint64_t)s->error);
	digest_number(d, s->device);
	digest_number(d, s->inode);
	digest_number(d, (uint64_t)s->size);
	digest_number(d, (uint64_t)s->modified.tv_sec);
	digest_number(d, (uint64_t)s->modified.tv_nsec);
	digest_number(d, (uint64_t)s->changed.tv_sec);
	digest_number(d, (uint64_t)s->changed.tv_nsec);
}

void
basis_renew(struct trust *trust)
{
	uint8_t before[DIGEST_SIZE];
	struct digest d;
	bool good;

	memcpy(before, trust->basis, sizeof(before));
	digest_begin(&d);
	digest_bytes(&d, trust->configured, sizeof(trust->configured));
	put_file(&d, &trust->anchors_file);
	put_file(&d, &trust->ldap_anchors_file);
	put_file(&d, &trust->pins_file);
	put_file(&d, &trust->rules_file);
	put_file(&d, &trust->crls_file);
	crls_digest(trust->crls, &d);
	put_look(&d, &trust->plugin_file);
	digest_text(&d, trust->known_trouble);
	good = digest_end(&d, trust->basis);
	trust->based = trust->based && good;
	if (memcmp(before, trust->basis, sizeof(before)) != 0)
		trust->generation++;
}

uint64_t
basis_generation(const struct trust *trust)
{
	return trust->generation + known_changes(trust->known);
}

uint64_t
basis_mark(const struct trust *trust)
{
	uint8_t copy[8];
	struct wire_reader reader = { copy, sizeof(copy) };
	uint64_t mark = 0;

	memcpy(copy, trust->basis, sizeof(copy));
	(void)wire_get_u64(&reader, &mark);
	return mark;
}
