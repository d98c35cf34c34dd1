/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * signer_gnutls: signs with whatever GnuTLS has for a private key.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "daemon/keeper/signer.h"

static int
sign(void *key, const struct algorithm *a, struct blob digest,
    struct signature *out, struct trouble *t)
{
	gnutls_privkey_t private = key;
	/* Only read from. */
	gnutls_datum_t d = { (uint8_t *)(uintptr_t)digest.data,
		(unsigned)digest.len };
	gnutls_datum_t made = { NULL, 0 };
	int r, rv = -1;

	r = a->scheme == SCHEME_EDDSA
		? gnutls_privkey_sign_data2(private, a->sign, 0, &d, &made)
		: gnutls_privkey_sign_hash2(private, a->sign, 0, &d, &made);
	if (r != 0 || made.size > sizeof(out->data)) {
		trouble(t, EIO, "the key cannot sign: %s",
		    r != 0 ? gnutls_strerror(r) : "it is too large");
		goto err;
	}
	memcpy(out->data, made.data, made.size);
	out->len = made.size;
	rv = 0;
err:
	gnutls_free(made.data);
	return rv;
}

static void
release(void *key)
{
	gnutls_privkey_deinit(key);
}

void
signer_gnutls(struct signer *signer, gnutls_privkey_t private)
{
	*signer = (struct signer){ sign, release, private };
}

void
signer_release(struct signer *signer)
{
	if (signer->key != NULL)
		signer->release(signer->key);
	signer->key = NULL;
}
