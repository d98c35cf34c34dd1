/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * path: a search in depth that never takes a certificate twice.  A forest of
 * certificates that all could have issued each other has more ways than can
 * be walked, so that every kind of work has a budget, and no signature of the
 * peer's certificates is checked twice.
 */
#include <gnutls/abstract.h>

#include "daemon/verifier/path.h"

bool
path_signature(const struct cert *cert, const struct cert *issuer)
{
	int algorithm = gnutls_x509_crt_get_signature_algorithm(cert->crt);
	gnutls_datum_t data, signature;
	gnutls_pubkey_t key = NULL;
	bool good = false;

	/* Two names for the algorithm: which of them was used is not signed
	 * (RFC 5280, section 4.1.1.2). */
	if (algorithm <= 0 ||
	    !tlv_equal(cert->algorithm, cert->signed_algorithm) ||
	    gnutls_pubkey_init(&key) != 0)
		return false;
	data.data = (unsigned char *)(uintptr_t)cert->signed_part.data;
	data.size = (unsigned)cert->signed_part.len;
	signature.data = (unsigned char *)(uintptr_t)cert->signature.data;
	signature.size = (unsigned)cert->signature.len;
	/* How good the algorithm is, is judged where it can be said. */
	good =
	    gnutls_pubkey_import_x509(key, issuer->crt, 0) == 0 &&
	    gnutls_pubkey_verify_data2(key, (gnutls_sign_algorithm_t)algorithm,
		GNUTLS_VERIFY_ALLOW_BROKEN, &data, &signature) >= 0;
	gnutls_pubkey_deinit(key);
	return good;
}

static bool
on_the_way(const struct path *path, const struct cert *cert)
{
	for (unsigned i = 0; i < path->n; i++)
		if (cert_equal(path->links[i], cert))
			return true;
	return false;
}

/* Budgets the check, and remembers it where both are the peer's. */
static bool
is_signed_by(struct path *path, const struct cert *issuer, int8_t *known)
{
	const struct cert *cert = path->links[path->n - 1];
	bool good;

	if (known != NULL && *known != 0)
		return *known > 0;
	if (path->signatures == PATH_SIGNATURES) {
		path->spent = true;
		return false;
	}
	path->signatures++;
	good = path_signature(cert, issuer);
	if (known != NULL)
		*known = good ? 1 : -1;
	if (!good && path->forged == NULL)
		path->forged = cert;
	return good;
}

static bool
step(struct path *path)
{
	if (path->steps == PATH_STEPS)
		path->spent = true;
	else
		path->steps++;
	return !path->spent;
}

/* The way has come to an anchor. */
static bool
arrive(struct path *path)
{
	if (path->tried == PATH_COMPLETE) {
		path->spent = true;
		return false;
	}
	path->tried++;
	return path->try(path->arg, path);
}

static bool
to_anchor(struct path *path, bool any, bool *issuer_known)
{
	size_t n;
	const struct cert *last = path->links[path->n - 1];
	const struct cert *anchor =
	    anchors_find(path->anchors, last->issuer, &n);

	for (size_t i = 0; i < n && step(path); i++) {
		*issuer_known = true;
		if (!any && !path->usable(path->arg, &anchor[i], true))
			continue;
		if (!is_signed_by(path, &anchor[i], NULL))
			continue;
		path->links[path->n++] = &anchor[i];
		if (arrive(path))
			return true;
		path->n--;
	}
	return false;
}

/* As deep as the peer has certificates, which verdict.h limits. */
static bool
walk(struct path *path, unsigned at, bool any)
{
	const struct cert *last = &path->certs[at];
	bool issuer_known = false;

	path->links[path->n++] = last;
	if (to_anchor(path, any, &issuer_known))
		return true;
	for (unsigned i = 0; i < path->ncerts && !path->spent; i++) {
		const struct cert *issuer = &path->certs[i];

		if (!step(path))
			break;
		if (!tlv_equal(issuer->subject, last->issuer) ||
		    on_the_way(path, issuer) ||
		    anchors_has(path->anchors, issuer))
			continue;
		issuer_known = true;
		if ((any || path->usable(path->arg, issuer, false)) &&
		    is_signed_by(path, issuer, &path->checked[at][i]) &&
		    walk(path, i, any))
			return true;
	}
	if (!issuer_known)
		path->orphan = last;
	path->n--;
	return false;
}

bool
path_find(struct path *path)
{
	if (path->ncerts == 0 || path->ncerts > PATH_CERTS)
		return false;
	/* An anchor that is a peer was trusted as what it is. */
	if (anchors_has(path->anchors, &path->certs[0])) {
		path->links[path->n++] = &path->certs[0];
		return arrive(path);
	}
	if (walk(path, 0, false))
		return true;
	if (path->tried > 0 || path->spent)
		return false;
	path->steps = 0;
	return walk(path, 0, true);
}
