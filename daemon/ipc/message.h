/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * message: one codec for every message of the pool.  A message is a C struct
 * and a table that says how its members stand on the wire; both directions
 * are driven by the same table, so that encoder and decoder cannot differ.
 *
 *	header	byte version, byte type, uint32 request
 *	fields	byte tag, string value; in ascending order of the tag
 *
 * A field that the reader does not know: from tag 128 on it is optional and
 * skipped; below, its sender counts on it, and the message is refused with
 * EOPNOTSUPP.
 */
#ifndef TLSPOOL_IPC_MESSAGE_H
#define TLSPOOL_IPC_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/ipc/wire.h"

enum {
	MESSAGE_VERSION = 1,
	MESSAGE_HEADER = 6,	  /* bytes */
	MESSAGE_MAX = 128 * 1024, /* bytes, header included */
	MESSAGE_MAX_FDS = 4,
	MESSAGE_OPTIONAL_TAG = 128,
};

enum field_type {
	FIELD_BYTE,    /* uint8_t */
	FIELD_BOOLEAN, /* bool */
	FIELD_U32,     /* uint32_t */
	FIELD_U64,     /* uint64_t */
	FIELD_TEXT,    /* const char *: no NUL inside; NULL when absent */
	FIELD_BYTES,   /* struct blob */
	FIELD_LIST,    /* struct blob, for wire_list_next(); checked */
};

struct field {
	const char *name; /* for messages about messages */
	uint8_t tag;
	enum field_type type;
	bool required;
	size_t offset; /* of the member */
	/*
	 * The greatest length of a text, of bytes, or of a whole list; the
	 * greatest value of a number, where it is not 0.
	 */
	uint64_t max;
};

/* A field of struct s: FIELD(struct start, 1, BYTE, role, true, 1). */
/* clang-format off */
#define FIELD(s, number, kind, member, need, most)                            \
	{ #member, number, FIELD_##kind, need, offsetof(struct s, member), most }
/* clang-format on */

struct message_schema {
	const char *name;
	uint8_t type;
	size_t size; /* of the struct */
	const struct field *fields;
	size_t nfields;
	unsigned min_fds, max_fds;
};

#define MESSAGE_SCHEMA(variable, number, s, min, max)                  \
	const struct message_schema variable = {                       \
		.name = #number,                                       \
		.type = number,                                        \
		.size = sizeof(struct s),                              \
		.fields = s##_fields,                                  \
		.nfields = sizeof(s##_fields) / sizeof(s##_fields[0]), \
		.min_fds = min,                                        \
		.max_fds = max,                                        \
	}

struct message_header {
	uint8_t version;
	uint8_t type;
	uint32_t request;
};

/*
 * Encodes *msg (a struct of the schema's size) with its header into buf.
 * A number that is 0, a false boolean, a NULL text and bytes without a
 * data pointer are left out unless they are required.
 * Returns the length, or -1 and errno: EMSGSIZE too long for buf or for a
 * field's limit, EINVAL a required field is missing.
 */
int message_encode(const struct message_schema *, uint32_t request,
    const void *msg, uint8_t *buf, size_t size);

/* Reads the header; 0, or -1 and EBADMSG. */
int message_peek(const uint8_t *buf, size_t len, struct message_header *);

/*
 * Decodes buf into *msg, which is cleared first.  buf must have one writable
 * byte behind len: texts are terminated in place, so a buffer is decoded
 * once.  Texts and bytes of *msg point into buf.
 * Returns 0, or -1 and errno: EBADMSG malformed, EOPNOTSUPP a field of a
 * newer version that must not be ignored.
 */
int message_decode(
    const struct message_schema *, uint8_t *buf, size_t len, void *msg);

/* What was wrong with the last message that this thread could not decode or
 * encode: "START.role: too large". */
const char *message_error(void);

#endif
