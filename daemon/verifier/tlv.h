/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tlv: reads the parts of DER, one after the other, where they stand.  What
 * is not DER (a length that is not the shortest, or none) is refused.
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
	TLV_SEQUENCE = 0x30,
	TLV_SET = 0x31,
	TLV_CONTEXT = 0x80,
	TLV_CONSTRUCTED = 0x20,
};

/* Bytes that are not owned, and what is left of them while they are read. */
struct tlv {
	const uint8_t *data;
	size_t len;
};

/*
 * Takes the next part off in: its tag and contents.  Returns 0, or -1 where
 * there is none or it is not DER.
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

#endif
