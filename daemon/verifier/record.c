/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * record: a table of the types.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "daemon/verifier/record.h"
#include "daemon/verifier/resolver.h"

enum { LABEL_MAX = 63 };

int
record_name(struct blob rdata, size_t at, char out[DOMAIN_SIZE])
{
	char text[DOMAIN_SIZE];
	size_t n = 0, len;

	while (at < rdata.len && (len = rdata.data[at]) != 0) {
		at++;
		if (len > LABEL_MAX || len > rdata.len - at ||
		    n + len + 1 > DOMAIN_MAX ||
		    memchr(rdata.data + at, '\0', len) != NULL ||
		    memchr(rdata.data + at, '.', len) != NULL)
			return -1;
		if (n != 0)
			text[n++] = '.';
		memcpy(text + n, rdata.data + at, len);
		n += len;
		at += len;
	}
	if (n == 0 || at + 1 != rdata.len)
		return -1;
	text[n] = '\0';
	return domain_normal(text, out);
}

static unsigned
u16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static void
put_hex(struct blob data, char *text, size_t size)
{
	size_t shown = data.len < RECORD_SHOWN ? data.len : RECORD_SHOWN;
	size_t n = 0;

	for (size_t i = 0; i < shown; i++)
		n += (size_t)snprintf(text + n, size - n, "%02x", data.data[i]);
	if (shown < data.len)
		snprintf(text + n, size - n, "... (%zu octets)", data.len);
}

/* Each of these returns false where that is no such record. */

static bool
put_address(struct blob rdata, char text[RECORD_TEXT])
{
	return rdata.len == 4 &&
	       inet_ntop(AF_INET, rdata.data, text, RECORD_TEXT) != NULL;
}

static bool
put_mx(struct blob rdata, char text[RECORD_TEXT])
{
	char name[DOMAIN_SIZE];

	if (rdata.len < 2 || record_name(rdata, 2, name) != 0)
		return false;
	snprintf(text, RECORD_TEXT, "%u %s.", u16(rdata.data), name);
	return true;
}

static bool
put_srv(struct blob rdata, char text[RECORD_TEXT])
{
	char name[DOMAIN_SIZE];

	if (rdata.len < 6 || record_name(rdata, 6, name) != 0)
		return false;
	snprintf(text, RECORD_TEXT, "%u %u %u %s.", u16(rdata.data),
	    u16(rdata.data + 2), u16(rdata.data + 4), name);
	return true;
}

static bool
put_tlsa(struct blob rdata, char text[RECORD_TEXT])
{
	int n;

	if (rdata.len < 4)
		return false;
	n = snprintf(text, RECORD_TEXT, "%u %u %u ", rdata.data[0],
	    rdata.data[1], rdata.data[2]);
	put_hex((struct blob){ rdata.data + 3, rdata.len - 3 }, text + n,
	    RECORD_TEXT - (size_t)n);
	return true;
}

static const struct {
	unsigned type;
	bool (*put)(struct blob, char text[RECORD_TEXT]);
} types[] = {
	{ DNS_TYPE_A, put_address },
	{ DNS_TYPE_MX, put_mx },
	{ DNS_TYPE_SRV, put_srv },
	{ DNS_TYPE_TLSA, put_tlsa },
	{ DNS_TYPE_SMIMEA, put_tlsa },
};

const char *
record_text(unsigned type, struct blob rdata, char text[RECORD_TEXT])
{
	int n;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == type && types[i].put(rdata, text))
			return text;
	n = snprintf(text, RECORD_TEXT, "\\# %zu ", rdata.len);
	put_hex(rdata, text + n, RECORD_TEXT - (size_t)n);
	return text;
}
