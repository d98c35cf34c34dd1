/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * fingerprint: of the chain not the leaf alone, because the rest decides what
 * pkix finds.  The policy stands in the basis with the configuration; which
 * of its parts is for this peer follows from its name, or its certificate.
 */
#include "daemon/ipc/app.h"
#include "daemon/verifier/fingerprint.h"

/* Of this format: what an older one has kept is not found. */
static const char format[] = "TLS Pool verdict 1";

enum {
	FLAGS = APP_REFUSE_USERS | APP_REFUSE_DOMAINS | APP_SKIP_AUTHORIZATION,
};

/* A client may claim any name, and only its certificate says which. */
static void
put_known(struct digest *d, const struct trust *trust, bool server,
    const char *expected)
{
	struct peername name;

	if (!server)
		known_digest(trust->known, false, NULL, d);
	else if (expected != NULL && peername_parse(&name, expected) == 0)
		known_digest(trust->known, true, name.text, d);
}

bool
fingerprint_make(uint8_t out[DIGEST_SIZE], const struct trust *trust,
    const struct verify_req *req, const struct fingerprint_asker *asker)
{
	struct digest d;

	digest_begin(&d);
	digest_text(&d, format);
	digest_bytes(&d, trust->basis, sizeof(trust->basis));
	digest_bytes(&d, req->chain.data, req->chain.len);
	digest_bytes(&d, req->raw_key.data, req->raw_key.len);
	digest_bytes(&d, req->ocsp.data, req->ocsp.len);
	digest_text(&d, req->remote_name);
	digest_text(&d, req->local_name);
	digest_text(&d, req->service);
	digest_number(&d, req->port);
	digest_number(&d, asker->role);
	digest_number(&d, asker->flags & FLAGS);
	digest_number(&d, asker->uid_counts);
	digest_number(&d, asker->uid_counts ? asker->uid : 0);
	put_known(&d, trust, asker->role == APP_ROLE_CLIENT, req->remote_name);
	return digest_end(&d, out) && trust->based;
}
