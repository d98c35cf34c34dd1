/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * digest: lengths and numbers have eight octets each.
 */
#include <string.h>

#include "daemon/ipc/wire.h"
#include "daemon/verifier/digest.h"

void
digest_begin(struct digest *d)
{
	if (gnutls_hash_init(&d->hash, GNUTLS_DIG_SHA256) != 0)
		d->hash = NULL;
}

static void
put_number(struct digest *d, uint64_t n)
{
	uint8_t octets[8];
	struct wire_writer w = { .data = octets, .size = sizeof(octets) };

	wire_put_u64(&w, n);
	(void)gnutls_hash(d->hash, octets, sizeof(octets));
}

void
digest_bytes(struct digest *d, const void *data, size_t len)
{
	if (d->hash == NULL)
		return;
	put_number(d, len);
	if (len > 0)
		(void)gnutls_hash(d->hash, data, len);
}

/* No text is another one than an empty text. */
void
digest_text(struct digest *d, const char *text)
{
	digest_number(d, text != NULL);
	digest_bytes(d, text, text != NULL ? strlen(text) : 0);
}

void
digest_number(struct digest *d, uint64_t n)
{
	if (d->hash != NULL)
		put_number(d, n);
}

bool
digest_end(struct digest *d, uint8_t out[DIGEST_SIZE])
{
	if (d->hash == NULL) {
		memset(out, 0, DIGEST_SIZE);
		return false;
	}
	gnutls_hash_deinit(d->hash, out);
	d->hash = NULL;
	return true;
}
