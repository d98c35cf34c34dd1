/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * wire: the data types of RFC 4251 section 5, written to and read from a
 * buffer of fixed size.
 */
#ifndef TLSPOOL_IPC_WIRE_H
#define TLSPOOL_IPC_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that belong to somebody else. */
struct blob {
	const uint8_t *data;
	size_t len;
};

/* Writes; after the first write that does not fit, every write fails. */
struct wire_writer {
	uint8_t *data;
	size_t len;  /* written so far */
	size_t size; /* of data */
	bool full;   /* something did not fit */
};

/* Reads; every function returns 0, or -1 where too few bytes are left. */
struct wire_reader {
	uint8_t *data;
	size_t len; /* left to be read */
};

void wire_put_byte(struct wire_writer *, uint8_t);
void wire_put_u32(struct wire_writer *, uint32_t);
void wire_put_u64(struct wire_writer *, uint64_t);
void wire_put_string(struct wire_writer *, const void *, size_t len);

int wire_get_byte(struct wire_reader *, uint8_t *);
int wire_get_u32(struct wire_reader *, uint32_t *);
int wire_get_u64(struct wire_reader *, uint64_t *);
/* The string stays where it is: valid for as long as the buffer is. */
int wire_get_string(struct wire_reader *, uint8_t **data, size_t *len);

/*
 * A list is a string that holds strings, one behind the other.  Takes the
 * next one off the front of *list: 1 and *item, 0 at the end of the list,
 * -1 where the list is malformed (never for a list that came out of
 * message_decode(), which has checked it).
 */
int wire_list_next(struct blob *list, struct blob *item);
/* The number of items of a well-formed list. */
size_t wire_list_count(struct blob list);

#endif
