/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dialect_ldap: the StartTLS operation of LDAP, RFC 4511 section 4.14.
 */
#include <stdbool.h>
#include <string.h>

#include "tool/dialect.h"

enum {
	ANSWER_MAX = 4096, /* bytes */
	BER_INTEGER = 0x02,
	BER_OCTETS = 0x04,
	BER_ENUMERATED = 0x0a,
	BER_SEQUENCE = 0x30,
	LDAP_EXTENDED_RESPONSE = 0x78, /* [APPLICATION 24] */
};

/* What is left of a value. */
struct ber {
	const uint8_t *data;
	size_t len;
};

/* LDAPMessage { 1, ExtendedRequest { "1.3.6.1.4.1.1466.20037" } } */
static const uint8_t starttls[] = { 0x30, 0x1d, 0x02, 0x01, 0x01, 0x77, 0x18,
	0x80, 0x16, '1', '.', '3', '.', '6', '.', '1', '.', '4', '.', '1', '.',
	'1', '4', '6', '6', '.', '2', '0', '0', '3', '7' };

/* Takes the element at the front, which must have that tag: 0, or -1. */
static int
ber_take(struct ber *from, uint8_t tag, struct ber *value)
{
	size_t len, n, i = 2;

	if (from->len < 2 || from->data[0] != tag)
		return -1;
	len = from->data[1];
	if (len == 0x80 || len > 0x84)
		return -1; /* LDAP has definite lengths only */
	if (len > 0x80) {
		n = len - 0x80;
		if (from->len < 2 + n)
			return -1;
		for (len = 0; i < 2 + n; i++)
			len = len << 8 | from->data[i];
	}
	if (len > from->len - i)
		return -1;
	*value = (struct ber){ from->data + i, len };
	from->data += i + len;
	from->len -= i + len;
	return 0;
}

/* A number that is not negative and not beyond 0x7fffffff: 0, or -1. */
static int
ber_take_number(struct ber *from, uint8_t tag, uint32_t *number)
{
	struct ber v;

	if (ber_take(from, tag, &v) != 0 || v.len == 0 || v.len > 4 ||
	    v.data[0] > 0x7f)
		return -1;
	for (*number = 0; v.len > 0; v.len--)
		*number = *number << 8 | *v.data++;
	return 0;
}

/* Reads one message into buf: its header first, for the length. */
static int
read_message(struct plain *p, uint8_t buf[ANSWER_MAX], struct ber *message)
{
	size_t len, n, head = 2;

	if (plain_bytes(p, buf, 2) != 0)
		return -1;
	if (buf[0] != BER_SEQUENCE || buf[1] == 0x80 || buf[1] > 0x84)
		return plain_fail(p, "this is not LDAP");
	len = buf[1];
	if (len > 0x80) {
		n = len - 0x80;
		if (plain_bytes(p, buf + 2, n) != 0)
			return -1;
		for (len = 0; head < 2 + n; head++)
			len = len << 8 | buf[head];
	}
	if (len > ANSWER_MAX - head)
		return plain_fail(p, "the server sends too long an answer");
	*message = (struct ber){ buf, head + len };
	return plain_bytes(p, buf + head, len);
}

static const char *
result_word(uint32_t code)
{
	switch (code) {
	case 1: /* out of sequence */
		return "operationsError";
	case 2:
		return "protocolError: it does not know StartTLS";
	case 10:
		return "referral";
	case 52:
		return "unavailable";
	default:
		return "see RFC 4511 appendix A";
	}
}

int
dialect_ldap(struct plain *p)
{
	uint8_t buf[ANSWER_MAX];
	struct ber message, body, op, dn, text;
	uint32_t id, code;

	if (plain_send(p, starttls, sizeof(starttls)) != 0 ||
	    read_message(p, buf, &message) != 0)
		return -1;
	if (ber_take(&message, BER_SEQUENCE, &body) != 0 ||
	    ber_take_number(&body, BER_INTEGER, &id) != 0 ||
	    ber_take(&body, LDAP_EXTENDED_RESPONSE, &op) != 0 ||
	    ber_take_number(&op, BER_ENUMERATED, &code) != 0 ||
	    ber_take(&op, BER_OCTETS, &dn) != 0 ||
	    ber_take(&op, BER_OCTETS, &text) != 0)
		return plain_fail(p, "this is not LDAP's answer to StartTLS");
	/* Number 0 is a notice of disconnection (section 4.4.1). */
	if (id == 1 && code == 0)
		return 0;
	return plain_fail(p, "the server %s: result %u (%s)%s%.*s",
	    id == 1 ? "refuses StartTLS" : "disconnects", code,
	    result_word(code), text.len > 0 ? ": " : "",
	    text.len < 200 ? (int)text.len : 200, (const char *)text.data);
}
