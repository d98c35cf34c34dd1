/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tlv: reads the parts of DER (X.690), one after the other, where they stand,
 * and writes them.  What is not DER (a length that is not the shortest, or
 * none) is refused.
 */
#ifndef TLSPOOL_VERIFIER_TLV_H
#define TLSPOOL_VERIFIER_TLV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tags that are used here; those of a context are TLV_CONTEXT + number. */
enum {
	TLV_BOOLEAN = 0x01,
	TLV_INTEGER = 0x02,
	TLV_BIT_STRING = 0x03,
	TLV_OCTET_STRING = 0x04,
	TLV_OID = 0x06,
	TLV_UTC_TIME = 0x17,
	TLV_GENERALIZED_TIME = 0x18,
	TLV_SEQUENCE = 0x30,
	TLV_SET = 0x31,
	TLV_CONTEXT = 0x80,
	TLV_CONSTRUCTED = 0x20,
	TLV_EXPLICIT = TLV_CONTEXT | TLV_CONSTRUCTED, /* + its number */
};

/* Bytes that are not owned, and what is left of them while they are read. */
struct tlv {
	const uint8_t *data;
	size_t len;
};

/*
 * Takes the next part off in: its tag and contents.  Returns 0, or -1 where
 * there is none or it is not DER; then nothing is taken.
 */
int tlv_next(struct tlv *in, uint8_t *tag, struct tlv *value);

/* The same, for a part that has to have this tag. */
int tlv_get(struct tlv *in, uint8_t tag, struct tlv *value);

/* Where the next part has this tag, takes it and is true; else false, and
 * nothing is changed. */
bool tlv_take(struct tlv *in, uint8_t tag, struct tlv *value);

/* The next part with its tag and length, which stays a part of DER. */
int tlv_whole(struct tlv *in, uint8_t tag, struct tlv *whole);

bool tlv_equal(struct tlv, struct tlv);

/* Writes from the end of its space to the beginning of it, so that lengths
 * are known when they are written. */
struct tlv_writer {
	uint8_t *data;
	size_t at; /* where the first octet is; at first, the size */
	bool full; /* something found no room, or was too long */
};

/* Puts it in front of what is there. */
void tlv_put(struct tlv_writer *, const void *, size_t len);

/* Makes everything from w->at to end the contents of a part. */
void tlv_wrap(struct tlv_writer *, uint8_t tag, size_t end);

#endif
