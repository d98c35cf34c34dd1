/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * der: the little of DER (X.690) that GnuTLS does not do for us: to find a
 * part of a certificate as it was sent, and to write one around a key.
 */
#ifndef TLSPOOL_VERIFIER_DER_H
#define TLSPOOL_VERIFIER_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_EXPLICIT = 0xa0, /* + its number */
};

/* What is still to be read. */
struct der {
	const uint8_t *at, *end;
};

/*
 * Takes one element: its tag, of one octet, and its contents.  False where
 * there is none that is whole; then nothing is taken.
 */
bool der_read(struct der *, uint8_t *tag, struct der *value);

/* The same, of one kind. */
bool der_enter(struct der *, enum der_tag, struct der *value);

/* Writes from the end of its space to the beginning of it, so that lengths
 * are known when they are written. */
struct der_writer {
	uint8_t *data;
	size_t at; /* where the first octet is; at first, the size */
	bool full; /* something found no room */
};

/* Puts it in front of what is there. */
void der_put(struct der_writer *, const void *, size_t len);

/* Makes everything from w->at to end the contents of an element. */
void der_wrap(struct der_writer *, enum der_tag, size_t end);

#endif
