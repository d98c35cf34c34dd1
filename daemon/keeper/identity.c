/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * identity: the record of a credential, in the codec of the messages, so that a
 * newer version can add fields.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/keeper/identity.h"

enum { RECORD_TYPE = 200 }; /* of no message */

struct record {
	struct blob id;
	const char *key, *cert;
	uint64_t added;
};

static const struct field record_fields[] = {
	FIELD(record, 1, BYTES, id, true, KEY_ID_SIZE),
	FIELD(record, 2, TEXT, key, true, REFERENCE_MAX),
	FIELD(record, 3, TEXT, cert, true, REFERENCE_MAX),
	FIELD(record, 129, U64, added, false, 0),
};

static MESSAGE_SCHEMA(record_schema, RECORD_TYPE, record, 0, 0);

int
reference_encode(const struct reference *r, uint8_t *buf, size_t size)
{
	struct record record = { .id = { r->id, sizeof(r->id) },
		.key = r->key,
		.cert = r->cert,
		.added = r->added };

	return message_encode(&record_schema, 0, &record, buf, size);
}

int
reference_decode(uint8_t *buf, size_t len, struct reference *r)
{
	struct record record;

	memset(r, 0, sizeof(*r));
	if (message_decode(&record_schema, buf, len, &record) != 0)
		return -1;
	if (record.id.len != KEY_ID_SIZE) {
		errno = EBADMSG;
		return -1;
	}
	memcpy(r->id, record.id.data, KEY_ID_SIZE);
	r->added = record.added;
	r->key = strdup(record.key);
	r->cert = strdup(record.cert);
	if (r->key == NULL || r->cert == NULL) {
		free(r->key);
		free(r->cert);
		memset(r, 0, sizeof(*r));
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

void
identity_clear(struct identity *identity)
{
	for (size_t i = 0; i < identity->n; i++) {
		free(identity->rows[i].key);
		free(identity->rows[i].cert);
	}
	memset(identity, 0, sizeof(*identity));
}
