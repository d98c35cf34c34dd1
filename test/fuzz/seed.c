/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * seed: writes the binary part of the corpus: every message with the least
 * and with all that it can hold, bare (message), behind a number of
 * descriptors (channel), grants before they are sealed, and records of both
 * databases.  Texts and certificates were made by hand.  Run after a message
 * was added or changed:
 *
 *	test/fuzz/seed CORPUS
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/ipc/admin.h"
#include "daemon/ipc/app.h"
#include "daemon/ipc/grant.h"
#include "daemon/keeper/identity.h"
#include "test/fuzz/fuzz.h"
#include "test/unit/schemas.h"

union any {
	max_align_t align;
	uint8_t space[1024];
};

/* Two items: "h2" and "x". */
static const uint8_t list[] = { 0, 0, 0, 2, 'h', '2', 0, 0, 0, 1, 'x' };

static const char *corpus;

/* head: bytes in front of the data. */
static void
save(const char *target, const char *name, const char *kind, int head,
    const uint8_t *data, size_t len)
{
	char path[4096];
	FILE *out;

	(void)snprintf(path, sizeof(path), "%s/%s", corpus, target);
	if (mkdir(path, 0777) != 0 && errno != EEXIST) {
		perror(path);
		exit(1);
	}
	(void)snprintf(
	    path, sizeof(path), "%s/%s/%s-%s", corpus, target, name, kind);
	if ((out = fopen(path, "wb")) == NULL) {
		perror(path);
		exit(1);
	}
	if (head >= 0)
		(void)fputc(head, out);
	(void)fwrite(data, 1, len, out);
	if (fclose(out) != 0) {
		perror(path);
		exit(1);
	}
}

static void
fill(const struct field *f, union any *m, bool all)
{
	const struct blob some = { (const uint8_t *)"01234567", 8 };
	const struct blob two = { list, sizeof(list) };
	const struct blob none = { list, 0 };
	const char *text = all ? "mail.example.com" : "";
	uint8_t *at = m->space + f->offset;

	switch (f->type) {
	case FIELD_TEXT:
		memcpy(at, &text, sizeof(text));
		break;
	case FIELD_BYTES:
		memcpy(at, all ? &some : &none, sizeof(some));
		break;
	case FIELD_LIST:
		memcpy(at, all ? &two : &none, sizeof(two));
		break;
	default:
		/* one, of any width: little-endian or not, it is in range */
		if (all && f->type == FIELD_U32)
			memcpy(at, &(uint32_t){ 1 }, 4);
		else if (all && f->type == FIELD_U64)
			memcpy(at, &(uint64_t){ 1 }, 8);
		else
			*at = all;
	}
}

static void
save_message(const struct message_schema *s, bool all)
{
	const char *kind = all ? "full" : "least";
	uint8_t buf[4096];
	union any m;
	int len;

	memset(&m, 0, sizeof(m));
	for (size_t i = 0; i < s->nfields; i++)
		if (all || s->fields[i].required)
			fill(&s->fields[i], &m, all);
	len = message_encode(s, 1, &m, buf, sizeof(buf));
	always(len > 0);
	save("message", s->name, kind, -1, buf, (size_t)len);
	if (s->type == APP_START)
		save("start", s->name, kind, -1, buf, (size_t)len);
	if (!all)
		save("channel", s->name, kind, (int)s->min_fds, buf,
		    (size_t)len);
}

static void
save_grants(void)
{
	static const uint8_t key[GRANT_KEY_SIZE] = { 42 };
	struct grant_keys keys = { 0 };
	struct grant least = { .worker = 1, .until = 2000 };
	struct grant full = { .worker = 1,
		.until = 2000,
		.session = 5,
		.uid = 1000,
		.gids = { (const uint8_t *)"\0\0\3\350\0\0\0\12", 8 },
		.unit = "nginx.service",
		.role = 1,
		.name = "www.example.com",
		.flags = 1,
		.signatures = 1,
		.disclose = true };
	uint8_t buf[GRANT_MAX];
	int len;

	grant_keys_add(&keys, 1, key);
	len = grant_seal(&keys, &least, buf);
	always(len > 0);
	save("grant", "grant", "least", -1, buf, (size_t)len - GRANT_MAC_SIZE);
	len = grant_seal(&keys, &full, buf);
	always(len > 0);
	save("grant", "grant", "full", -1, buf, (size_t)len - GRANT_MAC_SIZE);
}

static void
save_records(void)
{
	char key[] = "file:/etc/ssl/private/mail.pem";
	char cert[] = "/etc/ssl/certs/mail.pem", nothing[] = "";
	const struct reference usual = {
		.id = { 1, 2, 3 }, .key = key, .cert = cert, .added = 1700000000
	};
	const struct reference empty = { .key = nothing, .cert = nothing };
	uint8_t buf[RECORD_MAX];
	int len;

	len = reference_encode(&usual, buf, sizeof(buf));
	always(len > 0);
	save("identity", "record", "usual", -1, buf, (size_t)len);
	len = reference_encode(&empty, buf, sizeof(buf));
	if (len > 0)
		save("identity", "record", "empty", -1, buf, (size_t)len);
}

/* Rows of the cache, as they stand behind the check of a record. */
static void
save_entries(void)
{
	static const struct admin_cache_row rows[] = {
		{ .name = "www.example.com",
		    .role = 1,
		    .made = 1700000000,
		    .until = UINT64_MAX,
		    .basis = 0x0102030405060708,
		    .method = "dane",
		    .evidence = "record 3 1 1 8cb0fc6c527506a0",
		    .local = "anna@example.com",
		    .service = "imaps",
		    .port = 993 },
		{ .name = "",
		    .made = 1,
		    .error = 129,
		    .alert = 48,
		    .reason = "no method of the policy could vouch for it" },
	};
	static const char *const kinds[] = { "yes", "no" };
	uint8_t buf[1024];
	int len;

	for (size_t i = 0; i < 2; i++) {
		len = message_encode(
		    &admin_cache_row_schema, 0, &rows[i], buf, sizeof(buf));
		always(len > 0);
		save("entry", "row", kinds[i], -1, buf, (size_t)len);
	}
}

int
main(int argc, char **argv)
{
	if (argc != 2) {
		(void)fprintf(stderr, "usage: seed CORPUS\n");
		return 1;
	}
	corpus = argv[1];
	for (size_t i = 0; all_schemas[i] != NULL; i++) {
		save_message(all_schemas[i], false);
		save_message(all_schemas[i], true);
	}
	save_grants();
	save_records();
	save_entries();
	save("channel", "many-descriptors", "5", 5,
	    (const uint8_t *)"\1\4\0\0\0\1", 6);
	save("channel", "many-descriptors", "8", 8,
	    (const uint8_t *)"\1\4\0\0\0\1", 6);
	save("channel", "nothing-but", "descriptors", 2, NULL, 0);
	return 0;
}
