/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * identity_fuzz: a record of the database of identities.  What is read from it
 * is written again as a record that says the same.
 */
#include <errno.h>
#include <string.h>

#include "daemon/keeper/identity.h"
#include "test/fuzz/fuzz.h"

static void
write_again(const struct reference *r)
{
	uint8_t buf[RECORD_MAX + 1];
	struct reference back;
	int len;

	len = reference_encode(r, buf, RECORD_MAX);
	always(len > 0 && len <= RECORD_MAX);
	always(reference_decode(buf, (size_t)len, &back) == 0);
	always(memcmp(back.id, r->id, sizeof(back.id)) == 0);
	always(strcmp(back.key, r->key) == 0);
	always(strcmp(back.cert, r->cert) == 0);
	always(back.added == r->added);
	free(back.key);
	free(back.cert);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reference r;
	uint8_t *copy;

	if ((copy = malloc(len + 1)) == NULL)
		abort();
	memcpy(copy, data, len);
	if (reference_decode(copy, len, &r) == 0) {
		always(r.key != NULL && r.cert != NULL);
		write_again(&r);
		free(r.key);
		free(r.cert);
	} else {
		always(errno != 0);
	}
	free(copy);
	return 0;
}
