/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * algorithm: the named signature algorithms of TLS 1.2 and 1.3, and no others:
 * never RSA on bytes of the caller's choosing.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include "daemon/ipc/app.h"
#include "daemon/keeper/algorithm.h"

#define ECDSA(bits, digest) GNUTLS_PK_ECDSA, SCHEME_ECDSA, bits, digest
#define PKCS1(digest)	    GNUTLS_PK_RSA, SCHEME_PKCS1, 0, digest
#define PSS(pk, digest)	    GNUTLS_PK_##pk, SCHEME_PSS, 0, digest
#define EDDSA(curve)	    GNUTLS_PK_EDDSA_##curve, SCHEME_EDDSA, 0, 0

static const struct algorithm algorithms[] = {
	/* TLS 1.3: RFC 8446 section 4.2.3 */
	{ GNUTLS_SIGN_ECDSA_SECP256R1_SHA256, ECDSA(256, 32) },
	{ GNUTLS_SIGN_ECDSA_SECP384R1_SHA384, ECDSA(384, 48) },
	{ GNUTLS_SIGN_ECDSA_SECP521R1_SHA512, ECDSA(521, 64) },
	{ GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, PSS(RSA, 32) },
	{ GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, PSS(RSA, 48) },
	{ GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, PSS(RSA, 64) },
	{ GNUTLS_SIGN_RSA_PSS_SHA256, PSS(RSA_PSS, 32) },
	{ GNUTLS_SIGN_RSA_PSS_SHA384, PSS(RSA_PSS, 48) },
	{ GNUTLS_SIGN_RSA_PSS_SHA512, PSS(RSA_PSS, 64) },
	{ GNUTLS_SIGN_EDDSA_ED25519, EDDSA(ED25519) },
	{ GNUTLS_SIGN_EDDSA_ED448, EDDSA(ED448) },
	/* TLS 1.2: RFC 5246 section 7.4.1.4.1 */
	{ GNUTLS_SIGN_ECDSA_SHA256, ECDSA(0, 32) },
	{ GNUTLS_SIGN_ECDSA_SHA384, ECDSA(0, 48) },
	{ GNUTLS_SIGN_ECDSA_SHA512, ECDSA(0, 64) },
	{ GNUTLS_SIGN_RSA_SHA256, PKCS1(32) },
	{ GNUTLS_SIGN_RSA_SHA384, PKCS1(48) },
	{ GNUTLS_SIGN_RSA_SHA512, PKCS1(64) },
};

static const struct algorithm *
find(uint32_t sign)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++)
		if ((uint32_t)algorithms[i].sign == sign)
			return &algorithms[i];
	return NULL;
}

/*
 * RFC 8446 section 4.4.3: 64 spaces, the context of who signs, a NUL, and the
 * hash of the transcript.
 */
static bool
is_tls13(struct blob b, unsigned role)
{
	static const char client[] = "TLS 1.3, client CertificateVerify";
	static const char server[] = "TLS 1.3, server CertificateVerify";
	const char *context = role == APP_ROLE_SERVER ? server : client;
	const size_t spaces = 64, head = spaces + sizeof(client);

	if (b.len != head + 32 && b.len != head + 48)
		return false;
	for (size_t i = 0; i < spaces; i++)
		if (b.data[i] != ' ')
			return false;
	/* With the NUL. */
	return memcmp(b.data + spaces, context, sizeof(client)) == 0;
}

/*
 * RFC 8422 section 5.4: two randoms, then a named curve and a point. What is
 * signed for TLS 1.3 is never of this form: it begins with 64 spaces, and
 * goes on with a letter where this has curve_type, 3.
 */
static bool
is_tls12_server(struct blob b)
{
	const size_t head = 64;

	return b.len > head + 4 && b.data[head] == 3 &&
	       b.len == head + 4 + b.data[head + 3];
}

/*
 * RFC 5246 section 7.4.8: all handshake messages from the ClientHello on.
 */
static bool
is_tls12_client(struct blob b)
{
	const size_t header = 4, least = 2 + 32;
	size_t hello;

	if (b.len < header + least || b.data[0] != 1)
		return false;
	hello = (size_t)b.data[1] << 16 | (size_t)b.data[2] << 8 | b.data[3];
	/* Its legacy version is that of TLS 1.2 and 1.3; behind it comes a
	 * ServerHello. */
	return hello >= least && b.len > header + hello && b.data[4] == 3 &&
	       b.data[5] == 3 && b.data[header + hello] == 2;
}

static bool
is_handshake(struct blob b, unsigned role)
{
	return is_tls13(b, role) ||
	       (role == APP_ROLE_SERVER ? is_tls12_server(b)
					: is_tls12_client(b));
}

int
algorithm_check(const struct key *key, uint32_t algorithm, struct blob digest,
    unsigned role, struct trouble *t)
{
	const struct algorithm *a = find(algorithm);

	if (a == NULL)
		return trouble(t, EINVAL,
		    "%u is not the number of a signature algorithm that is "
		    "used in TLS",
		    algorithm);
	if (a->pk != key->pk || (a->bits != 0 && a->bits != key->bits))
		return trouble(t, EINVAL, "%s cannot be made with this key",
		    gnutls_sign_get_name(a->sign));
	if (a->scheme != SCHEME_EDDSA && digest.len != a->digest)
		return trouble(t, EINVAL,
		    "the digest has %zu bytes; %s signs %u", digest.len,
		    gnutls_sign_get_name(a->sign), a->digest);
	if (a->scheme == SCHEME_EDDSA && !is_handshake(digest, role))
		return trouble(t, EINVAL,
		    "what is to be signed is no part of a handshake of a %s",
		    role == APP_ROLE_SERVER ? "server" : "client");
	return 0;
}

int
algorithm_sign(const struct key *key, uint32_t algorithm, struct blob digest,
    struct signature *signature, struct trouble *t)
{
	return key->signer.sign(
	    key->signer.key, find(algorithm), digest, signature, t);
}
